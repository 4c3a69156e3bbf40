package softkey

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"

	"keyrollout/fido/internal/pinuv"
)

// cborNull is what a client sends that has a name for a parameter and nothing to put in.
var cborNull = cbor.RawMessage{0xF6}

// makes sends a makeCredential with a fresh token.
func (x *rig) makes(more m, want status) {
	x.Helper()
	x.send(cmdMake, makeParams("a.example", "u", x.c.mustToken("1234", permMake, "a.example"), more), want)
}

// asserts sends a getAssertion with a fresh token.
func (x *rig) asserts(more m, want status) {
	x.Helper()
	x.send(cmdAssert, assertParams("a.example", x.c.mustToken("1234", permAssert, "a.example"), more), want)
}

func algs(list ...any) m { return m{4: list} }

func alg(n any, kind any) map[string]any { return map[string]any{"alg": n, "type": kind} }

var makeRequirements = []requirement{
	{"6.1", "clientDataHash, rp, user and pubKeyCredParams are needed: MISSING_PARAMETER", func(x *rig) {
		x.pin()
		for key := 1; key <= 4; key++ {
			x.makes(m{key: nil}, errMissingParameter)
		}
	}},
	{"6.1", "each parameter has its type: CBOR_UNEXPECTED_TYPE", func(x *rig) {
		x.pin()
		for key := 1; key <= 7; key++ {
			x.makes(m{key: "text"}, errUnexpectedType)
		}
	}},
	{"6.1", "members of rp and user have their types: CBOR_UNEXPECTED_TYPE", func(x *rig) {
		x.pin()
		x.makes(m{2: map[string]any{"id": 1}}, errUnexpectedType)
		x.makes(m{2: map[string]any{"id": "a.example", "name": 1}}, errUnexpectedType)
		x.makes(m{3: map[string]any{"id": "text"}}, errUnexpectedType)
		x.makes(m{3: map[string]any{"id": []byte{1}, "displayName": 1}}, errUnexpectedType)
		x.makes(m{2: map[string]any{"id": "a.example", "icon": 1}}, errUnexpectedType)
		x.makes(m{5: []any{map[string]any{"id": []byte{1}, "type": publicKeyType, "transports": "usb"}}}, errUnexpectedType)
	}},
	{"8.1", "null and a list of numbers are not byte strings, null is no parameter that is left out: CBOR_UNEXPECTED_TYPE", func(x *rig) {
		x.pin()
		for _, v := range []any{cborNull, []int{1, 2, 3}} {
			x.makes(m{1: v}, errUnexpectedType)
			x.makes(m{3: map[string]any{"id": v}}, errUnexpectedType)
			x.makes(m{8: v}, errUnexpectedType)
			x.makes(m{5: v}, errUnexpectedType)
			x.makes(m{6: map[string]any{"hmac-secret": v}}, errUnexpectedType)
			x.send(cmdAssert, assertParams("a.example", tok{}, m{3: v}), errUnexpectedType)
			x.send(cmdPIN, m{1: 2, 2: 3, 3: v, 4: []byte{1}, 5: []byte{1}}, errUnexpectedType)
			x.send(cmdPIN, m{1: 2, 2: 3, 3: m{1: 2, 3: -25, -1: 1, -2: v, -3: []byte{1}}}, errUnexpectedType)
			x.send(cmdBlobs, m{2: v, 3: 0}, errUnexpectedType)
		}
	}},
	{"8.1", "an empty list for an empty credential id, as python-fido2 sends it, is let pass", func(x *rig) {
		list := []any{map[string]any{"id": []int{}, "type": publicKeyType}}
		x.pin().makes(m{5: list}, statusOK)
		x.asserts(m{3: list}, errNoCredentials)
		list[0].(map[string]any)["id"] = []int{1}
		x.makes(m{5: list}, errUnexpectedType)
	}},
	{"8.1", "a whole request that is no map is CBOR_UNEXPECTED_TYPE", func(x *rig) {
		for _, v := range []any{1, "text", []int{1}, []byte{1}, true, cborNull} {
			for _, cmd := range []byte{cmdMake, cmdAssert, cmdPIN, cmdBio, cmdCredMgmt, cmdBlobs, cmdConfig} {
				x.send(cmd, v, errUnexpectedType)
			}
		}
	}},
	{"6.1", "a user id longer than 64 bytes is refused", func(x *rig) {
		x.pin().makes(m{3: map[string]any{"id": make([]byte, 65)}}, errInvalidLength)
	}},
	{"6.1", "an RP id longer than a name of the DNS can be is LIMIT_EXCEEDED", func(x *rig) {
		x.pin().makes(m{2: map[string]any{"id": strings.Repeat("a", 254)}}, errLimitExceeded)
	}},
	{"WebAuthn 6.4.1", "names are kept to 64 bytes", func(x *rig) {
		long := strings.Repeat("n", 100)
		x.pin().makes(m{3: map[string]any{"id": []byte("u"), "name": long, "displayName": long}}, statusOK)
		u := x.manage(4, m{1: hashOf("a.example")}, statusOK).User
		x.that(u.Name == long[:64] && u.DisplayName == long[:64], "64 bytes of both names")
	}},
	{"6.1.2", "an empty pinUvAuthParam waits for a touch, then PIN_NOT_SET or PIN_INVALID", func(x *rig) {
		x.send(cmdMake, makeParams("a.example", "u", tok{}, m{8: []byte{}}), errPINNotSet)
		x.pin()
		x.send(cmdMake, makeParams("a.example", "u", tok{}, m{8: []byte{}}), errPINInvalid)
		x.that(len(x.f.requests()) == 2, "two touches")
		x.touches(0)
		x.send(cmdMake, makeParams("a.example", "u", tok{}, m{8: []byte{}}), errOperationDenied)
	}},
	{"6.1.2", "pinUvAuthParam without a protocol is MISSING_PARAMETER, with an unknown one INVALID_PARAMETER", func(x *rig) {
		x.pin()
		x.makes(m{9: nil}, errMissingParameter)
		x.makes(m{9: 9}, errInvalidParameter)
	}},
	{"6.1.2", "the first algorithm that the key has wins; unknown ones are passed over", func(x *rig) {
		x.pin()
		_, d := x.c.make("a.example", "u", algs(alg(-9999, publicKeyType), alg(algEdDSA, publicKeyType), alg(algES256, publicKeyType)))
		x.that(keyAlg(d) == algEdDSA, "EdDSA")
	}},
	{"6.1.2", "no algorithm that the key has is UNSUPPORTED_ALGORITHM", func(x *rig) {
		x.pin().makes(algs(alg(-9999, publicKeyType), alg(algES256, "password")), errUnsupportedAlgorithm)
	}},
	{"6.1.2", "an algorithm without its members is refused", func(x *rig) {
		x.pin()
		x.makes(algs(map[string]any{"type": publicKeyType}), errMissingParameter)
		x.makes(algs(map[string]any{"alg": algES256}), errMissingParameter)
		x.makes(algs(alg("ES256", publicKeyType)), errUnexpectedType)
		x.makes(algs(1), errUnexpectedType)
	}},
	{"6.1.2", "option up=false is INVALID_OPTION, and so is uv=true without a finger", func(x *rig) {
		x.pin()
		x.makes(m{7: map[string]bool{"up": false}}, errInvalidOption)
		x.send(cmdMake, makeParams("a.example", "u", tok{}, m{7: map[string]bool{"uv": true}}), errInvalidOption)
	}},
	{"6.1.2", "an unknown option is ignored, one that is no boolean refused", func(x *rig) {
		x.pin()
		x.makes(m{7: map[string]bool{"later": true}}, statusOK)
		x.makes(m{7: map[string]any{"rk": 1}}, errUnexpectedType)
	}},
	{"6.1.2", "with alwaysUv nothing is made before a PIN or a finger is there: PUAT_REQUIRED", func(x *rig) {
		y := newRig(x, ATKeyPro21())
		y.send(cmdMake, makeParams("a.example", "u", tok{}, m{7: map[string]bool{}}), errPUATRequired)
	}},
	{"6.1.2", "with alwaysUv and a finger the key asks for the finger by itself", func(x *rig) {
		y := newRig(x, ATKeyPro21()).finger()
		y.f.script(presses(thumb, 100, 3)...)
		var a makeAnswer
		y.c.must(cmdMake, makeParams("a.example", "u", tok{}, nil), &a)
		x.that(parse(x, a.AuthData, "a.example").flags&flagUV != 0, "the user is verified")
	}},
	{"6.1.2", "a protected key makes no discoverable credential without a token: PUAT_REQUIRED", func(x *rig) {
		x.pin().send(cmdMake, makeParams("a.example", "u", tok{}, nil), errPUATRequired)
	}},
	{"6.1.2", "with makeCredUvNotRqd it makes one that is not discoverable, without the UV flag", func(x *rig) {
		x.pin()
		var a makeAnswer
		x.c.must(cmdMake, makeParams("a.example", "u", tok{}, m{7: map[string]bool{}}), &a)
		x.that(parse(x, a.AuthData, "a.example").flags == flagUP|flagAT, "flags")
	}},
	{"6.1.2", "enterpriseAttestation where there is none is INVALID_PARAMETER", func(x *rig) { x.pin().makes(m{10: 1}, errInvalidParameter) }},
	{"6.1.2", "a wrong pinUvAuthParam is PIN_AUTH_INVALID", func(x *rig) { x.pin().makes(m{8: make([]byte, 32)}, errPINAuthInvalid) }},
	{"6.1.2", "a pinUvAuthParam where neither PIN nor finger is set up is PIN_NOT_SET, as CTAP 2.0 has it", func(x *rig) {
		x.send(cmdMake, makeParams("a.example", "u", tok{2, make([]byte, 32)}, nil), errPINNotSet)
		x.send(cmdAssert, assertParams("a.example", tok{2, make([]byte, 32)}, nil), errPINNotSet)
	}},
	{"6.1.2", "a token without permission mc is PIN_AUTH_INVALID", func(x *rig) {
		k := x.pin().c.mustToken("1234", permAssert, "a.example")
		x.send(cmdMake, makeParams("a.example", "u", k, nil), errPINAuthInvalid)
	}},
	{"6.1.2", "uv=true with a finger sets the UV flag", func(x *rig) {
		x.finger().f.script(presses(thumb, 100, 3)...)
		var a makeAnswer
		x.c.must(cmdMake, makeParams("a.example", "u", tok{}, m{7: map[string]bool{"uv": true, "rk": true}}), &a)
		x.that(parse(x, a.AuthData, "a.example").flags == flagUP|flagUV|flagAT, "flags")
	}},
	{"6.1.2", "a credential on the excludeList is CREDENTIAL_EXCLUDED, after a touch", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", nil)
		x.touches(1)
		x.makes(m{5: allow([]byte("other"), d.id)}, errCredentialExcluded)
		x.that(len(x.f.requests()) == 1, "one touch")
	}},
	{"6.1.2", "it is CREDENTIAL_EXCLUDED as well when nobody touched in time, and KEEPALIVE_CANCEL when the client cancelled", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", nil)
		x.touches(0)
		x.makes(m{5: allow(d.id)}, errCredentialExcluded)
		x.touches(0)
		x.c.start(cmdMake, makeParams("a.example", "u", x.c.mustToken("1234", permMake, "a.example"), m{5: allow(d.id)}))
		x.f.wait(x)
		x.c.send(hidCancel, nil)
		x.is(x.c.finish(nil), errKeepaliveCancel)
	}},
	{"6.1.2", "a credential of another RP on the excludeList is no hindrance", func(x *rig) {
		_, d := x.pin().c.make("b.example", "u", nil)
		x.makes(m{5: allow(d.id)}, statusOK)
	}},
	{"6.1.2", "a derived credential on the excludeList is known too", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", m{7: map[string]bool{}})
		x.makes(m{5: allow(d.id)}, errCredentialExcluded)
	}},
	{"6.1.2", "credProtect 3 on the excludeList is hidden from an unverified user", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", m{6: map[string]any{"credProtect": 3}})
		x.send(cmdMake, makeParams("a.example", "u", tok{}, m{5: allow(d.id), 7: map[string]bool{}}), statusOK)
	}},
	{"6.1.2", "a list longer than maxCredentialCountInList is LIMIT_EXCEEDED", func(x *rig) {
		x.pin().makes(m{5: allow(slices.Repeat([][]byte{{1}}, 21)...)}, errLimitExceeded)
	}},
	{"6.1.2", "descriptors without id or type are refused, other types ignored", func(x *rig) {
		x.pin()
		x.makes(m{5: []any{map[string]any{"type": publicKeyType}}}, errMissingParameter)
		x.makes(m{5: []any{map[string]any{"id": []byte{1}}}}, errMissingParameter)
		x.makes(m{5: []any{map[string]any{"id": []byte{1}, "type": "later"}}}, statusOK)
	}},
	{"6.1.2", "no touch is OPERATION_DENIED", func(x *rig) {
		x.pin().touches(0)
		x.makes(nil, errOperationDenied)
	}},
	{"6.1.2", "a token makes one credential, not two", func(x *rig) {
		k := x.pin().c.mustToken("1234", permMake, "a.example")
		x.send(cmdMake, makeParams("a.example", "u", k, nil), statusOK)
		x.send(cmdMake, makeParams("a.example", "u", k, nil), errPINAuthInvalid)
	}},
	{"6.1.2", "a discoverable credential takes the place of one for the same RP and user", func(x *rig) {
		x.pin()
		_, old := x.c.make("a.example", "u", nil)
		_, d := x.c.make("a.example", "u", nil)
		a, _ := x.c.assert("a.example", nil)
		x.that(a.Count == 0 && bytes.Equal(a.Credential.ID, d.id), "the new one alone")
		x.asserts(m{3: allow(old.id)}, errNoCredentials)
	}},
	{"6.1.2", "no room is KEY_STORE_FULL", func(x *rig) {
		p := relaxed()
		p.MaxResident = 1
		y := newRig(x, p).pin()
		y.c.make("b.example", "u", nil)
		y.makes(nil, errKeyStoreFull)
	}},
	{"6.1.2", "the attestation is packed, verifies, and its certificate is as WebAuthn 8.2.1 wants it", func(x *rig) {
		a, _ := x.pin().c.make("a.example", "u", nil)
		x.that(a.Format == "packed", "packed")
		checkAttestation(x, x.k, a)
	}},
	{"6.1.2", "credential ids are no longer than maxCredentialIdLength", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", nil)
		_, e := x.c.make("a.example", "u", m{7: map[string]bool{}})
		x.that(len(d.id) <= 64 && len(e.id) <= 64, "64 bytes")
	}},
	{"6.1.2", "a credential survives a power cycle", func(x *rig) {
		x.pin().c.make("a.example", "u", nil)
		x.power()
		x.asserts(nil, statusOK)
	}},
}

