package share

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"

	"keyrollout/fido"
	"keyrollout/fido/internal/ctapcbor"
	"keyrollout/fido/internal/ctapclient"
)

// Activity is one thing that is asked of the key. It holds no secrets.
type Activity struct {
	Command string // e.g. "authenticatorMakeCredential"
	RPID    string // the site, where the request names one; as Site shows it
	Touch   bool   // the key waits for a touch, which allows it
	Held    Hold   // why it waits for a yes at the desk; with Done, there was nobody to say it
	Allowed bool   // what was held got its yes
	Tries   int    // of the PIN, that the key has left before this one; 0 = not known
	Done    bool
	Status  byte // CTAP status, once done
}

// Hold is why a request waits for a yes at the desk.
type Hold int

const (
	NotHeld     Hold = iota
	HoldChange       // it changes the key without a touch
	HoldPIN          // it tries a PIN: wrong ones are counted, and block the key in the end
	HoldReset        // it wipes the key, and a touch that was meant for something else would do
	HoldUnknown      // what it does cannot be told: another version's, or readable in two ways
)

// CTAPHID (CTAP 2.1 section 11.2).
const (
	hidPing, hidMsg, hidLock, hidInit, hidWink = 0x01, 0x03, 0x04, 0x06, 0x08
	hidCBOR, hidCancel, hidKeepalive, hidError = 0x10, 0x11, 0x3B, 0x3F

	hidFirst     = 0x80 // the bit of a packet that begins a message
	hidBroadcast = 0xFFFFFFFF
	hidMax       = 7609 // bytes of the longest message

	hidErrCommand = 0x01 // section 11.2.9.1.6
	hidErrLength  = 0x03
	hidErrSeq     = 0x04
	hidErrBusy    = 0x06
	hidErrChannel = 0x0B
	initSize      = 8 // bytes of a nonce, which is all of an INIT
	maxBegun      = 64
	keepTouch     = 0x02 // status of a keepalive: the key waits for its user
)

// watch follows the talk between a client and the key: it lets through what the standard knows and tells what is asked.
// One message at a time is under way, as on the key itself: else one that the key will refuse could hide from the person
// at the desk what the key is really doing.
type watch struct {
	tell   func(Activity)
	nobody bool // at the desk: what waits for a yes is refused

	mu      sync.Mutex
	pending *asking        // asked, not answered
	idle    chan struct{}  // closed when nothing is pending
	begun   map[uint32]int // INITs on channels of their own that the key has not answered
	crossed uint32         // the channel of the last CANCEL, until it asks again: it may have come behind the answer; 0 = none
	known   bool           // the far machine knows the PIN: the key took the last one that was tried
	tries   int            // of the PIN that are left, as far as the key has told; 0 = not known
	poll    *asking        // a U2F request that the key wants a touch for, and the client repeats until then
}

// asking is a request that is under way.
type asking struct {
	Activity // without a Command where it is not worth telling
	channel  uint32
	cmd      byte // CTAPHID's
	body     []byte
	sent     bool // to the key; else what comes from it cannot be the answer
	refused  bool // the person at the desk does not want it
	anew     bool // its channel was told to begin anew meanwhile, which ends it once the key says so
	stirred  bool // something else went to the key on its channel, so that an error may be the answer to that
	pin      pinKind
}

// pinKind is what a clientPIN request has to do with the tries of the PIN.
type pinKind int

const (
	pinNone pinKind = iota
	pinCount
	pinSet
	pinTry
	pinChange // tries the old one
	pinUnread // may be any of these
)

func newWatch(tell func(Activity), nobody bool) *watch {
	idle := make(chan struct{})
	close(idle)
	return &watch{tell: tell, nobody: nobody, idle: idle, begun: map[uint32]int{}}
}

// request looks at a report on its way to the key. refuse is an answer to be given in the key's place; the report is
// then kept from it. An error is a client that does not keep to the framing at all.
func (w *watch) request(r report) (refuse *report, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r[4]&hidFirst == 0 {
		return nil, nil
	}
	channel, n := binary.BigEndian.Uint32(r[:]), int(binary.BigEndian.Uint16(r[5:]))
	if n > hidMax {
		return nil, bad("a message of %d bytes to the key", n)
	}
	switch cmd := r[4] &^ hidFirst; {
	case channel == 0, channel == hidBroadcast && cmd != hidInit:
		return failed(channel, hidErrChannel), nil
	case cmd == hidInit && n != initSize, cmd == hidCancel && n != 0:
		return failed(channel, hidErrLength), nil
	case cmd == hidInit, cmd == hidCancel:
		return nil, nil
	case cmd != hidCBOR && cmd != hidMsg && cmd != hidPing && cmd != hidLock && cmd != hidWink:
		return failed(channel, hidErrCommand), nil // a vendor's own: firmware, settings; not FIDO
	case w.pending != nil:
		return failed(channel, hidErrBusy), nil
	}
	return nil, nil
}

