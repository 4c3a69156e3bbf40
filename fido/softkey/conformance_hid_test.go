package softkey

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"time"

	"keyrollout/fido/internal/pinuv"
)

func (x *rig) silent() {
	x.Helper()
	if r, err := x.c.link.Read(100 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		x.Errorf("%x, %v where nothing should come", r[:8], err)
	}
}

// other is a second client.
func (x *rig) other() *client { x.Helper(); return dial(x, x.k) }

var hidRequirements = []requirement{
	{"11.2.4", "a message of 0, 57, 58 and 7609 bytes passes whole", func(x *rig) {
		for _, n := range []int{0, 57, 58, 7609} {
			cmd, got := x.c.exchange(hidPing, bytes.Repeat([]byte{1}, n))
			x.that(cmd == hidPing && len(got) == n, "the PING came back")
		}
	}},
	{"11.2.4", "a message longer than 7609 bytes is ERR_INVALID_LEN", func(x *rig) {
		x.c.raw(x.c.cid, hidPing, 7610, nil)
		x.c.wantError(x.c.cid, hidErrLength)
	}},
	{"11.2.4", "a continuation packet out of sequence is ERR_INVALID_SEQ", func(x *rig) {
		rs := frames(x.c.cid, hidPing, make([]byte, 200))
		x.c.write(rs[0])
		x.c.write(rs[2])
		x.c.wantError(x.c.cid, hidErrSeq)
	}},
	{"11.2.4", "a continuation packet without a message is ignored", func(x *rig) {
		x.c.raw(x.c.cid, 0, 0, nil)
		x.silent()
	}},
	{"11.2.4", "a continuation packet of another channel is ignored", func(x *rig) {
		b := x.other()
		rs := frames(x.c.cid, hidPing, make([]byte, 100))
		x.c.write(rs[0])
		b.raw(b.cid, 0, 0, nil)
		x.c.write(rs[1])
		cmd, _ := x.c.receive()
		x.that(cmd == hidPing, "the first channel's message passes")
	}},
	{"11.2.4", "an initialisation packet inside a message on the same channel is ERR_INVALID_SEQ", func(x *rig) {
		x.c.write(frames(x.c.cid, hidPing, make([]byte, 200))[0])
		x.c.raw(x.c.cid, hidPing, 1, nil)
		x.c.wantError(x.c.cid, hidErrSeq)
	}},
	{"11.2.5.1", "a second channel during a transaction is ERR_CHANNEL_BUSY, and the first goes on", func(x *rig) {
		b := x.other()
		rs := frames(x.c.cid, hidPing, make([]byte, 100))
		x.c.write(rs[0])
		b.raw(b.cid, hidPing, 0, nil)
		b.wantError(b.cid, hidErrBusy)
		x.c.write(rs[1])
		cmd, _ := x.c.receive()
		x.that(cmd == hidPing, "the first channel's message passes")
	}},
	{"11.2.5.2", "a message that is not completed is ERR_MSG_TIMEOUT, and the channel lives on", func(x *rig) {
		x.c.write(frames(x.c.cid, hidPing, make([]byte, 200))[0])
		x.c.wantError(x.c.cid, hidErrTimeout)
		cmd, _ := x.c.exchange(hidPing, nil)
		x.that(cmd == hidPing, "the channel lives")
	}},
	{"11.2.5.3", "INIT on a channel gives up its transaction", func(x *rig) {
		x.touches(0)
		x.c.start(cmdSelection, nil)
		x.f.wait(x)
		cmd, _ := x.c.exchange(hidInit, make([]byte, 8))
		x.that(cmd == hidInit, "INIT is answered")
		x.send(cmdInfo, nil, statusOK)
	}},
	{"11.2.9.1.1", "an unknown command is ERR_INVALID_CMD", func(x *rig) {
		x.c.raw(x.c.cid, 0xB9, 0, nil)
		x.c.wantError(x.c.cid, hidErrCommand)
	}},
	{"11.2.9.1.2", "CBOR without a command byte is ERR_INVALID_LEN", func(x *rig) {
		x.c.raw(x.c.cid, hidCBOR, 0, nil)
		x.c.wantError(x.c.cid, hidErrLength)
	}},
	{"11.2.9.1.3", "INIT on the broadcast channel gives a new channel and the nonce back", func(x *rig) {
		b := x.other() // dial checks the nonce
		x.that(b.cid != x.c.cid && b.cid != 0 && b.cid != broadcast, "the channel is new")
	}},
	{"11.2.9.1.3", "INIT on a live channel keeps the channel", func(x *rig) {
		_, a := x.c.exchange(hidInit, make([]byte, 8))
		x.that(binary.BigEndian.Uint32(a[8:]) == x.c.cid, "the channel is the same")
	}},
	{"11.2.9.1.3", "INIT is answered while another channel is busy", func(x *rig) {
		x.touches(0)
		x.c.start(cmdSelection, nil)
		x.f.wait(x)
		x.other()
	}},
	{"11.2.9.1.3", "INIT tells protocol version 2 and the capabilities WINK and CBOR", func(x *rig) {
		_, a := x.c.exchange(hidInit, make([]byte, 8))
		x.that(a[12] == 2 && a[16]&(hidCapWink|hidCapCBOR) == hidCapWink|hidCapCBOR, "version and capabilities")
	}},
	{"11.2.9.1.3", "INIT of any other length than 8 is ERR_INVALID_LEN", func(x *rig) {
		x.c.raw(broadcast, hidInit, 9, nil)
		x.c.wantError(broadcast, hidErrLength)
	}},
	{"11.2.9.1.5", "KEEPALIVE comes at least every 100 ms while a touch is awaited, with status 2", func(x *rig) {
		x.touches(0)
		x.c.start(cmdSelection, nil)
		x.f.wait(x)
		x.is(x.c.finish(nil), errUserActionTimeout)
		x.that(keepaliveEvery <= 100*time.Millisecond && len(x.c.keep) > 1, "often enough; a busy machine is not measured")
		x.that(slices.Contains(x.c.keep, keepTouchNeeded), "status 2")
	}},
	{"11.2.9.1.6", "channel 0, the broadcast channel and a channel never given are ERR_INVALID_CHANNEL", func(x *rig) {
		for _, cid := range []uint32{0, broadcast, 0x7FFFFFFF} {
			x.c.raw(cid, hidPing, 0, nil)
			x.c.wantError(cid, hidErrChannel)
		}
	}},
	{"11.2.9.1.7", "CANCEL ends a request with KEEPALIVE_CANCEL", func(x *rig) {
		x.touches(0)
		x.c.start(cmdSelection, nil)
		x.f.wait(x)
		x.c.raw(x.c.cid, hidCancel, 0, nil)
		x.is(x.c.finish(nil), errKeepaliveCancel)
	}},
	{"11.2.9.1.7", "CANCEL on another channel, and without a request, is ignored", func(x *rig) {
		x.c.raw(x.c.cid, hidCancel, 0, nil)
		x.silent()
		b := x.other()
		x.touches(0)
		x.c.start(cmdSelection, nil)
		x.f.wait(x)
		b.raw(b.cid, hidCancel, 0, nil)
		x.is(x.c.finish(nil), errUserActionTimeout)
	}},
	{"11.2.9.2.1", "WINK is answered", func(x *rig) {
		cmd, a := x.c.exchange(hidWink, nil)
		x.that(cmd == hidWink && len(a) == 0, "an empty WINK")
	}},
	{"11.2.9.2.2", "LOCK keeps other channels out until it is given up, INIT included", func(x *rig) {
		b := x.other()
		x.c.exchange(hidLock, []byte{10})
		b.raw(b.cid, hidPing, 0, nil)
		b.wantError(b.cid, hidErrBusy)
		b.raw(b.cid, hidInit, 8, make([]byte, 8))
		b.wantError(b.cid, hidErrBusy)
		b.raw(broadcast, hidInit, 8, make([]byte, 8))
		b.wantError(broadcast, hidErrBusy)
		x.c.exchange(hidLock, []byte{0})
		cmd, _ := b.exchange(hidPing, nil)
		x.that(cmd == hidPing, "free again")
	}},
	{"11.2.9.2.2", "LOCK ends by itself", func(x *rig) {
		b := x.other()
		x.c.exchange(hidLock, []byte{1})
		time.Sleep(1100 * time.Millisecond)
		cmd, _ := b.exchange(hidPing, nil)
		x.that(cmd == hidPing, "free again")
	}},
	{"11.2.9.2.2", "LOCK for more than ten seconds is ERR_INVALID_PAR", func(x *rig) {
		x.c.raw(x.c.cid, hidLock, 1, []byte{11})
		x.c.wantError(x.c.cid, hidErrPar)
	}},
}