// keyAlg is the COSE algorithm of a new credential's key.
func keyAlg(d data) int {
	switch d.key.(type) {
	case interface{ Bytes() ([]byte, error) }:
		return algES256
	case interface{ Size() int }:
		return algRS256
	}
	return algEdDSA
}

var assertRequirements = []requirement{
	{"6.2", "rpId and clientDataHash are needed: MISSING_PARAMETER", func(x *rig) {
		x.send(cmdAssert, m{1: "a.example"}, errMissingParameter)
		x.send(cmdAssert, m{2: testHash}, errMissingParameter)
	}},
	{"6.2", "each parameter has its type: CBOR_UNEXPECTED_TYPE", func(x *rig) {
		for key := 2; key <= 6; key++ {
			x.send(cmdAssert, assertParams("a.example", tok{}, m{key: "text"}), errUnexpectedType)
		}
	}},
	{"6.2.2", "an empty pinUvAuthParam waits for a touch, then PIN_NOT_SET or PIN_INVALID", func(x *rig) {
		x.send(cmdAssert, assertParams("a.example", tok{}, m{6: []byte{}}), errPINNotSet)
		x.pin()
		x.send(cmdAssert, assertParams("a.example", tok{}, m{6: []byte{}}), errPINInvalid)
	}},
	{"6.2.2", "option rk is UNSUPPORTED_OPTION, uv=true without a finger INVALID_OPTION", func(x *rig) {
		x.send(cmdAssert, assertParams("a.example", tok{}, m{5: map[string]bool{"rk": true}}), errUnsupportedOption)
		x.send(cmdAssert, assertParams("a.example", tok{}, m{5: map[string]bool{"uv": true}}), errInvalidOption)
	}},
	{"6.2.2", "with alwaysUv an assertion wants a token, a silent one does not", func(x *rig) {
		y := newRig(x, ATKeyPro21()).pin()
		y.c.make("a.example", "u", nil)
		y.send(cmdAssert, assertParams("a.example", tok{}, nil), errPUATRequired)
		y.send(cmdAssert, assertParams("a.example", tok{}, m{5: map[string]bool{"up": false}}), statusOK)
	}},
	{"6.2.2", "a token without permission ga, or for another RP, is PIN_AUTH_INVALID", func(x *rig) {
		x.pin()
		for _, k := range []func() tok{
			func() tok { return x.c.mustToken("1234", permMake, "a.example") },
			func() tok { return x.c.mustToken("1234", permAssert, "b.example") },
		} {
			x.send(cmdAssert, assertParams("a.example", k(), nil), errPINAuthInvalid)
		}
	}},
	{"6.2.2", "a wrong finger is PUAT_REQUIRED where a PIN could do instead", func(x *rig) {
		x.pin().finger().f.script(presses(stranger, 100, 10)...)
		x.send(cmdAssert, assertParams("a.example", tok{}, m{5: map[string]bool{"uv": true}}), errPUATRequired)
	}},
	{"6.2.2", "nothing for the RP is NO_CREDENTIALS, with a list and without", func(x *rig) {
		x.pin().asserts(nil, errNoCredentials)
		x.asserts(m{3: allow([]byte("unknown"), make([]byte, 64))}, errNoCredentials)
	}},
	{"6.2.2", "a credential from the list answers, also behind unknown ones", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", m{7: map[string]bool{}})
		a, _ := x.c.assert("a.example", m{3: allow([]byte{1}, make([]byte, 64), d.id)})
		x.that(bytes.Equal(a.Credential.ID, d.id) && a.Count == 0, "that one alone")
	}},
	{"6.2.2", "a list longer than maxCredentialCountInList is LIMIT_EXCEEDED, one as long is not", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", nil)
		ids := make([][]byte, 19)
		for i := range ids {
			ids[i] = []byte{byte(i)}
		}
		x.asserts(m{3: allow(append(ids, d.id)...)}, statusOK)
		x.asserts(m{3: allow(append(ids, d.id, d.id)...)}, errLimitExceeded)
	}},
	{"6.2.2", "a derived credential is not discovered without a list", func(x *rig) {
		x.pin().c.make("a.example", "u", m{7: map[string]bool{}})
		x.asserts(nil, errNoCredentials)
	}},
	{"6.2.2", "no touch is OPERATION_DENIED", func(x *rig) {
		x.pin().c.make("a.example", "u", nil)
		x.touches(0)
		x.asserts(nil, errOperationDenied)
	}},
	{"6.2.2", "up=false asks for no touch and leaves the flag UP out", func(x *rig) {
		x.pin().c.make("a.example", "u", nil)
		x.touches(0)
		_, d := x.c.assert("a.example", m{5: map[string]bool{"up": false}})
		x.that(d.flags == flagUV && len(x.f.requests()) == 0, "flags")
	}},
	{"6.2.2", "a token gives one assertion, not two", func(x *rig) {
		x.pin().c.make("a.example", "u", nil)
		k := x.c.mustToken("1234", permAssert, "a.example")
		x.send(cmdAssert, assertParams("a.example", k, nil), statusOK)
		x.send(cmdAssert, assertParams("a.example", k, nil), errPINAuthInvalid)
	}},
	{"6.2.2", "the newest credential comes first and numberOfCredentials counts them", func(x *rig) {
		x.pin()
		x.c.make("a.example", "u", nil)
		x.c.make("a.example", "v", nil)
		a, _ := x.c.assert("a.example", nil)
		x.that(a.Count == 2 && string(a.User.ID) == "v", "v of two")
	}},
	{"6.2.2", "a user whose id is empty is left out", func(x *rig) {
		x.pin().makes(m{3: map[string]any{"id": []byte{}, "name": "nobody"}}, statusOK)
		var a assertAnswer
		x.c.must(cmdAssert, assertParams("a.example", x.c.mustToken("1234", permAssert, "a.example"), nil), &a)
		x.that(a.User == nil, "no user")
	}},
	{"6.2", "names are told to a verified user alone, and only where there are several accounts to choose from", func(x *rig) {
		x.pin()
		x.c.make("a.example", "u", nil)
		a, _ := x.c.assert("a.example", nil)
		x.that(string(a.User.ID) == "u" && a.User.Name == "" && a.User.DisplayName == "", "one account: the id alone")
		x.c.make("a.example", "v", nil)
		a, _ = x.c.assert("a.example", nil)
		x.that(a.User.Name == "v@example" && a.User.DisplayName == "Person v", "two accounts: told")
		var b assertAnswer
		x.c.must(cmdNext, nil, &b)
		x.that(b.User.Name == "u@example", "the other one: told")
		b = assertAnswer{}
		x.c.must(cmdAssert, assertParams("a.example", tok{}, nil), &b)
		x.that(string(b.User.ID) == "v" && b.User.Name == "" && b.User.DisplayName == "", "not verified: not told")
	}},
	{"6.2.2", "the signature counter rises with each assertion, over power cycles", func(x *rig) {
		x.pin().c.make("a.example", "u", nil)
		last := uint32(0)
		for range 3 {
			_, d := x.c.assert("a.example", nil)
			x.that(d.counter > last, "more")
			last = d.counter
			x.power()
		}
	}},
	{"6.2.2", "the signature is over authenticator data and clientDataHash, for each algorithm", func(x *rig) {
		x.pin()
		for _, n := range []int{algES256, algEdDSA} {
			_, d := x.c.make("a.example", "u", algs(alg(n, publicKeyType)))
			a, _ := x.c.assert("a.example", nil)
			x.that(verifies(x, d.key, a.Signature, a.AuthData, testHash), "it verifies")
		}
	}},
	{"6.3", "getNextAssertion without an assertion before is NOT_ALLOWED", func(x *rig) { x.send(cmdNext, nil, errNotAllowed) }},
	{"6.3", "getNextAssertion gives the others, newest first, then NOT_ALLOWED", func(x *rig) {
		x.pin()
		for _, u := range []string{"u", "v", "w"} {
			x.c.make("a.example", u, nil)
		}
		x.c.assert("a.example", nil)
		for _, want := range []string{"v", "u"} {
			var a assertAnswer
			x.c.must(cmdNext, nil, &a)
			x.that(string(a.User.ID) == want, want)
		}
		x.send(cmdNext, nil, errNotAllowed)
	}},
	{"6.3", "getNextAssertion later than 30 s is NOT_ALLOWED", func(x *rig) {
		x.pin()
		x.c.make("a.example", "u", nil)
		x.c.make("a.example", "v", nil)
		x.c.assert("a.example", nil)
		x.t.turn(31 * time.Second)
		x.send(cmdNext, nil, errNotAllowed)
	}},
}