func failed(channel uint32, code byte) *report {
	r := message(channel, hidError, code)
	return &r
}

// whole looks at a request that is complete, and tells it. One that is held waits for a yes; refuse is an answer in the
// key's place, as to request.
func (w *watch) whole(first report, body []byte) (held *asking, refuse *report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	channel := binary.BigEndian.Uint32(first[:])
	if w.pending != nil {
		return nil, failed(channel, hidErrBusy)
	}
	q := &asking{channel: channel, cmd: first[4] &^ hidFirst, body: body}
	switch q.cmd {
	case hidCBOR:
	case hidMsg:
		return nil, w.u2f(q)
	case hidWink:
		w.tell(Activity{Command: "wink", Done: true})
		fallthrough
	default:
		q.sent = true
		w.begin(q)
		return nil, nil
	}
	w.poll = nil
	if len(body) > 0 {
		if _, known := commands[body[0]]; !known { // a vendor's or a later version's: nobody could say yes to a number
			return nil, w.instead(q, fmt.Sprintf("0x%02x", body[0]), fido.CodeInvalidCommand)
		}
		q.Activity, q.pin = asked(body)
	}
	if q.Held == HoldPIN {
		q.Tries = w.tries
		if q.pin == pinTry && w.known {
			q.Held = NotHeld
		}
	}
	if q.Held != NotHeld && w.nobody {
		q.Done, q.Status = true, byte(fido.CodeDenied)
		w.tell(q.Activity)
		r := message(channel, hidCBOR, q.Status)
		return nil, &r
	}
	q.sent = q.Held == NotHeld
	if w.begin(q); q.sent {
		return nil, nil
	}
	return q, nil
}

// instead tells of a request that the key will not see, and answers it.
func (w *watch) instead(q *asking, name string, c fido.Code) *report {
	w.tell(Activity{Command: name, Done: true, Status: byte(c)})
	r := message(q.channel, hidCBOR, byte(c))
	if q.cmd == hidMsg {
		r = message(q.channel, hidMsg, 0x6D, 0x00) // ISO 7816-4: instruction not supported
	}
	return &r
}

// U2F (FIDO U2F raw message formats 1.2). A key answers at once that it wants a touch, and is asked again until it has
// one; that is told once.
var instructions = map[byte]string{1: "U2F register", 2: "U2F authenticate", 3: "U2F version"}

const (
	u2fCheck      = 0x07   // authenticate, P1: only whether the key knows the site
	u2fOK         = 0x9000 // status words
	u2fWantsTouch = 0x6985
	u2fWrongKey   = 0x6A80
)

// u2f looks at a U2F request. The instructions from 0x40 on are vendors' own, as others may be.
func (w *watch) u2f(q *asking) (refuse *report) {
	if len(q.body) < 4 || q.body[0] != 0 || instructions[q.body[1]] == "" {
		w.poll = nil
		return w.instead(q, fmt.Sprintf("U2F 0x%02x", append(q.body, 0, 0)[1]), fido.CodeInvalidCommand)
	}
	q.sent, q.Command = true, instructions[q.body[1]]
	if p := w.poll; p != nil && p.channel == q.channel && bytes.Equal(p.body, q.body) {
		if p.refused {
			r := message(q.channel, hidMsg, u2fWantsTouch>>8, u2fWantsTouch&0xFF) // there is no other no in U2F
			return &r
		}
		q.Touch = true
		w.await(q)
		return nil
	}
	w.poll = nil
	w.begin(q)
	return nil
}

func (w *watch) begin(q *asking) {
	w.await(q)
	if q.Command != "" {
		w.tell(q.Activity)
	}
}

func (w *watch) await(q *asking) {
	w.idle, w.pending, q.stirred = make(chan struct{}), q, w.begun[q.channel] > 0 || w.crossed == q.channel
	if w.crossed == q.channel {
		w.crossed = 0
	}
}

// allowed marks what was held as on its way to the key, unless it has ended meanwhile.
func (w *watch) allowed(q *asking) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pending != q {
		return false
	}
	q.sent, q.Held, q.Allowed = true, NotHeld, true
	w.tell(q.Activity)
	return true
}

// finish ends what the key has not heard of. What it has heard of only the key ends.
func (w *watch) finish(c fido.Code) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.poll = nil
	if w.pending != nil && !w.pending.sent {
		w.done(c, nil)
	}
}

// on reports whether something is under way on a channel.
func (w *watch) on(channel uint32) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pending != nil && w.pending.channel == channel
}

// anew notes that a channel is told to begin anew; false = that is not to be passed on.
func (w *watch) anew(channel uint32) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.begun) >= maxBegun && w.begun[channel] == 0 {
		return false
	}
	w.begun[channel]++
	if q := w.pending; q != nil && q.channel == channel {
		q.anew, q.stirred = true, true
	}
	return true
}

