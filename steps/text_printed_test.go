package steps_test

import (
	"testing"

	"keyrollout/steps"
)

// A name on a key cannot look like another by what a terminal does not show, as a site's at the desk of a shared key
// cannot. What devices fill their names up with is no part of them.
func TestPrinted(t *testing.T) {
	for name, want := range map[string]string{
		"YubiKey 5 \x00\x00":     "YubiKey 5",
		"ana\u200b@contoso":      "ana?@contoso",
		"a\x1b[31mb\u202e":       "a?[31mb?",
		"山田\u3000太郎":             "山田 太郎",
		"\u2062login.example\n ": "?login.example",
	} {
		if got := steps.Printed(name); got != want {
			t.Errorf("%q is printed as %q, not %q", name, got, want)
		}
	}
}