var extensionRequirements = []requirement{
	{"12", "an unknown extension is ignored, and no output comes without input", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", m{6: map[string]any{"later": true}})
		x.that(d.flags&flagED == 0 && d.ext == nil, "none")
	}},
	{"12.1", "credProtect comes back as asked; a level out of range is refused", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", m{6: map[string]any{"credProtect": 2}})
		x.that(d.ext["credProtect"] == uint64(2), "2")
		x.makes(m{6: map[string]any{"credProtect": 0}}, errInvalidOption)
		x.makes(m{6: map[string]any{"credProtect": 4}}, errInvalidOption)
	}},
	{"12.1", "credProtect 2 is discovered by a verified user alone, and found by its id", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", m{6: map[string]any{"credProtect": 2}})
		x.send(cmdAssert, assertParams("a.example", tok{}, nil), errNoCredentials)
		x.send(cmdAssert, assertParams("a.example", tok{}, m{3: allow(d.id)}), statusOK)
		x.asserts(nil, statusOK)
	}},
	{"12.1", "credProtect 3 answers a verified user alone", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", m{6: map[string]any{"credProtect": 3}})
		x.send(cmdAssert, assertParams("a.example", tok{}, m{3: allow(d.id)}), errNoCredentials)
		x.asserts(m{3: allow(d.id)}, statusOK)
	}},
	{"12.2", "credBlob is kept and given back; one too long is refused with false", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", m{6: map[string]any{"credBlob": []byte("x")}})
		_, e := x.c.assert("a.example", m{4: map[string]any{"credBlob": true}})
		x.that(d.ext["credBlob"] == true && string(e.ext["credBlob"].([]byte)) == "x", "back")
		_, d = x.c.make("a.example", "u", m{6: map[string]any{"credBlob": make([]byte, 257)}})
		x.that(d.ext["credBlob"] == false, "false")
	}},
	{"12.3", "largeBlobKey gives the same 32 bytes when made and when asked for, and none otherwise", func(x *rig) {
		a, _ := x.pin().c.make("a.example", "u", m{6: map[string]any{"largeBlobKey": true}})
		b, _ := x.c.assert("a.example", m{4: map[string]any{"largeBlobKey": true}})
		d, _ := x.c.assert("a.example", nil)
		x.that(len(a.BlobKey) == 32 && bytes.Equal(a.BlobKey, b.BlobKey) && d.BlobKey == nil, "the key")
	}},
	{"12.3", "largeBlobKey=false, or without rk, is INVALID_OPTION", func(x *rig) {
		x.pin().makes(m{6: map[string]any{"largeBlobKey": false}}, errInvalidOption)
		x.makes(m{6: map[string]any{"largeBlobKey": true}, 7: map[string]bool{}}, errInvalidOption)
		x.asserts(m{4: map[string]any{"largeBlobKey": false}}, errInvalidOption)
	}},
	{"12.4", "minPinLength is told to the sites of setMinPINLength alone", func(x *rig) {
		k := x.pin().c.mustToken("1234", permConfig, "")
		x.is(x.c.config(k, 3, m{2: []string{"a.example"}}), statusOK)
		_, d := x.c.make("a.example", "u", m{6: map[string]any{"minPinLength": true}})
		_, e := x.c.make("b.example", "u", m{6: map[string]any{"minPinLength": true}})
		x.that(d.ext["minPinLength"] == uint64(4) && e.ext == nil, "to one")
	}},
	{"12.5", "hmac-secret: the same salt gives the same secret, another one another", func(x *rig) {
		_, d := x.pin().c.make("a.example", "u", m{6: map[string]any{"hmac-secret": true}})
		x.that(d.ext["hmac-secret"] == true, "true")
		a, b := x.secret(pinuv.Two, make([]byte, 32), true), x.secret(pinuv.One, make([]byte, 32), true)
		e := x.secret(pinuv.Two, bytes.Repeat([]byte{1}, 32), true)
		x.that(bytes.Equal(a, b) && !bytes.Equal(a, e), "so")
	}},
	{"12.5", "hmac-secret: two salts give two secrets", func(x *rig) {
		x.pin().c.make("a.example", "u", m{6: map[string]any{"hmac-secret": true}})
		x.that(len(x.secret(pinuv.Two, make([]byte, 64), true)) == 64, "64 bytes")
	}},
	{"12.5", "hmac-secret: the secret with user verification is not the one without", func(x *rig) {
		x.pin().c.make("a.example", "u", m{6: map[string]any{"hmac-secret": true}})
		x.that(!bytes.Equal(x.secret(pinuv.Two, make([]byte, 32), true), x.secret(pinuv.Two, make([]byte, 32), false)), "two")
	}},
	{"12.5", "hmac-secret without a touch is UNSUPPORTED_OPTION", func(x *rig) {
		x.pin().c.make("a.example", "u", nil)
		x.asserts(m{4: map[string]any{"hmac-secret": m{}}, 5: map[string]bool{"up": false}}, errUnsupportedOption)
	}},
	{"12.5", "hmac-secret with a wrong saltAuth is PIN_AUTH_INVALID, with parts missing MISSING_PARAMETER", func(x *rig) {
		x.pin().c.make("a.example", "u", nil)
		s, pub := x.c.shared(pinuv.Two)
		enc := x.c.encrypt(s, make([]byte, 32))
		x.asserts(m{4: map[string]any{"hmac-secret": m{1: pub, 2: enc, 3: make([]byte, 32), 4: 2}}}, errPINAuthInvalid)
		x.asserts(m{4: map[string]any{"hmac-secret": m{1: pub, 2: enc}}}, errMissingParameter)
	}},
	{"12.5", "hmac-secret with salts of another length is refused", func(x *rig) {
		x.pin().c.make("a.example", "u", nil)
		s, pub := x.c.shared(pinuv.Two)
		enc := x.c.encrypt(s, make([]byte, 48))
		x.asserts(m{4: map[string]any{"hmac-secret": m{1: pub, 2: enc, 3: s.Authenticate(enc), 4: 2}}}, errInvalidLength)
	}},
	{"CTAP 2.2, 12.8", "hmac-secret-mc gives at once what hmac-secret gives later", func(x *rig) {
		p := relaxed()
		p.Extensions = append(p.Extensions, "hmac-secret-mc")
		y := newRig(x, p).pin()
		s, pub := y.c.shared(pinuv.Two)
		enc := y.c.encrypt(s, make([]byte, 32))
		in := m{1: pub, 2: enc, 3: s.Authenticate(enc), 4: 2}
		_, d := y.c.make("a.example", "u", m{6: map[string]any{"hmac-secret": true, "hmac-secret-mc": in}})
		now, err := s.Decrypt(d.ext["hmac-secret-mc"].([]byte))
		x.that(err == nil && bytes.Equal(now, y.secret(pinuv.Two, make([]byte, 32), true)), "the same")
	}},
}

// secret asks for an hmac-secret.
func (x *rig) secret(p pinuv.Protocol, salt []byte, uv bool) []byte {
	x.Helper()
	s, pub := x.c.shared(p)
	enc := x.c.encrypt(s, salt)
	var k tok
	if uv {
		k = x.c.mustToken("1234", permAssert, "a.example")
	}
	var a assertAnswer
	in := m{1: pub, 2: enc, 3: s.Authenticate(enc), 4: p}
	x.c.must(cmdAssert, assertParams("a.example", k, m{4: map[string]any{"hmac-secret": in}}), &a)
	out, err := s.Decrypt(parse(x, a.AuthData, "a.example").ext["hmac-secret"].([]byte))
	if err != nil {
		x.Fatal(err)
	}
	return out
}
