package softkey

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"slices"

	"keyrollout/fido/internal/pinuv"
)

// complete is a rig with a key of the profile "complete".
func (x *rig) complete() *rig { return newRig(x.TB, Complete()) }

// unlisted decrypts a member of getInfo with the persistent token, as python-fido2 does.
func (x *rig) unlisted(k tok, name string, b []byte) []byte {
	x.Helper()
	if len(b) != 2*aes.BlockSize {
		x.Fatalf("%s has %d bytes", name, len(b))
	}
	key, err := hkdf.Key(sha256.New, k.value, make([]byte, 32), name, 16)
	if err != nil {
		x.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		x.Fatal(err)
	}
	plain := make([]byte, aes.BlockSize)
	cipher.NewCBCDecrypter(block, b[:aes.BlockSize]).CryptBlocks(plain, b[aes.BlockSize:])
	return plain
}

func (x *rig) configures(sub int, params any, want status) {
	x.Helper()
	x.is(x.c.config(x.c.mustToken("1234", permConfig, ""), sub, params), want)
}

var since22 = []requirement{
	{"7.1", "enterprise attestation: INVALID_PARAMETER until it is enabled, then a certificate of this key's own, which other sites never see", func(x *rig) {
		x = x.complete().pin()
		cert := func(rp string, more m) string {
			x.Helper()
			a, _ := x.c.make(rp, "u", more)
			x.that(a.Enterprise == (more[10] == 2), "epAtt")
			return string(a.Statement.(map[any]any)["x5c"].([]any)[0].([]byte))
		}
		batch := cert("a.example", nil)
		x.makes(m{10: 2}, errInvalidParameter)
		x.configures(1, nil, statusOK)
		own := cert("a.example", m{10: 2})
		x.that(own != batch && own == cert("b.example", m{10: 2}), "another certificate, the same for all that it is arranged with")
		x.that(cert("a.example", m{10: 1}) == batch && cert("a.example", nil) == batch, "the batch's for all others")
		x.makes(m{10: 3}, errInvalidOption)
		x.power()
		x.send(cmdReset, nil, statusOK)
		x.pin().makes(m{10: 2}, errInvalidParameter)
	}},
	{"CTAP 2.3, 6.4", "getInfo tells FIDO_2_3, transportsForReset, maxPINLength and authenticatorConfigCommands", func(x *rig) {
		i := x.complete().info()
		x.that(slices.Contains(i.Versions, "FIDO_2_3") && slices.Equal(i.ForReset, []string{"usb"}) && i.MaxPIN == 63, "told")
		x.that(slices.Equal(i.Config, []uint{1, 2, 3, 4}), "commands 1 to 4")
	}},
	{"CTAP 2.2, 6.4", "none of the new members is told by a key that knows CTAP 2.1 alone", func(x *rig) {
		i := x.info()
		x.that(i.UVCount == nil && i.LongTouch == nil && i.Identifier == nil && i.ForReset == nil && i.PINPolicy == nil &&
			i.PINPolicyURL == nil && i.MaxPIN == 0 && i.StoreState == nil && i.Config == nil, "no member from 17 to 1F")
	}},
	{"CTAP 2.2, 6.4", "uvCountSinceLastPinEntry counts fingers, wrong ones too, and begins anew with a PIN", func(x *rig) {
		x = x.complete().pin().finger()
		x.f.script(press(thumb, 1), press(stranger, 2), press(thumb, 3), press(thumb, 4))
		for range 3 {
			x.c.uvToken(pinuv.Two, permMake, "a.example")
		}
		x.that(*x.info().UVCount == 4, "four fingers")
		x.c.mustToken("1234", permMake, "")
		x.that(*x.info().UVCount == 0, "none since the PIN")
	}},
	{"CTAP 2.2, 6.4", "encIdentifier looks new each time, is the same inside, over power cycles, and another after a reset", func(x *rig) {
		x = x.complete()
		x.that(len(x.info().Identifier) == 32, "there before anybody has the token")
		x.pin()
		k := x.c.mustToken("1234", permList, "")
		one, two := x.info().Identifier, x.info().Identifier
		x.that(!bytes.Equal(one, two), "another iv")
		id := x.unlisted(k, "encIdentifier", one)
		x.that(bytes.Equal(id, x.unlisted(k, "encIdentifier", two)), "the same identifier")
		x.power()
		x.that(bytes.Equal(id, x.unlisted(k, "encIdentifier", x.info().Identifier)), "after a power cycle")
		x.power()
		x.send(cmdReset, nil, statusOK)
		x.pin()
		x.that(!bytes.Equal(id, x.unlisted(x.c.mustToken("1234", permList, ""), "encIdentifier", x.info().Identifier)), "after a reset")
	}},
	{"CTAP 2.3, 6.4", "encCredStoreState changes with every change of the credentials, and not without one", func(x *rig) {
		x = x.complete().pin()
		k := x.c.mustToken("1234", permList, "")
		seen := map[string]string{}
		state := func() string { return string(x.unlisted(k, "encCredStoreState", x.info().StoreState)) }
		look := func(when string) {
			s := state()
			if before, ok := seen[s]; ok {
				x.Errorf("%s it is as it was %s", when, before)
			}
			seen[s] = when
		}
		look("at first")
		_, d := x.c.make("a.example", "u", nil)
		look("with a credential")
		x.manage(7, m{2: cred(d.id), 3: map[string]any{"id": []byte("u"), "name": "new"}}, statusOK)
		look("with another name")
		x.c.make("a.example", "v", nil)
		look("with two")
		now := state()
		x.asserts(nil, statusOK)
		x.power()
		x.that(state() == now, "the same after an assertion and a power cycle")
	}},
	{"CTAP 2.2, 6.5.5.7", "permission pcmr gives a token that lists, outlives the power, and ends with the PIN", func(x *rig) {
		x = x.complete().pin()
		x.c.make("a.example", "u", nil)
		k := x.c.mustToken("1234", permList, "")
		x.power()
		x.manageWith(k, 1, nil, statusOK)
		x.manageWith(k, 2, nil, statusOK)
		hash := sha256.Sum256([]byte("a.example"))
		a := x.manageWith(k, 4, m{1: hash[:]}, statusOK)
		x.manageWith(k, 6, m{2: cred(a.ID.ID)}, errPINAuthInvalid)
		x.is(x.c.changePIN(pinuv.Two, "1234", "4321"), statusOK)
		x.manageWith(k, 2, nil, errPINAuthInvalid)
	}},
	{"CTAP 2.2, 6.5.5.7", "permission pcmr together with another is INVALID_PARAMETER, without option perCredMgmtRO UNAUTHORIZED_PERMISSION", func(x *rig) {
		_, s := x.complete().pin().c.pinToken(pinuv.Two, "1234", permList|permMake, "")
		x.is(s, errInvalidParameter)
		_, s = x.pin().c.pinToken(pinuv.Two, "1234", permList, "")
		x.is(s, errUnauthorizedPermission)
	}},
	{"CTAP 2.2, 6.11.5", "enableLongTouchForReset: reset then wants a long touch; a short one is OPERATION_DENIED and changes nothing", func(x *rig) {
		x.send(cmdConfig, m{1: 4}, errInvalidParameter)
		x = x.complete().pin()
		x.that(!*x.info().LongTouch, "off at first")
		x.configures(4, nil, statusOK)
		x.that(*x.info().LongTouch, "on")
		x.power()
		x.f.script(Touch{}, Touch{None: true}, Touch{Held: true})
		x.send(cmdReset, nil, errOperationDenied)
		x.send(cmdReset, nil, errUserActionTimeout)
		x.that(x.c.options()["clientPin"], "the PIN is still there")
		x.send(cmdReset, nil, statusOK)
		x.that(x.f.requests()[2].Long && !x.c.options()["clientPin"] && !*x.info().LongTouch, "reset")
	}},
	{"CTAP 2.2, 7.5", "setMinPINLength with pinComplexityPolicy: a simple PIN has to be changed, and another simple one is PIN_POLICY_VIOLATION", func(x *rig) {
		x = x.complete().pin()
		x.that(!*x.info().PINPolicy, "off at first")
		x.configures(3, m{4: true}, statusOK)
		i := x.info()
		x.that(*i.PINPolicy && *i.ForcePIN, "on, and 1234 has to go")
		for _, simple := range []string{"1111", "4321", "1212", "2468", "aaaaaaab"} {
			x.is(x.c.changePIN(pinuv.Two, "1234", simple), errPINPolicyViolation)
		}
		x.is(x.c.changePIN(pinuv.Two, "1234", "7410"), statusOK)
		x.that(!*x.info().ForcePIN, "changed")
		x.is(x.c.config(x.c.mustToken("7410", permConfig, ""), 3, m{4: false}), statusOK)
		x.that(*x.info().PINPolicy && !*x.info().ForcePIN, "it stays on, and the PIN stays")
		x.power()
		x.send(cmdReset, nil, statusOK)
		x.that(!*x.info().PINPolicy, "off after a reset")
	}},
	{"CTAP 2.2, 7.5", "a key without the policy passes over pinComplexityPolicy in setMinPINLength", func(x *rig) {
		x.pin().configures(3, m{4: true}, statusOK)
		x.that(!*x.info().ForcePIN, "nothing is forced")
	}},
	{"CTAP 2.2, 12", "pinComplexityPolicy is told to the RPs that minPinLengthRPIDs allows, false as well", func(x *rig) {
		x = x.complete().pin()
		x.configures(3, m{2: []string{"a.example"}}, statusOK)
		ask := m{6: map[string]any{"pinComplexityPolicy": true}}
		_, d := x.c.make("a.example", "u", ask)
		x.that(d.ext["pinComplexityPolicy"] == false, "false for a.example")
		_, d = x.c.make("b.example", "u", ask)
		x.that(d.ext["pinComplexityPolicy"] == nil, "nothing for b.example")
	}},
	{"CTAP 2.2, 12", "thirdPartyPayment is kept with the credential, stored or not, told in assertions and in the list", func(x *rig) {
		x = x.complete().pin()
		for _, rk := range []bool{true, false} {
			for _, pays := range []bool{true, false} {
				more := m{7: map[string]bool{"rk": rk}}
				if pays {
					more[6] = map[string]any{"thirdPartyPayment": true}
				}
				_, d := x.c.make("a.example", "u", more)
				x.that(d.ext["thirdPartyPayment"] == nil, "no output when it is made")
				_, got := x.c.assert("a.example", m{3: allow(d.id), 4: map[string]any{"thirdPartyPayment": true}})
				x.that(got.ext["thirdPartyPayment"] == pays, "told in an assertion")
				_, got = x.c.assert("a.example", m{3: allow(d.id)})
				x.that(got.ext["thirdPartyPayment"] == nil, "not told unasked")
				if rk {
					hash := sha256.Sum256([]byte("a.example"))
					a := x.manage(4, m{1: hash[:]}, statusOK)
					x.that(a.Payment != nil && *a.Payment == pays, "told in the list")
				}
			}
		}
	}},
	{"CTAP 2.2, 6.1.2", "attestationFormatsPreference chooses among attestationFormats; without a match, or without sense, packed", func(x *rig) {
		x = x.complete().pin()
		x.that(slices.Equal(x.info().Formats, []string{formatPacked}), "packed; none goes without saying")
		for want, asked := range map[string][]string{formatNone: {"tpm", formatNone, formatPacked}, formatPacked: {"tpm"}} {
			a, _ := x.c.make("a.example", "u", m{11: asked})
			x.that(a.Format == want, "format "+want)
		}
		for _, senseless := range []any{"none", 1, []any{1}, m{1: 2}} {
			a, _ := x.c.make("a.example", "u", m{11: senseless})
			x.that(a.Format == formatPacked, "packed")
		}
	}},
}
