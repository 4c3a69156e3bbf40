package steps_test

import (
	"slices"
	"testing"

	"keyrollout/fido"
)

// A key that is reached at its device path, as an attached one is, signs in after the power cycle that three wrong PINs
// want: what was opened before it is of no use any more.
func TestAttachedKeySignsInAfterThePowerCycle(t *testing.T) {
	if fido.Library == "" {
		t.Skip("without libfido2 no key is attached")
	}
	b := newBench(t)
	path, wait, err := b.key.Serve(t.Context())
	if err != nil {
		t.Skipf("no device path here: %v", err)
	}
	t.Cleanup(func() { b.key.Close(); wait() })
	b.keys = fido.At(path)
	b.person.answer("key.road", "here")
	b.crash("Step: sign-in check.")
	b.person.answer("touch", repeat("other", 5)...) // until the key takes no finger and wants its PIN
	b.person.answer("problem.finger-wrong", repeat("retry", 5)...)
	b.person.answer("key.pin", "0000", "1111", "2222", thePIN)
	b.person.answer("problem.pin-wrong", "retry", "retry")
	b.person.answer("problem.pin-replug", "replug")
	b.finish()
	b.mustTell("pin-replug")
	if !slices.Contains(b.person.asked, "key.replug") {
		t.Error("the power cycle was not asked for")
	}
}
