package steps_test

import (
	"strings"
	"testing"

	"keyrollout/fido"
	"keyrollout/steps"
)

// Nobody is told that nothing was changed when that is not known, nor to touch what was not asked to be touched.
func TestUnsureIsNotUnchanged(t *testing.T) {
	for _, code := range []fido.Code{fido.CodeGone, fido.CodeGarbled, fido.CodeActionTimeout} {
		e := &fido.Error{Op: "set the PIN", Code: code, Unsure: true}
		if p := steps.ProblemOf(e); !strings.Contains(p.State.String(), "not known") {
			t.Errorf("%v: %v", code, p.State)
		}
	}
	silent := &fido.Error{Code: fido.CodeActionTimeout, Err: fido.ErrSilent}
	if p := steps.ProblemOf(silent); p.Code != "key-silent" {
		t.Error(p.Code)
	}
	if p := steps.ProblemOf(&fido.Error{Code: fido.CodeActionTimeout}); p.Code != "touch-none" {
		t.Error(p.Code)
	}
}
