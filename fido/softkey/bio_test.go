package softkey

import (
	"sync"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"keyrollout/fido/internal/pinuv"
	"keyrollout/matcher"
	"keyrollout/matcher/synth"
)

// The practice fingers are grown once: that is the slow part.
var (
	thumb    = synth.New(1)
	stranger = synth.New(2)
)

func press(f *synth.Finger, n int) Touch { img := f.Touch(n); return Touch{Image: &img} }

func presses(f *synth.Finger, from, count int) (ts []Touch) {
	for n := range count {
		ts = append(ts, press(f, from+n))
	}
	return ts
}

// quick is a profile with few touches per finger.
func quick() Profile { p := relaxed(); p.Samples = 4; return p }

func (c *client) bio(cmd byte, k tok, sub int, params any, into any) status {
	c.t.Helper()
	r := m{1: 1, 2: sub, 4: k.p}
	signed := []byte{1, byte(sub)}
	if params != nil {
		b, err := encoder.Marshal(params)
		if err != nil {
			c.t.Fatal(err)
		}
		r[3], signed = cbor.RawMessage(b), append(signed, b...)
	}
	if k.value != nil {
		r[5] = k.sign(signed)
	}
	return c.cbor(cmd, r, into)
}

// enrol enrols until the key is content or 40 touches are over, and gives the template id with all statuses.
func (c *client) enrol(cmd byte, k tok) (id []byte, statuses []uint) {
	c.t.Helper()
	var a bioAnswer
	if s := c.bio(cmd, k, 1, nil, &a); s != statusOK {
		c.t.Fatalf("enrollBegin: %#x", byte(s))
	}
	id, statuses = a.ID, append(statuses, *a.Status)
	for last := *a.Remaining; last > 0 && len(statuses) < 40; {
		a = bioAnswer{}
		if s := c.bio(cmd, k, 2, m{1: id, 3: 5000}, &a); s != statusOK {
			c.t.Fatalf("enrollCaptureNextSample: %#x", byte(s))
		}
		if *a.Remaining > last {
			c.t.Errorf("remainingSamples rose from %d to %d", last, *a.Remaining)
		}
		last, statuses = *a.Remaining, append(statuses, *a.Status)
	}
	return id, statuses
}

func TestEnrolAndVerify(t *testing.T) {
	for _, cmd := range []byte{cmdBio, cmdBioPre} {
		f := &fingers{}
		var mu sync.Mutex
		var pictures []bool
		k, c := protectedKey(t, Options{Profile: quick(), Toucher: f, Picture: func(_ matcher.Image, good bool) {
			mu.Lock()
			defer mu.Unlock()
			pictures = append(pictures, good)
		}})
		tk := c.mustToken("1234", permBio, "")
		if s := c.bio(cmd, tk, 4, nil, nil); s != errInvalidOption {
			t.Errorf("listing none: %#x", byte(s))
		}
		f.script(presses(thumb, 0, 40)...)
		id, statuses := c.enrol(cmd, tk)
		if o := c.options(); !o["uv"] || !o["bioEnroll"] || !o["userVerificationMgmtPreview"] {
			t.Fatalf("after %d touches: options %v", len(statuses), o)
		}
		mu.Lock()
		if len(pictures) != len(statuses) {
			t.Errorf("%d pictures of %d touches", len(pictures), len(statuses))
		}
		mu.Unlock()
		if r := f.requests(); r[0].Reason != Enrol || r[0].Sample != 1 || r[len(r)-1].Sample != len(r) {
			t.Errorf("asked for %v", r)
		}

		// The same finger again is no other finger.
		f.script(append(presses(thumb, 50, 1), presses(stranger, 0, 40)...)...)
		if _, st := c.enrol(cmd, tk); st[0] != uint(matcher.Exists) {
			t.Errorf("the same finger once more: %v", st)
		}
		if s := c.bio(cmd, tk, 5, m{1: id, 2: "Right thumb"}, nil); s != statusOK {
			t.Errorf("rename: %#x", byte(s))
		}
		var l bioAnswer
		if s := c.bio(cmd, tk, 4, nil, &l); s != statusOK || len(l.Templates) != 2 || l.Templates[0].Name != "Right thumb" {
			t.Errorf("list: %#x %v", byte(s), l.Templates)
		}
		if s := c.bio(cmd, tk, 6, m{1: l.Templates[1].ID}, nil); s != statusOK {
			t.Errorf("remove: %#x", byte(s))
		}
		for _, sub := range []int{5, 6} {
			if s := c.bio(cmd, tk, sub, m{1: l.Templates[1].ID, 2: "x"}, nil); s != errInvalidOption {
				t.Errorf("subcommand %d on a finger that is gone: %#x", sub, byte(s))
			}
		}
		if s := c.bio(cmd, tk, 5, m{1: id, 2: string(make([]byte, 65))}, nil); s != errInvalidLength {
			t.Errorf("a name of 65 bytes: %#x", byte(s))
		}
		verifyByFinger(t, k, c, f)
	}
}