// cancels reports whether a CANCEL on a channel has something to cancel at the key.
func (w *watch) cancels(channel uint32) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	q := w.pending
	if q == nil || !q.sent || q.channel != channel || q.cmd != hidCBOR {
		return false
	}
	q.stirred, w.crossed = true, channel
	return true
}

// stop is what stops the request that the key is busy with: a CANCEL, if it hears of that, or an INIT. idle is closed
// once nothing is under way.
func (w *watch) stop(how byte) (r report, give bool, idle <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, give = w.stopped(how)
	return r, give, w.idle
}

func (w *watch) stopped(how byte) (r report, give bool) {
	q := w.pending
	switch {
	case q == nil, !q.sent, how == hidCancel && q.cmd != hidCBOR:
		return r, false
	case how == hidInit:
		w.begun[q.channel]++
		q.anew, q.stirred = true, true
		return message(q.channel, hidInit, make([]byte, initSize)...), true
	}
	q.stirred, w.crossed = true, q.channel
	return message(q.channel, hidCancel), true
}

// done ends what is under way. more is what follows the status in the first report of the key's answer.
func (w *watch) done(c fido.Code, more []byte) {
	q := w.pending
	w.learn(q, c, more)
	a := q.Activity
	a.Touch, a.Held, a.Allowed, a.Done, a.Status = false, NotHeld, false, true, byte(c)
	if a.Command != "" {
		w.tell(a)
	}
	w.pending = nil
	close(w.idle)
}

// learn keeps count of the PIN's tries. Only the key's own yes to a PIN spares the person the next question; a try whose
// answer is not seen counts as a wrong one.
func (w *watch) learn(q *asking, c fido.Code, more []byte) {
	switch {
	case q.pin == pinCount && c == 0:
		var a struct {
			Tries int `cbor:"3,keyasint"`
		}
		if ctapclient.Decode(more, &a) == nil {
			w.tries = max(a.Tries, 0)
		}
	case q.pin == pinNone, q.pin == pinCount, !q.sent:
	case c == 0 && q.pin != pinUnread:
		w.known, w.tries = true, 0 // all are back, however many this key has
	default:
		if w.known = false; c == fido.CodePINInvalid || c == fido.CodePINPowerCycle {
			w.tries = max(w.tries-1, 0)
		} else {
			w.tries = 0
		}
	}
}

// refuse marks what is under way as refused: its cancellation, which is to be given to the key, will be passed on as a
// refusal.
func (w *watch) refuse() (cancel report, give bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.poll; p != nil && !p.refused {
		p.refused = true
		a := p.Activity
		a.Touch, a.Done, a.Status = false, true, byte(fido.CodeDenied)
		w.tell(a)
	}
	if w.pending != nil {
		w.pending.refused = true
	}
	return w.stopped(hidCancel)
}

// answer looks at a report on its way from the key, and returns what is to be passed on.
func (w *watch) answer(r report) report {
	w.mu.Lock()
	defer w.mu.Unlock()
	channel, q := binary.BigEndian.Uint32(r[:]), w.pending
	if w.begun[channel] > 0 && (r[4] == hidFirst|hidInit || r[4] == hidFirst|hidError && (q == nil || q.channel != channel)) {
		if w.begun[channel]--; w.begun[channel] == 0 {
			delete(w.begun, channel)
		}
	}
	if q == nil || !q.sent || r[4]&hidFirst == 0 || channel != q.channel {
		return r
	}
	n := min(int(binary.BigEndian.Uint16(r[5:])), len(r)-7)
	switch cmd := r[4] &^ hidFirst; {
	case cmd == hidKeepalive:
		if r[7] == keepTouch && !q.Touch && q.Command != "" {
			q.Touch, q.Allowed = true, false
			w.tell(q.Activity)
		}
	case cmd == hidError && q.stirred: // it may go on; if not, a channel that begins anew will end it
	case cmd == hidError:
		w.done(fido.CodeOther, nil)
	case cmd == hidInit && q.anew && w.begun[channel] == 0:
		w.done(fido.CodeCancelled, nil)
	case cmd != q.cmd: // an answer to something earlier
	case cmd == hidCBOR && n > 0:
		if q.refused && r[7] == byte(fido.CodeCancelled) {
			r[7] = byte(fido.CodeDenied)
		}
		w.done(fido.Code(r[7]), r[8:7+n])
	case cmd == hidCBOR:
		w.done(fido.CodeOther, nil)
	case cmd == hidMsg:
		w.u2fAnswer(q, r, n)
	default:
		w.done(0, nil)
	}
	return r
}

