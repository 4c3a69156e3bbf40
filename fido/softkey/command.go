package softkey

import (
	"context"
	"errors"
)

// Commands of CTAP 2.1 section 6.
const (
	cmdMake      byte = 0x01
	cmdAssert    byte = 0x02
	cmdInfo      byte = 0x04
	cmdPIN       byte = 0x06
	cmdReset     byte = 0x07
	cmdNext      byte = 0x08
	cmdBio       byte = 0x09
	cmdCredMgmt  byte = 0x0A
	cmdSelection byte = 0x0B
	cmdBlobs     byte = 0x0C
	cmdConfig    byte = 0x0D
	cmdBioPre    byte = 0x40 // CTAP 2.1-PRE: the same bodies
	cmdMgmtPre   byte = 0x41
)

var commandNames = map[byte]string{
	cmdMake: "authenticatorMakeCredential", cmdAssert: "authenticatorGetAssertion", cmdInfo: "authenticatorGetInfo",
	cmdPIN: "authenticatorClientPIN", cmdReset: "authenticatorReset", cmdNext: "authenticatorGetNextAssertion",
	cmdBio: "authenticatorBioEnrollment", cmdCredMgmt: "authenticatorCredentialManagement",
	cmdSelection: "authenticatorSelection", cmdBlobs: "authenticatorLargeBlobs", cmdConfig: "authenticatorConfig",
	cmdBioPre: "authenticatorBioEnrollment", cmdMgmtPre: "authenticatorCredentialManagement",
}

// serve answers one CTAPHID message; code is a CTAPHID error.
func (k *Key) serve(ctx context.Context, cid uint32, cmd byte, msg []byte) (answer []byte, code byte) {
	k.mu.Lock()
	defer k.unlock()
	if ctx.Err() != nil || k.agreements == nil { // cancelled before its turn came, or pulled out
		return []byte{byte(errKeepaliveCancel)}, 0
	}
	if cmd == hidMsg {
		return k.message(ctx, cid, msg), 0
	}
	return k.cbor(ctx, cid, msg), 0
}

// cbor answers one CTAP2 request: a status byte and, where there is one, the response in canonical CBOR.
func (k *Key) cbor(ctx context.Context, cid uint32, msg []byte) []byte {
	if m := k.o.Profile.MaxMsg; m > 0 && len(msg) > m {
		return []byte{byte(errRequestTooLarge)}
	}
	k.endU2F()
	cmd, body := msg[0], msg[1:]
	k.forget(cid, cmd)
	var a Activity
	if k.o.Log != nil {
		a = Activity{Command: commandNames[cmd], Sub: peekSub(cmd, body), RPID: peekRP(cmd, body)}
	}
	k.log(a)
	response, err := k.command(ctx, cmd, body)
	s := statusOf(err)
	a.Done, a.Status = true, byte(s)
	if s == errPINBlocked && k.st.PINTries > 0 {
		a.Status = byte(errUVBlocked)
	}
	errors.As(err, &a.Err)
	k.log(a)
	if s != statusOK {
		return []byte{byte(s)}
	}
	if response == nil {
		return []byte{byte(statusOK)}
	}
	b, err := encoder.Marshal(response)
	if err != nil {
		return []byte{byte(errOther)}
	}
	return append([]byte{byte(statusOK)}, b...)
}

func (k *Key) command(ctx context.Context, cmd byte, body []byte) (any, error) {
	p := k.o.Profile
	switch cmd {
	case cmdMake:
		return k.makeCredential(ctx, body)
	case cmdAssert:
		return k.getAssertion(ctx, body)
	case cmdNext:
		return k.getNextAssertion()
	case cmdInfo:
		return k.getInfo()
	case cmdPIN:
		return k.clientPIN(ctx, body)
	case cmdReset:
		return nil, k.reset(ctx)
	case cmdBio, cmdBioPre:
		if p.hasSensor() && (cmd == cmdBio || p.BioPreview) {
			return k.bioEnrollment(ctx, body)
		}
	case cmdCredMgmt, cmdMgmtPre:
		if cmd == cmdCredMgmt && p.CredMgmt || cmd == cmdMgmtPre && p.CredMgmtPreview {
			return k.credentialManagement(body)
		}
	case cmdSelection:
		if p.PinUvAuthToken {
			return nil, k.presence(ctx, "", errUserActionTimeout)
		}
	case cmdBlobs:
		if p.LargeBlob > 0 {
			return k.largeBlobs(body)
		}
	case cmdConfig:
		if len(p.configCommands()) > 0 {
			return nil, k.config(body)
		}
	}
	return nil, errInvalidCommand
}

// forget drops what a stateful command remembered as soon as another command, or another channel, comes in between
// (CTAP 2.1 section 6, "stateful commands"). A U2F message is command 0.
func (k *Key) forget(cid uint32, cmd byte) {
	other := cid != k.channel
	k.channel = cid
	if other || cmd != cmdNext {
		k.next = nil
	}
	if other || cmd != cmdCredMgmt && cmd != cmdMgmtPre {
		k.listing = nil
	}
	if other || cmd != cmdBlobs {
		k.blob = nil
	}
}

func (k *Key) log(a Activity) {
	if k.o.Log != nil {
		k.o.Log(a)
	}
}

// peekSub reads which subcommand a request is, for the log alone.
func peekSub(cmd byte, body []byte) byte {
	var r struct {
		First  byte `cbor:"1,keyasint"`
		Second byte `cbor:"2,keyasint"`
	}
	switch cmd {
	case cmdPIN, cmdBio, cmdBioPre:
		_ = decode(body, &r)
		return r.Second
	case cmdCredMgmt, cmdMgmtPre, cmdConfig:
		_ = decode(body, &r)
		return r.First
	}
	return 0
}

// peekRP reads which site a request is about, for the log alone.
func peekRP(cmd byte, body []byte) string {
	switch cmd {
	case cmdMake:
		var r struct {
			RP struct {
				ID string `cbor:"id"`
			} `cbor:"2,keyasint"`
		}
		_ = decode(body, &r)
		return r.RP.ID
	case cmdAssert:
		var r struct {
			ID string `cbor:"1,keyasint"`
		}
		_ = decode(body, &r)
		return r.ID
	case cmdPIN:
		var r struct {
			ID string `cbor:"10,keyasint"`
		}
		_ = decode(body, &r)
		return r.ID
	}
	return ""
}
