package softkey

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"keyrollout/matcher"
)

var thumbData struct {
	once sync.Once
	data []byte
}

// enrolledThumb is the thumb as the matcher keeps it.
func enrolledThumb(t testing.TB) []byte {
	t.Helper()
	thumbData.once.Do(func() {
		e := matcher.NewEnrolment(4)
		for n := 0; e.Remaining() > 0 && n < 40; n++ {
			e.Add(thumb.Touch(n))
		}
		f, err := e.Finger()
		if err != nil {
			t.Fatal(err)
		}
		if thumbData.data, err = f.MarshalBinary(); err != nil {
			t.Fatal(err)
		}
	})
	return thumbData.data
}

func (x *rig) bio(sub int, params any, want status) (a bioAnswer) {
	x.Helper()
	x.is(x.c.bio(cmdBio, x.c.mustToken("1234", permBio, ""), sub, params, &a), want)
	return a
}

var bioRequirements = []requirement{
	{"6.7.2", "getModality tells fingerprint, without a token", func(x *rig) {
		var a bioAnswer
		x.c.must(cmdBio, m{6: true}, &a)
		x.that(*a.Modality == 1, "1")
	}},
	{"6.7.3", "getFingerprintSensorInfo tells kind, samples and name size, without a token", func(x *rig) {
		var a bioAnswer
		x.c.must(cmdBio, m{1: 1, 2: 7}, &a)
		x.that(*a.Kind == 1 && *a.Samples > 0 && *a.NameSize > 0, "three")
	}},
	{"6.7", "0x40 takes the same bodies as 0x09", func(x *rig) {
		var a, b bioAnswer
		x.c.must(cmdBio, m{1: 1, 2: 7}, &a)
		x.c.must(cmdBioPre, m{1: 1, 2: 7}, &b)
		x.that(*a.Samples == *b.Samples, "the same")
	}},
	{"6.7", "no subcommand is MISSING_PARAMETER, an unknown one INVALID_SUBCOMMAND, another modality INVALID_PARAMETER", func(x *rig) {
		x.send(cmdBio, m{1: 1}, errMissingParameter)
		x.send(cmdBio, m{1: 1, 2: 9}, errInvalidSubcommand)
		x.send(cmdBio, m{1: 2, 2: 7}, errInvalidParameter)
	}},
	{"6.7.4", "without pinUvAuthParam PUAT_REQUIRED, with a wrong one or without permission be PIN_AUTH_INVALID", func(x *rig) {
		x.send(cmdBio, m{1: 1, 2: 1}, errPUATRequired)
		x.pin()
		x.send(cmdBio, m{1: 1, 2: 1, 4: 2, 5: make([]byte, 32)}, errPINAuthInvalid)
		k := x.c.mustToken("1234", permMake, "")
		x.send(cmdBio, m{1: 1, 2: 1, 4: 2, 5: k.sign([]byte{1, 1})}, errPINAuthInvalid)
	}},
	{"6.7.4", "enrollBegin gives a template id, a status and the samples that remain", func(x *rig) {
		x.pin().f.script(press(thumb, 0))
		a := x.bio(1, nil, statusOK)
		x.that(len(a.ID) > 0 && *a.Status == 0 && *a.Remaining == 11, "three")
	}},
	{"6.7.4", "nobody touching within timeoutMilliseconds is a sample of status 0D", func(x *rig) {
		x.pin().touches(0)
		a := x.bio(1, m{3: 50}, statusOK)
		x.that(*a.Status == 0x0D && *a.Remaining == 12, "0D")
	}},
	{"6.7.4", "every sample status from 01 to 0E passes through", func(x *rig) {
		x.pin()
		for v := matcher.TooHigh; v <= matcher.NoLift; v++ {
			x.f.script(Touch{Sensor: v})
			a := x.bio(1, nil, statusOK)
			x.that(*a.Status == uint(v), v.String())
		}
	}},
	{"6.7.4", "a finger that is enrolled already is status 0B", func(x *rig) {
		x.pin().finger().f.script(press(thumb, 100))
		x.that(*x.bio(1, nil, statusOK).Status == 0x0B, "0B")
	}},
	{"6.7.4", "no room for another finger is FP_DATABASE_FULL", func(x *rig) {
		p := relaxed()
		p.Fingers = 1
		newRig(x, p).pin().finger().bio(1, nil, errFPDatabaseFull)
	}},
	{"6.7.4", "enrollCaptureNextSample wants the id of the enrolment that goes on", func(x *rig) {
		x.pin().bio(2, nil, errMissingParameter)
		x.bio(2, m{1: []byte{1}}, errNotAllowed)
		x.f.script(press(thumb, 0))
		x.bio(1, nil, statusOK)
		x.bio(2, m{1: []byte{1}}, errInvalidOption)
	}},
	{"6.7.4", "a finger is there once the samples are, and not before", func(x *rig) {
		y := newRig(x, quick()).pin()
		y.f.script(presses(thumb, 0, 40)...)
		k := y.c.mustToken("1234", permBio, "")
		a := bioAnswer{}
		y.is(y.c.bio(cmdBio, k, 1, nil, &a), statusOK)
		x.that(!y.c.options()["uv"], "not before")
		y.c.enrol(cmdBio, k)
		x.that(y.c.options()["uv"], "there")
	}},
	{"6.7.5", "cancelCurrentEnrollment ends it, without a token", func(x *rig) {
		x.pin().f.script(press(thumb, 0))
		a := x.bio(1, nil, statusOK)
		x.send(cmdBio, m{1: 1, 2: 3}, statusOK)
		x.bio(2, m{1: a.ID}, errNotAllowed)
	}},
	{"6.7.6", "enumerateEnrollments lists ids and names, and is INVALID_OPTION where there is none", func(x *rig) {
		x.pin().bio(4, nil, errInvalidOption)
		a := x.finger().bio(4, nil, statusOK)
		x.that(len(a.Templates) == 1, "one")
	}},
	{"6.7.7", "setFriendlyName names a finger; too long, or no such finger, is refused", func(x *rig) {
		x.pin().finger().bio(5, m{1: []byte{1, 2, 3, 4}, 2: "Thumb"}, statusOK)
		x.that(x.bio(4, nil, statusOK).Templates[0].Name == "Thumb", "named")
		x.bio(5, m{1: []byte{1, 2, 3, 4}, 2: string(make([]byte, 65))}, errInvalidLength)
		x.bio(5, m{1: []byte{9}, 2: "x"}, errInvalidOption)
		x.bio(5, m{1: []byte{1, 2, 3, 4}}, errMissingParameter)
	}},
	{"6.7.8", "removeEnrollment removes a finger; no such finger is INVALID_OPTION", func(x *rig) {
		x.pin().finger().bio(6, m{1: []byte{1, 2, 3, 4}}, statusOK)
		x.that(!x.c.options()["bioEnroll"], "gone")
		x.bio(6, m{1: []byte{1, 2, 3, 4}}, errInvalidOption)
	}},
}