// u2fAnswer looks at the answer to a U2F request: a status word comes alone, or else behind data.
func (w *watch) u2fAnswer(q *asking, r report, n int) {
	status := u2fOK
	if n == 2 {
		status = int(binary.BigEndian.Uint16(r[7:]))
	}
	switch {
	case status == u2fWantsTouch && q.body[2] != u2fCheck:
		if w.poll == nil {
			q.Touch = true
			w.tell(q.Activity)
		}
		w.poll, w.pending = q, nil
		close(w.idle)
		return
	case status == u2fOK, status == u2fWantsTouch:
		w.done(0, nil)
	case status == u2fWrongKey:
		w.done(fido.CodeNoCredentials, nil)
	default:
		w.done(fido.CodeOther, nil)
	}
	w.poll = nil
}

// commands of CTAP 2.1 section 6, with the preview's numbers.
var commands = map[byte]string{
	0x01: "authenticatorMakeCredential", 0x02: "authenticatorGetAssertion", 0x04: "authenticatorGetInfo",
	0x06: "authenticatorClientPIN", 0x07: "authenticatorReset", 0x08: "authenticatorGetNextAssertion",
	0x09: "authenticatorBioEnrollment", 0x0A: "authenticatorCredentialManagement", 0x0B: "authenticatorSelection",
	0x0C: "authenticatorLargeBlobs", 0x0D: "authenticatorConfig",
	0x40: "authenticatorBioEnrollment", 0x41: "authenticatorCredentialManagement",
}

// subcommands that a person should know by name: they change the key, or spend a try of its PIN.
var subcommands = map[string]map[uint64]string{
	"authenticatorClientPIN":            {3: "setPIN", 4: "changePIN", 5: "PIN", 6: "finger", 9: "PIN"},
	"authenticatorBioEnrollment":        {1: "enrol", 2: "enrol", 5: "rename", 6: "remove"},
	"authenticatorCredentialManagement": {6: "delete", 7: "rename"},
	"authenticatorConfig":               {1: "enterpriseAttestation", 2: "alwaysUv", 3: "minPINLength", 4: "longTouchForReset"},
}

// harmless are the subcommands that change nothing on the key, or nothing without a touch; 0 where none is named. All
// others wait for a yes, unknown ones too.
var harmless = map[string]map[uint64]bool{
	"authenticatorClientPIN":            {0: true, 1: true, 2: true, 6: true, 7: true},
	"authenticatorBioEnrollment":        {0: true, 1: true, 2: true, 3: true, 4: true, 7: true},
	"authenticatorCredentialManagement": {0: true, 1: true, 2: true, 3: true, 4: true, 5: true},
}

var pinKinds = map[uint64]pinKind{1: pinCount, 3: pinSet, 4: pinChange, 5: pinTry, 9: pinTry}

// subcommandAt is the member in which a command names its subcommand.
var subcommandAt = map[byte]int{0x06: 2, 0x09: 2, 0x0A: 1, 0x0D: 1, 0x40: 2, 0x41: 1}

// asked reads of a request whose command is known what a person should know: its name, its kind, and the site it is for.
// What changes the key with no touch of it is held, and so is what is not in CTAP's own form: the key may read it
// otherwise.
func asked(b []byte) (a Activity, pin pinKind) {
	a = Activity{Command: commands[b[0]]}
	switch b[0] {
	case 0x04, 0x0B: // no parameters; what is to be allowed is allowed by a touch
		return a, pinNone
	case 0x08: // more of what was allowed before
		return Activity{}, pinNone
	case 0x07:
		a.Held = HoldReset
		return a, pinNone
	}
	var fields map[int]any
	readable := ctapcbor.Decode(b[1:], &fields) == nil
	if !readable {
		fields = nil // the half of it says nothing
	}
	switch b[0] {
	case 0x01:
		rp, _ := fields[2].(map[any]any)
		a.RPID, readable = rp["id"].(string)
	case 0x02:
		a.RPID, readable = fields[1].(string)
	case 0x0C:
		if _, set := fields[2]; set { // section 6.10.2
			a.Command, a.Held = a.Command+" write", HoldChange
		}
	default:
		var sub uint64
		if value, named := fields[subcommandAt[b[0]]]; named {
			sub, readable = value.(uint64)
		}
		known := subcommands[a.Command][sub]
		if b[0] == 0x06 {
			if pin = pinKinds[sub]; sub == 9 {
				a.RPID, _ = fields[10].(string)
			}
		}
		switch {
		case pin == pinTry, pin == pinChange:
			a.Held = HoldPIN
		case harmless[a.Command][sub]:
		case known != "":
			a.Held = HoldChange
		default:
			a.Held = HoldUnknown
		}
		if known != "" {
			a.Command += " " + known
		}
	}
	if !readable {
		a.Held = HoldUnknown
		if b[0] == 0x06 {
			pin = pinUnread
		}
	}
	a.RPID = Site(a.RPID)
	return a, pin
}
