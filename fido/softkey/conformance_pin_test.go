package softkey

import (
	"bytes"
	"strings"
	"time"

	"keyrollout/fido/internal/pinuv"
)

// wrong spends a try.
func (x *rig) wrong(want status) {
	x.Helper()
	_, s := x.c.pinToken(pinuv.Two, "0000", permMake, "a.example")
	x.is(s, want)
}

func (x *rig) left(want int) {
	x.Helper()
	n, _ := x.c.retries()
	x.that(n == want, "tries left")
}

func (x *rig) perm(permissions uint, want status) {
	x.Helper()
	_, s := x.c.pinToken(pinuv.Two, "1234", permissions, "")
	x.is(s, want)
}

var pinRequirements = []requirement{
	{"6.5.1", "a PIN shorter than four code points is PIN_POLICY_VIOLATION, whatever its bytes", func(x *rig) {
		x.is(x.c.setPIN(pinuv.Two, "日本語"), errPINPolicyViolation)
		x.is(x.c.setPIN(pinuv.Two, "日本語鍵"), statusOK)
	}},
	{"6.5.1", "a PIN of 63 bytes is taken, one of 64 is PIN_POLICY_VIOLATION", func(x *rig) {
		x.is(x.c.setPIN(pinuv.Two, strings.Repeat("x", 64)), errPINPolicyViolation)
		x.is(x.c.setPIN(pinuv.Two, strings.Repeat("x", 63)), statusOK)
	}},
	{"6.5.3", "a token that is not used for 30 s is void", func(x *rig) {
		k := x.pin().c.mustToken("1234", permMake, "a.example")
		x.t.turn(30 * time.Second)
		x.send(cmdMake, makeParams("a.example", "u", k, nil), errPINAuthInvalid)
	}},
	{"6.5.3", "a token is void after ten minutes, used or not", func(x *rig) {
		k := x.pin().c.mustToken("1234", permCredMgmt, "")
		ask := m{1: 1, 3: 2, 4: k.sign([]byte{1})}
		x.send(cmdCredMgmt, ask, statusOK)
		x.t.turn(10 * time.Minute)
		x.send(cmdCredMgmt, ask, errPINAuthInvalid)
	}},
	{"6.5.3", "a token is void after a power cycle", func(x *rig) {
		k := x.pin().c.mustToken("1234", permMake, "a.example")
		x.power()
		x.send(cmdMake, makeParams("a.example", "u", k, nil), errPINAuthInvalid)
	}},
	{"6.5.5", "no subcommand is MISSING_PARAMETER, an unknown one INVALID_SUBCOMMAND", func(x *rig) {
		x.send(cmdPIN, m{1: 2}, errMissingParameter)
		x.send(cmdPIN, m{1: 2, 2: 0x55}, errInvalidSubcommand)
	}},
	{"6.5.5.2", "getPINRetries is PIN_NOT_SET until there is a PIN, and tells eight tries and no power cycle then", func(x *rig) {
		x.send(cmdPIN, m{2: 1}, errPINNotSet)
		n, cycle := x.pin().c.retries()
		x.that(n == 8 && !cycle, "eight")
	}},
	{"6.5.5.3", "getUVRetries tells the finger's tries", func(x *rig) {
		var a pinAnswer
		x.c.must(cmdPIN, m{2: 7}, &a)
		x.that(a.UVRetries != nil && *a.UVRetries >= 1 && *a.UVRetries <= 25, "1 to 25")
	}},
	{"6.5.5.4", "getKeyAgreement gives an EC2 key of algorithm -25 with coordinates of 32 bytes, for both protocols", func(x *rig) {
		for p := 1; p <= 2; p++ {
			var a pinAnswer
			x.c.must(cmdPIN, m{1: p, 2: 2}, &a)
			k := a.Agreement
			x.that(k.Kty == 2 && k.Alg == -25 && bytes.Equal(k.Crv, []byte{1}) && len(k.X) == 32 && len(k.Y) == 32, "the key")
		}
	}},
	{"6.5.5.4", "getKeyAgreement without a protocol is MISSING_PARAMETER, for an unknown one INVALID_PARAMETER", func(x *rig) {
		x.send(cmdPIN, m{2: 2}, errMissingParameter)
		x.send(cmdPIN, m{1: 3, 2: 2}, errInvalidParameter)
	}},
	{"6.5.5.5", "setPIN works once; a second time is PIN_AUTH_INVALID", func(x *rig) {
		x.is(x.c.setPIN(pinuv.One, "1234"), statusOK)
		x.is(x.c.setPIN(pinuv.One, "1234"), errPINAuthInvalid)
	}},
	{"6.5.5.5", "setPIN with a parameter missing is MISSING_PARAMETER", func(x *rig) { x.send(cmdPIN, m{1: 2, 2: 3}, errMissingParameter) }},
	{"6.5.5.5", "setPIN with a wrong pinUvAuthParam is PIN_AUTH_INVALID", func(x *rig) {
		s, pub := x.c.shared(pinuv.Two)
		enc := x.c.encrypt(s, padPIN("1234"))
		x.send(cmdPIN, m{1: 2, 2: 3, 3: pub, 4: make([]byte, 32), 5: enc}, errPINAuthInvalid)
	}},
	{"6.5.5.5", "setPIN with a padded PIN of less than 64 bytes is INVALID_PARAMETER, of more PIN_POLICY_VIOLATION, as FIDO's conformance tests have it", func(x *rig) {
		for size, want := range map[int]status{48: errInvalidParameter, 80: errPINPolicyViolation} {
			s, pub := x.c.shared(pinuv.Two)
			enc := x.c.encrypt(s, bytes.Repeat([]byte("1"), size))
			x.send(cmdPIN, m{1: 2, 2: 3, 3: pub, 4: s.Authenticate(enc), 5: enc}, want)
		}
	}},
	{"6.5.5.5", "setPIN with a padded PIN that cannot be decrypted is PIN_AUTH_INVALID", func(x *rig) {
		s, pub := x.c.shared(pinuv.Two)
		enc := make([]byte, 17)
		x.send(cmdPIN, m{1: 2, 2: 3, 3: pub, 4: s.Authenticate(enc), 5: enc}, errPINAuthInvalid)
	}},
	{"6.5.5.5", "a point off the curve is INVALID_PARAMETER", func(x *rig) {
		bad := coseKey{Kty: 2, Alg: -25, Crv: []byte{1}, X: make([]byte, 32), Y: make([]byte, 32)}
		x.send(cmdPIN, m{1: 2, 2: 3, 3: bad, 4: make([]byte, 32), 5: make([]byte, 80)}, errInvalidParameter)
	}},
	{"6.5.5.6", "changePIN takes the new PIN in place of the old", func(x *rig) {
		x.pin()
		x.is(x.c.changePIN(pinuv.Two, "1234", "5678"), statusOK)
		x.perm(permMake, errPINInvalid)
		x.c.mustToken("5678", permMake, "")
	}},
	{"6.5.5.6", "changePIN with the wrong PIN is PIN_INVALID and costs a try", func(x *rig) {
		x.pin()
		x.is(x.c.changePIN(pinuv.Two, "0000", "5678"), errPINInvalid)
		x.left(7)
	}},
	{"6.5.5.6", "changePIN voids the tokens there were", func(x *rig) {
		k := x.pin().c.mustToken("1234", permMake, "a.example")
		x.c.changePIN(pinuv.Two, "1234", "5678")
		x.send(cmdMake, makeParams("a.example", "u", k, nil), errPINAuthInvalid)
	}},
	{"6.5.5.7", "a wrong PIN is PIN_INVALID, the third in a row PIN_AUTH_BLOCKED until a power cycle", func(x *rig) {
		x.pin()
		x.wrong(errPINInvalid)
		x.wrong(errPINInvalid)
		x.wrong(errPINAuthBlocked)
		x.perm(permMake, errPINAuthBlocked)
		x.power()
		x.perm(permMake, statusOK)
	}},
	{"6.5.5.7", "the eighth wrong PIN is PIN_BLOCKED, and so is the right one from then on", func(x *rig) {
		x.pin()
		for i := range 8 {
			if i%3 == 0 {
				x.power()
			}
			want := errPINInvalid
			if i == 7 {
				want = errPINBlocked
			} else if i%3 == 2 {
				want = errPINAuthBlocked
			}
			x.wrong(want)
		}
		x.power()
		x.perm(permMake, errPINBlocked)
	}},
	{"6.5.5.7", "the tries survive a power cycle", func(x *rig) {
		x.pin().wrong(errPINInvalid)
		x.power()
		x.left(7)
	}},
	{"6.5.5.7", "a right PIN restores all eight tries", func(x *rig) {
		x.pin().wrong(errPINInvalid)
		x.perm(permMake, statusOK)
		x.left(8)
	}},
	{"6.5.5.7", "a wrong PIN makes the key agreement key new", func(x *rig) {
		x.pin()
		var a, b pinAnswer
		x.c.must(cmdPIN, m{1: 2, 2: 2}, &a)
		x.wrong(errPINInvalid)
		x.c.must(cmdPIN, m{1: 2, 2: 2}, &b)
		x.that(!bytes.Equal(a.Agreement.X, b.Agreement.X), "another key")
	}},
	{"6.5.5.7.1", "getPinToken gives a token for makeCredential and getAssertion alone", func(x *rig) {
		k, s := x.pin().c.pinToken(pinuv.One, "1234", 0, "")
		x.is(s, statusOK)
		x.send(cmdCredMgmt, m{1: 1, 3: 1, 4: k.sign([]byte{1})}, errPINAuthInvalid)
		x.send(cmdMake, makeParams("a.example", "u", k, nil), statusOK)
	}},
	{"CTAP 2.0, 5.5.7", "a key of CTAP 2.0 gives a token that serves any RP and more than once, until the power goes", func(x *rig) {
		y := newRig(x, Bare20())
		y.is(y.c.setPIN(pinuv.One, "1234"), statusOK)
		k, _ := y.c.pinToken(pinuv.One, "1234", 0, "")
		y.t.turn(time.Hour)
		for _, rp := range []string{"a.example", "b.example"} {
			y.send(cmdMake, makeParams(rp, "u", k, nil), statusOK)
			y.send(cmdAssert, assertParams(rp, k, nil), statusOK)
		}
		again, _ := y.c.pinToken(pinuv.One, "1234", 0, "")
		y.that(bytes.Equal(again.value, k.value), "the same token")
		y.power()
		y.send(cmdAssert, assertParams("a.example", k, nil), errPINAuthInvalid)
	}},
	{"6.5.5.7.1", "getPinToken with permissions is INVALID_PARAMETER", func(x *rig) {
		s, pub := x.pin().c.shared(pinuv.One)
		x.send(cmdPIN, m{1: 1, 2: 5, 3: pub, 6: x.c.encrypt(s, hashPIN("1234")), 9: 1}, errInvalidParameter)
	}},
	{"6.5.5.7.2", "permissions 0 are INVALID_PARAMETER, none MISSING_PARAMETER", func(x *rig) {
		s, pub := x.pin().c.shared(pinuv.Two)
		hash := x.c.encrypt(s, hashPIN("1234"))
		x.send(cmdPIN, m{1: 2, 2: 9, 3: pub, 6: hash, 9: 0}, errInvalidParameter)
		x.send(cmdPIN, m{1: 2, 2: 9, 3: pub, 6: hash}, errMissingParameter)
	}},
	{"6.5.5.7.2", "a token without a PIN set is PIN_NOT_SET", func(x *rig) { x.perm(permMake, errPINNotSet) }},
	{"6.5.5.7.2", "a token is for its RP alone", func(x *rig) {
		k := x.pin().c.mustToken("1234", permMake, "a.example")
		x.send(cmdMake, makeParams("b.example", "u", k, nil), errPINAuthInvalid)
	}},
	{"6.5.5.7.2", "permission mc or ga without an RP id binds the token to the RP of its first use", func(x *rig) {
		x.pin()
		k := x.c.mustToken("1234", permMake|permAssert|permCredMgmt, "")
		x.send(cmdMake, makeParams("a.example", "u", k, nil), statusOK)
		k = x.c.mustToken("1234", permAssert, "")
		x.send(cmdAssert, assertParams("a.example", k, m{5: map[string]bool{"up": false}}), statusOK)
		x.send(cmdAssert, assertParams("b.example", k, nil), errPINAuthInvalid)
		x.send(cmdAssert, assertParams("a.example", k, nil), statusOK)
	}},
	{"6.5.5.7.2", "a new token voids the one before", func(x *rig) {
		k := x.pin().c.mustToken("1234", permMake, "a.example")
		x.c.mustToken("1234", permMake, "a.example")
		x.send(cmdMake, makeParams("a.example", "u", k, nil), errPINAuthInvalid)
	}},
	{"6.5.5.7.3", "a token by finger without a finger is NOT_ALLOWED", func(x *rig) {
		_, s := x.c.uvToken(pinuv.Two, permMake, "a.example")
		x.is(s, errNotAllowed)
	}},
	{"6.5.5.7.3", "a token by finger that nobody gives is USER_ACTION_TIMEOUT", func(x *rig) {
		x.finger().touches(0)
		_, s := x.c.uvToken(pinuv.Two, permMake, "a.example")
		x.is(s, errUserActionTimeout)
	}},
	{"6.5.5.7.3", "a token by finger makes a credential without another touch", func(x *rig) {
		x.finger().f.script(presses(thumb, 100, 3)...)
		k, s := x.c.uvToken(pinuv.Two, permMake, "a.example")
		x.is(s, statusOK)
		x.touches(0)
		x.send(cmdMake, makeParams("a.example", "u", k, nil), statusOK)
	}},
	{"6.5.5.7.3", "a wrong finger is UV_INVALID, and UV_BLOCKED once the tries are spent, until a right PIN", func(x *rig) {
		x.pin().finger().f.script(presses(stranger, 100, 10)...)
		_, s := x.c.uvToken(pinuv.Two, permMake, "a.example")
		x.is(s, errUVInvalid)
		_, s = x.c.uvToken(pinuv.Two, permMake, "a.example")
		x.is(s, errUVBlocked)
		x.power()
		_, s = x.c.uvToken(pinuv.Two, permMake, "a.example")
		x.is(s, errUVBlocked)
		x.perm(permMake, statusOK)
		x.f.script(presses(thumb, 110, 3)...)
		_, s = x.c.uvToken(pinuv.Two, permMake, "a.example")
		x.is(s, statusOK)
	}},
}