func (x *rig) manage(sub int, params any, want status) (a mgmtAnswer) {
	x.Helper()
	return x.manageWith(x.c.mustToken("1234", permCredMgmt, ""), sub, params, want)
}

func (x *rig) manageWith(k tok, sub int, params any, want status) (a mgmtAnswer) {
	x.Helper()
	r, signed := m{1: sub, 3: k.p}, []byte{byte(sub)}
	if params != nil {
		b, err := encoder.Marshal(params)
		if err != nil {
			x.Fatal(err)
		}
		r[2], signed = cbor.RawMessage(b), append(signed, b...)
	}
	r[4] = k.sign(signed)
	x.is(x.c.cbor(cmdCredMgmt, r, &a), want)
	return a
}

func hashOf(rp string) []byte { h := sha256.Sum256([]byte(rp)); return h[:] }

func cred(id []byte) map[string]any { return map[string]any{"id": id, "type": publicKeyType} }

var mgmtRequirements = []requirement{
	{"6.8", "without pinUvAuthParam PUAT_REQUIRED, without permission cm PIN_AUTH_INVALID, an unknown subcommand INVALID_SUBCOMMAND", func(x *rig) {
		x.send(cmdCredMgmt, m{1: 1}, errPUATRequired)
		x.send(cmdCredMgmt, m{1: 9}, errInvalidSubcommand)
		x.send(cmdCredMgmt, nil, errMissingParameter)
		x.pin().manageWith(x.c.mustToken("1234", permMake, ""), 1, nil, errPINAuthInvalid)
	}},
	{"6.8.2", "getCredsMetadata counts what is there and what fits", func(x *rig) {
		x.pin().c.make("a.example", "u", nil)
		a := x.manage(1, nil, statusOK)
		x.that(*a.Existing == 1 && *a.Room == 99, "1 and 99")
	}},
	{"6.8.3", "enumerateRPs goes over all RPs, NO_CREDENTIALS where there is none", func(x *rig) {
		x.pin().manage(2, nil, errNoCredentials)
		x.c.make("a.example", "u", nil)
		x.c.make("b.example", "u", nil)
		a := x.manage(2, nil, statusOK)
		x.that(a.TotalRPs == 2 && bytes.Equal(a.RPHash, hashOf(a.RP.ID)), "two")
		x.send(cmdCredMgmt, m{1: 3}, statusOK)
		x.send(cmdCredMgmt, m{1: 3}, errNotAllowed)
	}},
	{"6.8.4", "enumerateCredentials goes over an RP's credentials with user, id, key and protection", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", m{6: map[string]any{"credProtect": 2}})
		x.c.make("a.example", "v", nil)
		a := x.manage(4, m{1: hashOf("a.example")}, statusOK)
		x.that(a.Total == 2 && bytes.Equal(a.ID.ID, d.id) && a.User.Name == "u@example" && a.Protect == 2 && len(a.PublicKey.X) == 32, "all")
		x.send(cmdCredMgmt, m{1: 5}, statusOK)
		x.send(cmdCredMgmt, m{1: 5}, errNotAllowed)
		x.manage(4, m{1: hashOf("b.example")}, errNoCredentials)
		x.manage(4, nil, errMissingParameter)
	}},
	{"6.8.4", "credentials that are not discoverable are not listed", func(x *rig) {
		x.pin().c.make("a.example", "u", m{7: map[string]bool{}})
		x.manage(4, m{1: hashOf("a.example")}, errNoCredentials)
	}},
	{"6.8.5", "deleteCredential deletes; an unknown id is NO_CREDENTIALS", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", nil)
		x.manage(6, m{2: cred(d.id)}, statusOK)
		x.manage(6, m{2: cred(d.id)}, errNoCredentials)
		x.manage(6, nil, errMissingParameter)
		x.asserts(nil, errNoCredentials)
	}},
	{"6.8.6", "updateUserInformation changes names; another user id is INVALID_PARAMETER", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", nil)
		x.manage(7, m{2: cred(d.id), 3: map[string]any{"id": []byte("u"), "name": "new"}}, statusOK)
		x.c.make("a.example", "v", nil)
		x.c.assert("a.example", nil)
		var a assertAnswer
		x.c.must(cmdNext, nil, &a)
		x.that(string(a.User.ID) == "u" && a.User.Name == "new" && a.User.DisplayName == "", "new")
		x.manage(7, m{2: cred(d.id), 3: map[string]any{"id": []byte("x")}}, errInvalidParameter)
	}},
	{"6.8", "a token for one RP sees and changes that RP alone", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", nil)
		k := x.c.mustToken("1234", permCredMgmt, "b.example")
		for sub, params := range map[int]any{1: nil, 2: nil, 4: m{1: hashOf("a.example")}, 6: m{2: cred(d.id)}} {
			x.manageWith(k, sub, params, errPINAuthInvalid)
		}
		x.manageWith(x.c.mustToken("1234", permCredMgmt, "a.example"), 6, m{2: cred(d.id)}, statusOK)
	}},
	{"6.8", "0x41 takes the same bodies as 0x0A", func(x *rig) {
		k := x.pin().c.mustToken("1234", permCredMgmt, "")
		x.send(cmdMgmtPre, m{1: 1, 3: 2, 4: k.sign([]byte{1})}, statusOK)
	}},
}

