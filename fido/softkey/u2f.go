package softkey

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"time"
)

// Status words of U2F raw messages (FIDO U2F Raw Message Formats v1.2 section 3.3).
const (
	swOK         uint16 = 0x9000
	swLength     uint16 = 0x6700
	swConditions uint16 = 0x6985 // touch first
	swNotAllowed uint16 = 0x6986
	swData       uint16 = 0x6A80
	swINS        uint16 = 0x6D00
	swCLA        uint16 = 0x6E00
	swOther      uint16 = 0x6F00
)

// u2fWait is how long a U2F message waits for a touch before it answers "touch first": clients ask again and again.
// u2fIdle is how long the key goes on waiting when they do not, and how long a touch counts that nobody came back for.
const (
	u2fWait = 400 * time.Millisecond
	u2fIdle = 2 * time.Second
)

// versionU2F is what U2F's own VERSION message says, and getInfo of a key that takes those messages.
const versionU2F = "U2F_V2"

// speaksU2F reports whether the profile takes U2F messages.
func (p Profile) speaksU2F() bool { return slices.Contains(p.Versions, versionU2F) }

// u2fTouch is a touch that is awaited over several messages, for one command: the person was told of that one. done is
// closed when the wait is over; err is nil then when somebody touched.
type u2fTouch struct {
	command string
	done    chan struct{}
	err     error
	stop    context.CancelFunc
	idle    *time.Timer
	wait    context.Context // ended: nobody asked for too long
	told    sync.Once       // how it ended
}

// over reports whether the wait has ended, and well or not.
func (t *u2fTouch) over() (ended, touched bool) {
	select {
	case <-t.done:
		return true, t.err == nil && t.wait.Err() == nil
	default:
		return false, false
	}
}

// The commands as they are told: when the wait for a touch begins and when it is over, not at every message.
const (
	u2fRegistration   = "U2F register"
	u2fAuthentication = "U2F authenticate"
)

// message answers a U2F message, an APDU of ISO 7816-4 in its short or extended form.
func (k *Key) message(ctx context.Context, cid uint32, msg []byte) []byte {
	k.forget(cid, 0)
	var a Activity // what this message ends; no command: version and asking again are not worth telling
	answer, sw := k.apdu(ctx, msg, &a)
	if sw != swOK {
		answer = nil
		if a.Status == 0 {
			a.Status = byte(errOther)
		}
	}
	if a.Command != "" {
		a.Done = true
		k.log(a)
	}
	return binary.BigEndian.AppendUint16(answer, sw)
}

func (k *Key) apdu(ctx context.Context, msg []byte, a *Activity) ([]byte, uint16) {
	if len(msg) < 4 {
		return nil, swLength
	}
	data, ok := apduData(msg[4:])
	switch cla, ins, p1 := msg[0], msg[1], msg[2]; {
	case cla != 0:
		return nil, swCLA
	case !ok:
		return nil, swLength
	case ins == 0x03:
		if len(data) != 0 {
			return nil, swLength
		}
		return []byte(versionU2F), swOK
	case (ins == 0x01 || ins == 0x02) && k.st.AlwaysUV && len(k.st.Fingers) == 0: // section 7.2.4: whatever is in it
		return nil, swNotAllowed
	case ins == 0x01:
		return k.u2fRegister(ctx, data, a)
	case ins == 0x02:
		return k.u2fAuthenticate(ctx, p1, data, a)
	}
	return nil, swINS
}

// apduData takes the data field out of Lc ‖ data ‖ Le.
func apduData(b []byte) ([]byte, bool) {
	switch {
	case len(b) <= 1: // nothing, or a short Le
		return nil, true
	case b[0] != 0: // short
		n := int(b[0])
		if len(b) != 1+n && len(b) != 2+n {
			return nil, false
		}
		return b[1 : 1+n], true
	case len(b) == 3: // an extended Le alone
		return nil, true
	case len(b) < 3:
		return nil, false
	}
	n := int(binary.BigEndian.Uint16(b[1:3]))
	if len(b) != 3+n && len(b) != 5+n {
		return nil, false
	}
	return b[3 : 3+n], true
}

// u2fRegister is U2F_REGISTER: a derived ES256 credential for the application parameter.
func (k *Key) u2fRegister(ctx context.Context, data []byte, a *Activity) ([]byte, uint16) {
	if len(data) != 64 {
		return nil, swLength
	}
	challenge, app := data[:32], [32]byte(data[32:])
	if sw := k.u2fPresence(ctx, u2fRegistration, a); sw != swOK {
		return nil, sw
	}
	c, err := k.newDerived(app, algES256, 1, false)
	if err != nil {
		return nil, swOther
	}
	s, err := c.signer()
	if err != nil {
		return nil, swOther
	}
	pub, err := s.Public().(*ecdsa.PublicKey).Bytes()
	if err != nil {
		return nil, swOther
	}
	att := credential{Alg: algES256, Key: k.st.Batch.Key}
	as, err := att.signer()
	if err != nil {
		return nil, swOther
	}
	sig, err := sign(as, []byte{0}, app[:], challenge, c.ID, pub)
	if err != nil {
		return nil, swOther
	}
	answer := append([]byte{5}, pub...)
	answer = append(answer, byte(len(c.ID)))
	answer = append(answer, c.ID...)
	answer = append(answer, k.st.Batch.Cert...)
	return append(answer, sig...), swOK
}