func verifyByFinger(t *testing.T, k *Key, c *client, f *fingers) {
	t.Helper()
	f.script(presses(thumb, 100, 3)...)
	tk, s := c.uvToken(pinuv.Two, permMake, "a.example")
	if s != statusOK {
		t.Fatalf("a token by finger: %#x", byte(s))
	}
	before := len(f.requests())
	var a makeAnswer
	c.must(cmdMake, makeParams("a.example", "u", tk, nil), &a) // the finger was presence enough
	if n := len(f.requests()); n != before {
		t.Errorf("%d more touches for one makeCredential", n-before)
	}
	d := parse(t, a.AuthData, "a.example")
	f.script(presses(thumb, 110, 3)...)
	var b assertAnswer
	c.must(cmdAssert, assertParams("a.example", tok{}, m{3: allow(d.id), 5: map[string]bool{"uv": true}}), &b)
	if e := parse(t, b.AuthData, "a.example"); e.flags != flagUP|flagUV || !verifies(t, d.key, b.Signature, b.AuthData, testHash) {
		t.Errorf("flags %#x", e.flags)
	}

	// A stranger: three tries inside the key, then the PIN; at last the finger is locked.
	f.script(presses(stranger, 100, 20)...)
	if _, s := c.uvToken(pinuv.Two, permMake, "a.example"); s != errUVInvalid {
		t.Errorf("a stranger's finger: %#x", byte(s))
	}
	var r pinAnswer
	c.must(cmdPIN, m{2: 7}, &r)
	if *r.UVRetries != 2 {
		t.Errorf("%d tries left", *r.UVRetries)
	}
	uv := m{5: map[string]bool{"uv": true}}
	if s := c.cbor(cmdAssert, assertParams("a.example", tok{}, uv), nil); s != errPUATRequired {
		t.Errorf("a stranger's assertion: %#x", byte(s))
	}
	if _, s := c.uvToken(pinuv.Two, permMake, "a.example"); s != errUVBlocked {
		t.Errorf("after five wrong fingers: %#x", byte(s))
	}
	told := make(chan Activity, 10) // where PIN_BLOCKED would be taken for the PIN's end
	k.mu.Lock()
	k.o.Log = func(a Activity) { told <- a }
	k.mu.Unlock()
	if s := c.cbor(cmdMake, makeParams("a.example", "u", tok{}, m{7: map[string]bool{"uv": true, "rk": true}}), nil); s != errPINBlocked {
		t.Errorf("makeCredential with the finger locked: %#x", byte(s))
	}
	if begun, done := <-told, <-told; begun.Done || !done.Done || done.Status != byte(errUVBlocked) {
		t.Errorf("it is told as %+v", done)
	}
	k.mu.Lock()
	k.o.Log = nil
	k.mu.Unlock()
	k.PlugOut()
	k.PlugIn()
	c.init()
	if _, s := c.uvToken(pinuv.Two, permMake, "a.example"); s != errUVBlocked {
		t.Errorf("a power cycle unlocked the finger: %#x", byte(s))
	}
	c.mustToken("1234", permMake, "a.example")
	f.script(presses(thumb, 120, 3)...)
	if _, s := c.uvToken(pinuv.Two, permMake, "a.example"); s != statusOK {
		t.Errorf("the right finger after the right PIN: %#x", byte(s))
	}
}

