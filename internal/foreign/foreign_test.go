package foreign_test

import (
	"testing"

	"keyrollout/internal/foreign"
)

func TestShown(t *testing.T) {
	for s, want := range map[string]string{
		"ana@contoso.example":           "ana@contoso.example",
		"山田 太郎":                         "山田 太郎",
		"a\u200bb\u00adc\u2066d\ufe0fe": "a?b?c?d?e",
		"a\x1b[2Jb\n\u202e\xff\u3164":   "a?[2Jb????",
	} {
		if got := foreign.Shown(s); got != want {
			t.Errorf("%q is shown as %q, not %q", s, got, want)
		}
	}
}
