package share

import (
	"encoding/binary"
	"sync"

	"github.com/fxamacker/cbor/v2"

	"keyrollout/fido"
)

// Activity is one thing that is asked of the key. It holds no secrets.
type Activity struct {
	Command string // e.g. "authenticatorMakeCredential"
	RPID    string // the site, where the request names one; printable
	Touch   bool   // the key waits for a touch, which allows it
	Held    bool   // it would change the key without a touch, and waits for a yes at the desk
	Done    bool
	Status  byte // CTAP status, once done
}

// CTAPHID (CTAP 2.1 section 11.2).
const (
	hidPing, hidMsg, hidLock, hidInit, hidWink = 0x01, 0x03, 0x04, 0x06, 0x08
	hidCBOR, hidCancel, hidKeepalive, hidError = 0x10, 0x11, 0x3B, 0x3F

	hidFirst     = 0x80 // the bit of a packet that begins a message
	hidBroadcast = 0xFFFFFFFF
	hidMax       = 7609 // bytes of the longest message

	hidErrCommand = 0x01 // "the command in the request is invalid"
	hidErrBusy    = 0x06 // "the channel is busy"
	keepTouch     = 0x02 // status of a keepalive: the key waits for its user
)

// watch follows the talk between a client and the key: it lets through what the standard knows and tells what is asked.
// One message at a time is under way, as on the key itself: else one that the key will refuse could hide from the person
// at the desk what the key is really doing.
type watch struct {
	tell func(Activity)
	hold bool // what changes the key without a touch waits for a yes

	mu      sync.Mutex
	channel uint32        // of the message that is being answered
	cmd     byte          // its CTAPHID command
	pending *Activity     // asked, not answered; without a Command where it is not worth telling
	refused bool          // the person at the desk does not want it
	idle    chan struct{} // closed when nothing is pending
}

func newWatch(tell func(Activity), hold bool) *watch {
	idle := make(chan struct{})
	close(idle)
	return &watch{tell: tell, hold: hold, idle: idle}
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
	switch cmd := r[4] &^ hidFirst; cmd {
	case hidInit, hidCancel:
		return nil, nil
	case hidCBOR, hidMsg, hidPing, hidLock, hidWink:
		switch {
		case w.pending != nil:
			return failed(channel, hidErrBusy), nil
		case cmd == hidMsg:
			w.begin(channel, cmd, Activity{Command: "U2F"})
		case cmd != hidCBOR: // that begins when it is whole
			w.begin(channel, cmd, Activity{})
		}
		if cmd == hidWink {
			w.tell(Activity{Command: "wink", Done: true})
		}
		return nil, nil
	default: // a vendor's own commands: firmware, settings; not FIDO
		return failed(channel, hidErrCommand), nil
	}
}

func failed(channel uint32, code byte) *report {
	r := message(channel, hidError, code)
	return &r
}

// whole looks at a CBOR request that is complete, and tells it. A request that is held waits for a yes.
func (w *watch) whole(channel uint32, body []byte) (held bool, refuse *report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pending != nil {
		return false, failed(channel, hidErrBusy)
	}
	a := Activity{}
	if len(body) > 0 {
		a = asked(body)
	}
	a.Held = a.Held && w.hold
	w.begin(channel, hidCBOR, a)
	return a.Held, nil
}

func (w *watch) begin(channel uint32, cmd byte, a Activity) {
	w.idle = make(chan struct{})
	w.channel, w.cmd, w.pending, w.refused = channel, cmd, &a, false
	if a.Command != "" {
		w.tell(a)
	}
}

// forget gives up what a client asked that is gone.
func (w *watch) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pending != nil {
		w.done(*w.pending)
	}
}

func (w *watch) done(a Activity) {
	a.Touch, a.Held, a.Done = false, false, true
	if a.Command != "" {
		w.tell(a)
	}
	w.pending = nil
	close(w.idle)
}

// refuse marks what is under way as refused: its cancellation will be passed on as a refusal.
func (w *watch) refuse() (channel uint32, pending bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused = w.pending != nil
	return w.channel, w.refused
}

