package softkey

import (
	"runtime"
	"testing"

	"keyrollout/fido"
	"keyrollout/fido/internal/pinuv"
)

// cut is a line on which the key is pulled out with the n-th report, before or after it arrives.
type cut struct {
	fido.Link
	k      *Key
	n      int
	before bool
	done   bool
}

func (c *cut) Write(r report) error {
	c.n--
	if c.n == 0 && c.before {
		c.k.PlugOut()
		c.done = true
	}
	err := c.Link.Write(r)
	if c.n == 0 && !c.before {
		c.k.PlugOut()
		c.done = true
	}
	return err
}

// gone is a test in which a client may find its key gone.
type gone struct{ testing.TB }

func (gone) Fatalf(string, ...any) { runtime.Goexit() }
func (gone) Fatal(...any)          { runtime.Goexit() }
func (gone) Errorf(string, ...any) {}

// Pulled out at every report of every operation, the key comes back whole: its PIN opens it, what it had is there, and
// what was in flight is there whole or not at all.
func TestPulledOutAtEveryReport(t *testing.T) {
	operations := map[string]func(*client){
		"change PIN": func(c *client) { c.changePIN(pinuv.Two, "1234", "1234") },
		"make":       func(c *client) { c.make("a.example", "v", m{6: map[string]any{"hmac-secret": true}}) },
		"assert":     func(c *client) { c.assert("a.example", nil) },
		"enrol": func(c *client) {
			c.enrol(cmdBio, c.mustToken("1234", permBio, ""))
		},
		"blob": func(c *client) {
			whole := closeBlob(append([]byte{0x81, 0x58, 200}, make([]byte, 200)...))
			c.setBlob(c.mustToken("1234", permBlob, ""), 0, whole, len(whole))
		},
		"reset": func(c *client) { c.cbor(cmdReset, nil, nil) },
	}
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			for n := 1; n > 0; n++ {
				for _, before := range []bool{true, false} {
					if !pulledOut(t, operation, n, before, name == "reset") {
						n = -1
						break
					}
				}
			}
		})
	}
}

// pulledOut runs one operation; it is false when that was over before the n-th report.
func pulledOut(t *testing.T, operation func(*client), n int, before, reset bool) bool {
	t.Helper()
	f := &fingers{}
	p := quick()
	p.Samples = 2
	k, c := protectedKey(t, Options{Profile: p, Toucher: byReason{f}})
	defer k.Close()
	c.make("a.example", "u", nil)
	f.script(presses(thumb, 0, 12)...)
	l := &cut{Link: c.link, k: k, n: n, before: before}
	visitor := &client{t: gone{t}, link: l, cid: c.cid}
	done := make(chan struct{})
	go func() { defer close(done); operation(visitor) }()
	<-done
	k.PlugIn()
	c.init()
	if reset && !c.options()["clientPin"] {
		if len(k.st.Resident) != 0 {
			t.Errorf("report %d: half a reset", n)
		}
		return l.done
	}
	c.mustToken("1234", permMake, "")
	if tries, _ := c.retries(); tries != 8 {
		t.Errorf("report %d: %d tries", n, tries)
	}
	found, _ := c.assert("a.example", nil)
	if found.Count > 2 {
		t.Errorf("report %d: %d credentials", n, found.Count)
	}
	if fs, err := k.fingers(); err != nil || len(fs) == 1 && fs[0].Views() != 2 {
		t.Errorf("report %d: half a finger, %v", n, err)
	}
	if written, err := k.o.Store.Load(); err != nil || string(written) != string(k.saved) {
		t.Errorf("report %d: the store holds another state", n)
	}
	return l.done
}