var otherRequirements = []requirement{
	{"6.10.1", "a new key's large-blob array is the empty one of the specification", func(x *rig) {
		var a blobAnswer
		x.c.must(cmdBlobs, m{1: 17, 3: 0}, &a)
		x.that(bytes.Equal(a.Config, closeBlob([]byte{0x80})), "17 bytes")
	}},
	{"6.10.2", "get and set together, neither, or no offset are INVALID_PARAMETER", func(x *rig) {
		x.send(cmdBlobs, m{1: 1, 2: []byte{1}, 3: 0}, errInvalidParameter)
		x.send(cmdBlobs, m{3: 0}, errInvalidParameter)
		x.send(cmdBlobs, m{1: 1}, errInvalidParameter)
	}},
	{"6.10.2", "a read of more than a fragment is INVALID_LENGTH, behind the end INVALID_PARAMETER", func(x *rig) {
		x.send(cmdBlobs, m{1: 2048 - 63, 3: 0}, errInvalidLength)
		x.send(cmdBlobs, m{1: 1, 3: 18}, errInvalidParameter)
	}},
	{"6.10.2", "a write to a protected key wants permission lbw", func(x *rig) {
		x.pin()
		whole := closeBlob([]byte{0x80})
		x.is(x.c.setBlob(tok{}, 0, whole, len(whole)), errPUATRequired)
		x.is(x.c.setBlob(x.c.mustToken("1234", permMake, ""), 0, whole, len(whole)), errPINAuthInvalid)
		x.is(x.c.setBlob(x.c.mustToken("1234", permBlob, ""), 0, whole, len(whole)), statusOK)
	}},
	{"6.10.2", "a write in two fragments is read back whole", func(x *rig) {
		whole := closeBlob(append([]byte{0x81, 0x58, 100}, make([]byte, 100)...))
		x.is(x.c.setBlob(tok{}, 0, whole[:50], len(whole)), statusOK)
		x.is(x.c.setBlob(tok{}, 50, whole[50:], nil), statusOK)
		var a blobAnswer
		x.c.must(cmdBlobs, m{1: 960, 3: 0}, &a)
		x.that(bytes.Equal(a.Config, whole), "whole")
	}},
	{"6.10.2", "a fragment at another offset than the next is INVALID_SEQ", func(x *rig) {
		x.is(x.c.setBlob(tok{}, 0, make([]byte, 20), 60), statusOK)
		x.is(x.c.setBlob(tok{}, 30, make([]byte, 20), nil), errInvalidSeq)
	}},
	{"6.10.2", "an array whose hash is wrong is INTEGRITY_FAILURE and changes nothing", func(x *rig) {
		x.is(x.c.setBlob(tok{}, 0, make([]byte, 20), 20), errIntegrityFailure)
		var a blobAnswer
		x.c.must(cmdBlobs, m{1: 960, 3: 0}, &a)
		x.that(bytes.Equal(a.Config, closeBlob([]byte{0x80})), "as before")
	}},
	{"6.10.2", "an array longer than fits is LARGE_BLOB_STORAGE_FULL, one under 17 bytes INVALID_PARAMETER", func(x *rig) {
		x.is(x.c.setBlob(tok{}, 0, make([]byte, 20), 1025), errLargeBlobStorageFull)
		x.is(x.c.setBlob(tok{}, 0, make([]byte, 16), 16), errInvalidParameter)
	}},
	{"6.11", "a protected key wants permission acfg; an unknown subcommand is INVALID_PARAMETER", func(x *rig) {
		x.pin()
		x.is(x.c.config(tok{}, 2, nil), errPUATRequired)
		x.is(x.c.config(x.c.mustToken("1234", permMake, ""), 2, nil), errPINAuthInvalid)
		x.is(x.c.config(x.c.mustToken("1234", permConfig, ""), 0x33, nil), errInvalidParameter)
	}},
	{"6.11.2", "toggleAlwaysUv turns it on and off", func(x *rig) {
		k := x.pin().c.mustToken("1234", permConfig, "")
		for _, want := range []bool{true, false} {
			x.is(x.c.config(k, 2, nil), statusOK)
			x.that(x.c.options()["alwaysUv"] == want, "alwaysUv")
		}
	}},
	{"6.11.4", "setMinPINLength rises and never falls", func(x *rig) {
		k := x.pin().c.mustToken("1234", permConfig, "")
		x.is(x.c.config(k, 3, m{1: 3}), errPINPolicyViolation)
		x.is(x.c.config(k, 3, m{1: 6}), statusOK)
		x.that(x.info().MinPIN == 6, "six")
	}},
	{"6.11.4", "a PIN that has become too short has to be changed before it opens anything", func(x *rig) {
		x.is(x.c.config(x.pin().c.mustToken("1234", permConfig, ""), 3, m{1: 6}), statusOK)
		x.that(*x.info().ForcePIN, "forcePINChange")
		x.perm(permMake, errPINPolicyViolation)
		x.is(x.c.changePIN(2, "1234", "123456"), statusOK)
		x.that(!*x.info().ForcePIN, "no longer")
	}},
	{"6.11.4", "forceChangePin without a PIN is PIN_NOT_SET, and the same PIN again PIN_POLICY_VIOLATION", func(x *rig) {
		x.is(x.c.config(tok{}, 3, m{3: true}), errPINNotSet)
		x.is(x.c.config(x.pin().c.mustToken("1234", permConfig, ""), 3, m{3: true}), statusOK)
		x.is(x.c.changePIN(2, "1234", "1234"), errPINPolicyViolation)
	}},
	{"6.9", "selection is a touch; none is USER_ACTION_TIMEOUT", func(x *rig) {
		x.send(cmdSelection, nil, statusOK)
		x.touches(0)
		x.send(cmdSelection, nil, errUserActionTimeout)
	}},
	{"6.6", "reset later than ten seconds after power-up is NOT_ALLOWED", func(x *rig) {
		x.t.turn(11 * time.Second)
		x.send(cmdReset, nil, errNotAllowed)
		x.power()
		x.send(cmdReset, nil, statusOK)
	}},
	{"6.6", "reset wants a touch; none is USER_ACTION_TIMEOUT and changes nothing", func(x *rig) {
		x.pin().touches(0)
		x.send(cmdReset, nil, errUserActionTimeout)
		x.that(x.c.options()["clientPin"], "the PIN is still set")
	}},
	{"6.6", "reset wipes credentials, PIN, fingers, large blobs and settings", func(x *rig) {
		_, d := x.pin().finger().c.make("a.example", "u", nil)
		_, e := x.c.make("a.example", "u", m{7: map[string]bool{}})
		k := x.c.mustToken("1234", permConfig|permBlob, "")
		x.is(x.c.config(k, 3, m{1: 6}), statusOK)
		x.power()
		x.touches(5)
		x.send(cmdReset, nil, statusOK)
		i := x.info()
		x.that(!i.Options["clientPin"] && !i.Options["uv"] && i.MinPIN == 4 && !*i.ForcePIN, "as new")
		x.send(cmdAssert, assertParams("a.example", tok{}, m{3: allow(d.id, e.id)}), errNoCredentials)
	}},
}