// answer looks at a report on its way from the key, and returns what is to be passed on.
func (w *watch) answer(r report) report {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pending == nil || r[4]&hidFirst == 0 || binary.BigEndian.Uint32(r[:]) != w.channel {
		return r
	}
	a := *w.pending
	switch cmd := r[4] &^ hidFirst; {
	case cmd == hidKeepalive:
		if r[7] == keepTouch && !a.Touch && a.Command != "" {
			w.pending.Touch, a.Touch = true, true
			w.tell(a)
		}
		return r
	case cmd == hidError:
		a.Status = byte(fido.CodeOther)
	case cmd != w.cmd && cmd != hidInit: // an answer to something earlier; an INIT on its own channel ends a message
		return r
	case cmd == hidCBOR:
		if w.refused && r[7] == byte(fido.CodeCancelled) {
			r[7] = byte(fido.CodeDenied)
		}
		a.Status = r[7]
	}
	w.done(a)
	return r
}

// open is the channel on which an answer is owed, and what is closed once it has come.
func (w *watch) open() (channel uint32, pending bool, idle <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.channel, w.pending != nil, w.idle
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
	"authenticatorBioEnrollment":        {1: "enrol", 5: "rename", 6: "remove"},
	"authenticatorCredentialManagement": {6: "delete", 7: "rename"},
	"authenticatorConfig":               {1: "enterpriseAttestation", 2: "alwaysUv", 3: "minPINLength", 4: "longTouchForReset"},
}

// harmless are the subcommands that change nothing on the key, or nothing without a touch; 0 where none is named. All
// others wait for a yes, unknown ones too.
var harmless = map[string]map[uint64]bool{
	"authenticatorClientPIN":            {0: true, 1: true, 2: true, 5: true, 6: true, 7: true, 9: true},
	"authenticatorBioEnrollment":        {0: true, 1: true, 2: true, 3: true, 4: true, 7: true},
	"authenticatorCredentialManagement": {0: true, 1: true, 2: true, 3: true, 4: true, 5: true},
}

// strict reads a request in one way only: of two members with one key another reader may take the other.
var strict = func() cbor.DecMode {
	m, err := cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF}.DecMode()
	if err != nil {
		panic(err) // the options are constant
	}
	return m
}()

// asked reads of a request what a person should know: its name, its kind, and the site it is for. What changes the key
// with no touch of it is held, and so is what this program does not know or cannot read: the key may read it otherwise.
func asked(b []byte) Activity {
	name, known := commands[b[0]]
	if !known {
		return Activity{Command: "0x" + string("0123456789abcdef"[b[0]>>4]) + string("0123456789abcdef"[b[0]&15]), Held: true}
	}
	a := Activity{Command: name}
	var fields map[int]cbor.RawMessage
	err := strict.Unmarshal(b[1:], &fields)
	switch b[0] {
	case 0x01:
		var rp struct {
			ID string `cbor:"id"`
		}
		a.Held = err != nil || strict.Unmarshal(fields[2], &rp) != nil
		a.RPID = rp.ID
	case 0x02:
		a.Held = err != nil || strict.Unmarshal(fields[1], &a.RPID) != nil
	case 0x04, 0x07, 0x08, 0x0B: // no parameters; what is to be allowed is allowed by a touch
	case 0x0C:
		if a.Held = err != nil; fields[2] != nil { // section 6.10.2: set
			a.Command, a.Held = a.Command+" write", true
		}
	default:
		number := map[byte]int{0x06: 2, 0x09: 2, 0x40: 2}[b[0]] // where the subcommand stands; 1 elsewhere
		var sub uint64
		if raw := fields[max(number, 1)]; err == nil && raw != nil {
			err = strict.Unmarshal(raw, &sub)
		}
		if s := subcommands[name][sub]; s != "" {
			a.Command += " " + s
		}
		if b[0] == 0x06 && sub == 9 {
			_ = strict.Unmarshal(fields[10], &a.RPID)
		}
		a.Held = err != nil || !harmless[name][sub]
	}
	if a.RPID = text([]byte(a.RPID)); err != nil {
		a.RPID = ""
	}
	return a
}