// Every status that is the sensor's own, or that needs no matcher, must come through.
func TestSampleStatuses(t *testing.T) {
	f := &fingers{}
	_, c := protectedKey(t, Options{Profile: quick(), Toucher: f})
	tk := c.mustToken("1234", permBio, "")
	good := press(thumb, 0)
	for v := matcher.TooHigh; v <= matcher.NoLift; v++ {
		f.script(Touch{Sensor: v})
		var a bioAnswer
		c.bio(cmdBio, tk, 1, nil, &a)
		if *a.Status != uint(v) || *a.Remaining != 4 || len(a.ID) == 0 {
			t.Errorf("%v came as %d with %d remaining", v, *a.Status, *a.Remaining)
		}
	}
	f.script(Touch{None: true}, good, good, Touch{}, press(stranger, 0))
	var a bioAnswer
	c.bio(cmdBio, tk, 1, nil, &a)
	id := a.ID
	for i, want := range []matcher.Verdict{matcher.NoContact, matcher.Good, matcher.NoLift, matcher.NoContact} {
		if *a.Status != uint(want) {
			t.Errorf("touch %d came as %d, want %d", i, *a.Status, want)
		}
		a = bioAnswer{}
		c.bio(cmdBio, tk, 2, m{1: id}, &a)
	}
}

func TestEnrolRefusals(t *testing.T) {
	f := &fingers{}
	p := quick()
	p.Fingers = 1
	k, c := protectedKey(t, Options{Profile: p, Toucher: f, TouchTimeout: 50 * time.Millisecond})
	tk := c.mustToken("1234", permBio, "")
	if s := c.bio(cmdBio, tok{p: 2}, 1, nil, nil); s != errPUATRequired {
		t.Errorf("no token: %#x", byte(s))
	}
	if s := c.bio(cmdBio, tok{2, make([]byte, 32)}, 1, nil, nil); s != errPINAuthInvalid {
		t.Errorf("a false token: %#x", byte(s))
	}
	if s := c.bio(cmdBio, tk, 9, nil, nil); s != errInvalidSubcommand {
		t.Errorf("subcommand 9: %#x", byte(s))
	}
	if s := c.bio(cmdBio, tk, 2, m{1: []byte{1}}, nil); s != errNotAllowed {
		t.Errorf("a sample of no enrolment: %#x", byte(s))
	}
	var a bioAnswer
	c.must(cmdBio, m{6: true}, &a)
	if *a.Modality != 1 {
		t.Errorf("modality %d", *a.Modality)
	}
	a = bioAnswer{}
	c.must(cmdBio, m{1: 1, 2: 7}, &a)
	if *a.Kind != 1 || *a.Samples != 4 || *a.NameSize != 64 {
		t.Errorf("sensor %v", a)
	}
	a = bioAnswer{}
	if s := c.bio(cmdBio, tk, 1, m{3: 20}, &a); s != statusOK || *a.Status != uint(matcher.NoContact) {
		t.Errorf("nobody touched: %#x", byte(s))
	}
	if s := c.bio(cmdBio, tk, 2, m{1: []byte{1}}, nil); s != errInvalidOption {
		t.Errorf("a sample of another enrolment: %#x", byte(s))
	}
	c.must(cmdBio, m{1: 1, 2: 3}, nil) // cancel
	if s := c.bio(cmdBio, tk, 2, m{1: a.ID}, nil); s != errNotAllowed {
		t.Errorf("a sample after cancelling: %#x", byte(s))
	}
	k.mu.Lock()
	k.st.Fingers = []finger{{ID: []byte{9}}}
	k.mu.Unlock()
	if s := c.bio(cmdBio, tk, 1, nil, nil); s != errFPDatabaseFull {
		t.Errorf("one finger too many: %#x", byte(s))
	}
}
