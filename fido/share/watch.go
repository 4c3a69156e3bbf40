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
	keepTouch     = 0x02 // status of a keepalive: the key waits for its user
)

// watch follows the talk between a client and the key: it lets through what the standard knows and tells what is asked.
type watch struct {
	tell func(Activity)
	hold bool // what changes the key without a touch waits for a yes

	mu      sync.Mutex
	channel uint32 // of the request that is being put together or answered
	want    int    // bytes of it
	body    []byte
	pending *Activity     // asked, not answered
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
	channel := binary.BigEndian.Uint32(r[:])
	if r[4]&hidFirst == 0 {
		if w.want > 0 && channel == w.channel {
			w.collect(r[5:])
		}
		return nil, nil
	}
	n := int(binary.BigEndian.Uint16(r[5:]))
	if n > hidMax {
		return nil, bad("a message of %d bytes to the key", n)
	}
	switch cmd := r[4] &^ hidFirst; cmd {
	case hidCBOR:
		w.channel, w.want, w.body = channel, n, nil
		w.collect(r[7:])
	case hidMsg:
		w.begin(channel, Activity{Command: "U2F"})
	case hidWink:
		w.tell(Activity{Command: "wink", Done: true})
	case hidPing, hidLock, hidInit, hidCancel:
	default: // a vendor's own commands: firmware, settings; not FIDO
		answer := report{0: r[0], 1: r[1], 2: r[2], 3: r[3], 4: hidFirst | hidError, 6: 1, 7: hidErrCommand}
		return &answer, nil
	}
	return nil, nil
}

// collect puts a request together, and tells it when it is whole.
func (w *watch) collect(part []byte) {
	w.body = append(w.body, part[:min(len(part), w.want-len(w.body))]...)
	if len(w.body) < w.want {
		return
	}
	b := w.body
	w.want, w.body = 0, nil
	if len(b) > 0 {
		w.begin(w.channel, asked(b))
	}
}

func (w *watch) begin(channel uint32, a Activity) {
	if w.pending == nil {
		w.idle = make(chan struct{})
	}
	a.Held = a.Held && w.hold
	w.channel, w.pending, w.refused = channel, &a, false
	w.tell(a)
}

// holds reports whether the request that was just put together waits for a yes.
func (w *watch) holds() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pending != nil && w.pending.Held
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
	switch r[4] &^ hidFirst {
	case hidKeepalive:
		if r[7] == keepTouch && !a.Touch {
			w.pending.Touch, a.Touch = true, true
			w.tell(a)
		}
		return r
	case hidCBOR:
		if w.refused && r[7] == byte(fido.CodeCancelled) {
			r[7] = byte(fido.CodeDenied)
		}
		a.Status = r[7]
	case hidError:
		a.Status = byte(fido.CodeOther)
	}
	a.Touch, a.Held, a.Done = false, false, true
	w.tell(a)
	w.pending = nil
	close(w.idle)
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

// subcommands that change the key, or spend a try of its PIN, by command and number.
var subcommands = map[string]map[uint64]string{
	"authenticatorClientPIN":            {3: "setPIN", 4: "changePIN", 5: "PIN", 6: "finger", 9: "PIN"},
	"authenticatorBioEnrollment":        {1: "enrol", 5: "rename", 6: "remove"},
	"authenticatorCredentialManagement": {6: "delete", 7: "rename"},
	"authenticatorConfig":               {1: "enterpriseAttestation", 2: "alwaysUv", 3: "minPINLength"},
}

// untouched are the subcommands that change the key with no touch of it, only with its PIN.
var untouched = map[string]bool{
	"authenticatorClientPIN setPIN": true, "authenticatorClientPIN changePIN": true,
	"authenticatorBioEnrollment rename": true, "authenticatorBioEnrollment remove": true,
	"authenticatorCredentialManagement delete": true, "authenticatorCredentialManagement rename": true,
	"authenticatorConfig enterpriseAttestation": true, "authenticatorConfig alwaysUv": true, "authenticatorConfig minPINLength": true,
	"authenticatorLargeBlobs write": true,
}

// asked reads of a request what a person should know: its name, its kind, and the site it is for.
func asked(b []byte) Activity {
	name, known := commands[b[0]]
	if !known {
		return Activity{Command: "0x" + string("0123456789abcdef"[b[0]>>4]) + string("0123456789abcdef"[b[0]&15])}
	}
	a := Activity{Command: name}
	var fields map[int]cbor.RawMessage
	if cbor.Unmarshal(b[1:], &fields) != nil {
		return a // the key will say what it thinks of it
	}
	switch b[0] {
	case 0x01:
		var rp struct {
			ID string `cbor:"id"`
		}
		_ = cbor.Unmarshal(fields[2], &rp)
		a.RPID = rp.ID
	case 0x02:
		_ = cbor.Unmarshal(fields[1], &a.RPID)
	case 0x0C:
		if fields[2] != nil { // section 6.10.2: set
			a.Command += " write"
		}
	default:
		number := map[byte]int{0x06: 2, 0x09: 2, 0x40: 2}[b[0]] // where the subcommand stands; 1 elsewhere
		var sub uint64
		_ = cbor.Unmarshal(fields[max(number, 1)], &sub)
		if s := subcommands[name][sub]; s != "" {
			a.Command += " " + s
		}
		if b[0] == 0x06 && sub == 9 {
			_ = cbor.Unmarshal(fields[10], &a.RPID)
		}
	}
	a.RPID, a.Held = text([]byte(a.RPID)), untouched[a.Command]
	return a
}