// u2fAuthenticate is U2F_AUTHENTICATE. A stored credential answers too: CTAP 2.1 section 10.3 wants credentials to work
// over both protocols.
func (k *Key) u2fAuthenticate(ctx context.Context, p1 byte, data []byte, a *Activity) ([]byte, uint16) {
	if len(data) < 65 || len(data) != 65+int(data[64]) {
		return nil, swLength
	}
	challenge, app := data[:32], [32]byte(data[32:64])
	c, err := k.findHashed(data[65:], app)
	switch {
	case err != nil || c.Alg != algES256 || c.Protect == 3: // credProtect 3 wants a verified user, U2F has none
		return nil, swData
	case p1 == 0x07: // check only
		return nil, swConditions
	case p1 != 0x03 && p1 != 0x08:
		return nil, swData
	}
	present := byte(0)
	if p1 == 0x03 {
		if sw := k.u2fPresence(ctx, u2fAuthentication, a); sw != swOK {
			return nil, sw
		}
		present = 1
	} else if k.st.AlwaysUV {
		return nil, swNotAllowed
	} else {
		k.u2fBegun(u2fAuthentication, a)
	}
	counter, err := k.count(&c)
	if err != nil {
		errors.As(err, &a.Err)
		return nil, swOther
	}
	s, err := c.signer()
	if err != nil {
		return nil, swOther
	}
	answer := binary.BigEndian.AppendUint32([]byte{present}, counter)
	sig, err := sign(s, app[:], answer, challenge)
	if err != nil {
		return nil, swOther
	}
	return append(answer, sig...), swOK
}

// findHashed is find where only the hash of the RP id is known.
func (k *Key) findHashed(id []byte, hash [32]byte) (credential, error) {
	for _, c := range k.st.Resident {
		if sha256.Sum256([]byte(c.RPID)) == hash {
			if found, err := k.find(id, c.RPID); err == nil {
				return found, nil
			}
		}
	}
	return k.derived(id, hash)
}

// u2fBegun tells that a command begins which this message will end.
func (k *Key) u2fBegun(command string, a *Activity) {
	a.Command = command
	k.log(*a)
}

// u2fPresence waits a little for a touch, or for a recognised finger where alwaysUv is on (CTAP 2.1 section 7.2.4); the
// wait goes on in the background while the client asks again. Once there is a touch, a is the command it was for.
func (k *Key) u2fPresence(ctx context.Context, command string, a *Activity) uint16 {
	if k.st.AlwaysUV {
		return k.u2fVerify(ctx, command, a)
	}
	if t := k.u2f; t != nil {
		// Another command, or nobody asked, or nobody touched, for too long: begin again.
		if ended, touched := t.over(); t.command != command || ended && !touched {
			k.endU2F()
		}
	}
	if k.u2f == nil {
		k.u2fBegin(command)
	}
	t := k.u2f
	t.idle.Reset(u2fIdle)
	late := time.NewTimer(u2fWait)
	defer late.Stop()
	select {
	case <-t.done:
		if t.err == nil {
			t.told.Do(func() { a.Command = command }) // told once the message is answered
		}
		k.endU2F()
		if a.Command != "" {
			return swOK
		}
	case <-late.C:
	case <-ctx.Done():
	}
	return swConditions
}

// u2fBegin begins to wait for a touch.
func (k *Key) u2fBegin(command string) {
	k.log(Activity{Command: command})
	wait, stop := context.WithTimeout(k.life, k.o.TouchTimeout)
	t := &u2fTouch{command: command, done: make(chan struct{}), stop: stop, wait: wait}
	t.idle = time.AfterFunc(u2fIdle, func() { k.u2fEnded(t, errKeepaliveCancel); stop() })
	k.u2f = t
	go func() {
		defer close(t.done)
		if t.err = k.u2fAwait(wait); t.err != nil {
			k.u2fEnded(t, t.err)
		}
	}()
}

// u2fAwait asks for the touch. A Toucher's error is the key being pulled out, as in touch.
func (k *Key) u2fAwait(ctx context.Context) error {
	k.light(lightTouch)
	t, err := k.o.Toucher.Touch(ctx, TouchRequest{Reason: Presence})
	switch {
	case ctx.Err() == nil && err != nil:
		k.PlugOut()
		return errKeepaliveCancel
	case ctx.Err() == nil && !t.None:
		err = nil
	default:
		err = errUserActionTimeout
	}
	k.light(lightPower)
	return err
}

// u2fEnded tells that the wait for a touch is over without one.
func (k *Key) u2fEnded(t *u2fTouch, err error) {
	t.told.Do(func() { k.log(Activity{Command: t.command, Done: true, Status: byte(statusOf(err))}) })
}

// u2fVerify takes a finger within the message itself: a verification cannot be spread over several.
func (k *Key) u2fVerify(ctx context.Context, command string, a *Activity) uint16 {
	if len(k.st.Fingers) == 0 {
		return swNotAllowed
	}
	k.u2fBegun(command, a)
	if err := k.verifyUser(ctx, "", 1); err != nil {
		a.Status = byte(statusOf(err))
		errors.As(err, &a.Err)
		return swConditions
	}
	return swOK
}

// endU2F stops waiting for a U2F touch.
func (k *Key) endU2F() {
	if t := k.u2f; t != nil {
		k.u2fEnded(t, errKeepaliveCancel)
		t.stop()
		t.idle.Stop()
		k.u2f = nil
	}
}