var u2fRequirements = []requirement{
	{"U2F 6", "VERSION is U2F_V2", func(x *rig) {
		v, sw := x.c.apdu(3, 0, nil)
		x.that(string(v) == "U2F_V2" && sw == swOK, "U2F_V2")
	}},
	{"U2F 4", "REGISTER without a touch is CONDITIONS_NOT_SATISFIED, with one it registers", func(x *rig) {
		x.touches(0)
		_, sw := x.c.apdu(1, 0, make([]byte, 64))
		x.that(sw == swConditions, "conditions")
		x.c.must(cmdInfo, nil, nil) // ends the wait
		x.touches(1)
		a, sw := x.c.apdu(1, 0, make([]byte, 64))
		x.that(sw == swOK && a[0] == 5, "registered")
	}},
	{"U2F 5", "AUTHENTICATE: a key handle of another application is WRONG_DATA", func(x *rig) {
		_, sw := x.c.apdu(2, 3, append(make([]byte, 64), 1, 1))
		x.that(sw == swData, "wrong data")
	}},
	{"U2F 3.3", "another class, another instruction and wrong lengths have their status words", func(x *rig) {
		for _, c := range []struct {
			msg  []byte
			want byte
		}{{[]byte{1, 3, 0, 0}, 0x6E}, {[]byte{0, 9, 0, 0}, 0x6D}, {[]byte{0, 1, 0, 0, 1, 1}, 0x67}} {
			_, a := x.c.exchange(hidMsg, c.msg)
			x.that(a[0] == c.want, "status word")
		}
	}},
	{"7.2.4", "with alwaysUv and no finger U2F is refused, whatever the key handle", func(x *rig) {
		for ins, data := range map[byte][]byte{1: make([]byte, 64), 2: make([]byte, 65)} {
			_, sw := newRig(x, ATKeyPro21()).c.apdu(ins, 0, data)
			x.that(sw == swNotAllowed, "command not allowed")
		}
	}},
	{"7.2.4", "with alwaysUv a key that has nothing but a PIN leaves U2F_V2 out of its versions", func(x *rig) {
		y := newRig(x, YubiKey5())
		y.that(slices.Contains(y.info().Versions, "U2F_V2"), "there without alwaysUv")
		y.pin().is(y.c.config(y.c.mustToken("1234", permConfig, ""), 2, nil), statusOK)
		y.that(!slices.Contains(y.info().Versions, "U2F_V2"), "left out with it")
		_, sw := y.c.apdu(1, 0, make([]byte, 64))
		y.that(sw == swNotAllowed, "command not allowed")
	}},
	{"10.3", "a U2F registration answers getAssertion", func(x *rig) {
		data := append(make([]byte, 32), hashOf("a.example")...)
		a, sw := x.c.apdu(1, 0, data)
		x.that(sw == swOK, "registered")
		x.send(cmdAssert, assertParams("a.example", tok{}, m{3: allow(slices.Clone(a[67 : 67+int(a[66])]))}), statusOK)
	}},
	{"11.2.9.1.3", "a key without U2F tells so, and refuses messages", func(x *rig) {
		y := newRig(x, YubiKeyBio())
		_, a := y.c.exchange(hidInit, make([]byte, 8))
		x.that(a[16]&hidCapNoMsg != 0, "NMSG")
		y.c.raw(y.c.cid, hidMsg, 1, []byte{0})
		y.c.wantError(y.c.cid, hidErrCommand)
	}},
}
