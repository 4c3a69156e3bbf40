package foreign_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"keyrollout/internal/foreign"
)

func TestShown(t *testing.T) {
	for s, want := range map[string]string{
		"ana@contoso.example":           "ana@contoso.example",
		"山田 太郎":                         "山田 太郎",
		"山田\u3000太郎":                    "山田\u3000太郎",
		"a\u200bb\u00adc\u2066d\ufe0fe": "a?b?c?d?e",
		"a\x1b[2Jb\n\u202e\xff\u3164":   "a?[2Jb????",
	} {
		if got := foreign.Shown(s); got != want {
			t.Errorf("%q is shown as %q, not %q", s, got, want)
		}
	}
}

// What a program reads is what was said; what a terminal sees steers nothing.
func TestJSON(t *testing.T) {
	was := map[string]string{"name": "a\u009b2J\u007f\u202eb\U000e0041 山田 <é>"}
	b, err := json.MarshalIndent(was, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	b = foreign.JSON(b)
	var is map[string]string
	if err := json.Unmarshal(b, &is); err != nil || is["name"] != was["name"] {
		t.Errorf("%q, %v", is, err)
	}
	if bytes.ContainsAny(b, "\u009b\u007f\u202e\U000e0041") {
		t.Errorf("%q", b)
	}
}