var infoRequirements = []requirement{
	{"6", "an unknown command is INVALID_COMMAND", func(x *rig) { x.send(0x3F, nil, errInvalidCommand) }},
	{"6", "a stateful command is forgotten when another command comes in between", func(x *rig) {
		x.pin()
		x.c.make("a.example", "u", nil)
		x.c.make("a.example", "v", nil)
		x.c.assert("a.example", nil)
		x.info()
		x.send(cmdNext, nil, errNotAllowed)
	}},
	{"6", "and when a U2F message does", func(x *rig) {
		x.pin()
		x.c.make("a.example", "u", nil)
		x.c.make("a.example", "v", nil)
		x.c.assert("a.example", nil)
		_, sw := x.c.apdu(3, 0, nil)
		x.that(sw == swOK, "version")
		x.send(cmdNext, nil, errNotAllowed)
	}},
	{"6", "a stateful command is not continued from another channel", func(x *rig) {
		x.pin()
		x.c.make("a.example", "u", nil)
		x.c.make("a.example", "v", nil)
		x.c.assert("a.example", nil)
		x.is(x.other().cbor(cmdNext, nil, nil), errNotAllowed)
	}},
	{"8", "half a map, a tag, an indefinite length and a doubled key are INVALID_CBOR", func(x *rig) {
		for _, b := range [][]byte{{0xA1, 2}, {0xA1, 2, 0xC0, 1}, {0xBF, 2, 1, 0xFF}, {0xA2, 2, 1, 2, 1}, {0xA1, 2, 1, 0}} {
			_, a := x.c.exchange(hidCBOR, append([]byte{cmdPIN}, b...))
			x.is(status(a[0]), errInvalidCBOR)
		}
	}},
	{"8", "map keys out of order, and numbers and lengths longer than need be, are INVALID_CBOR", func(x *rig) {
		x.pin()
		for _, b := range [][]byte{
			{0xA2, 2, 2, 1, 2}, {0xA2, 1, 0x18, 2, 2, 2}, {0xA2, 1, 0x19, 0, 2, 2, 2}, {0xB8, 2, 1, 2, 2, 2},
			{0xA3, 1, 2, 2, 2, 0x18, 99, 0x58, 1, 0}, {0xA3, 1, 2, 2, 2, 0x18, 99, 0xA2, 2, 1, 1, 1},
		} {
			_, a := x.c.exchange(hidCBOR, append([]byte{cmdPIN}, b...))
			x.is(status(a[0]), errInvalidCBOR)
		}
		_, a := x.c.exchange(hidCBOR, []byte{cmdPIN, 0xA2, 1, 2, 2, 2})
		x.is(status(a[0]), statusOK)
	}},
	{"8", "four maps and arrays in one another are read, five are INVALID_CBOR", func(x *rig) {
		x.pin().send(cmdPIN, m{2: 1, 99: m{1: m{1: m{1: 1}}}}, statusOK)
		x.send(cmdPIN, m{2: 1, 99: m{1: m{1: m{1: []int{}}}}}, errInvalidCBOR)
	}},
	{"8", "every response is in the canonical form", func(x *rig) {
		x.pin()
		x.c.make("a.example", "u", m{6: map[string]any{"hmac-secret": true, "credProtect": 2}})
		x.c.assert("a.example", nil) // the client checks each response
	}},
	{"8.1", "a parameter of the wrong type is CBOR_UNEXPECTED_TYPE", func(x *rig) {
		x.send(cmdPIN, m{1: "one", 2: 1}, errUnexpectedType)
	}},
	{"8.1", "parameters that the command does not know are ignored", func(x *rig) {
		x.pin().send(cmdPIN, m{2: 1, 99: "later"}, statusOK)
	}},
	{"6.4", "a request longer than maxMsgSize is REQUEST_TOO_LARGE", func(x *rig) {
		_, a := x.c.exchange(hidCBOR, append([]byte{cmdMake}, make([]byte, 2048)...))
		x.is(status(a[0]), errRequestTooLarge)
	}},
	{"6.4", "getInfo names versions, AAGUID and options", func(x *rig) {
		i := x.info()
		x.that(slices.Contains(i.Versions, "FIDO_2_1") && len(i.AAGUID) == 16 && len(i.Options) > 0, "they are there")
	}},
	{"6.4", "clientPin is false before a PIN is set and true after", func(x *rig) {
		x.that(!x.c.options()["clientPin"], "false")
		x.pin()
		x.that(x.c.options()["clientPin"], "true")
	}},
	{"6.4", "uv and bioEnroll are false before a finger is enrolled and true after", func(x *rig) {
		o := x.c.options()
		x.that(!o["uv"] && !o["bioEnroll"], "false")
		x.finger()
		o = x.c.options()
		x.that(o["uv"] && o["bioEnroll"], "true")
	}},
	{"6.4", "rk and up are true, plat is false", func(x *rig) {
		o := x.c.options()
		x.that(o["rk"] && o["up"] && !o["plat"], "so")
	}},
	{"6.4", "remainingDiscoverableCredentials goes down with each credential", func(x *rig) {
		x.pin()
		before := *x.info().RemainingRKs
		x.c.make("a.example", "u", nil)
		x.that(*x.info().RemainingRKs == before-1, "one less")
	}},
	{"9", "FIDO_2_1: hmac-secret, credProtect, credMgmt, pinUvAuthToken and PIN/UV auth protocol two", func(x *rig) {
		i := x.info()
		x.that(slices.Contains(i.Extensions, "hmac-secret") && slices.Contains(i.Extensions, "credProtect") &&
			i.Options["credMgmt"] && i.Options["pinUvAuthToken"] && slices.Contains(i.Protocols, uint(pinuv.Two)), "all there")
	}},
	{"7.2", "makeCredUvNotRqd is false while alwaysUv is true", func(x *rig) {
		y := newRig(x, ATKeyPro21())
		o := y.c.options()
		x.that(o["alwaysUv"] && !o["makeCredUvNotRqd"], "so")
	}},
}
