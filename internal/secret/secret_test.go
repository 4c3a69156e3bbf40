package secret

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNothingShowsASecret(t *testing.T) {
	const value = "correct horse 0815"
	s := New([]byte(value))
	type holder struct {
		PIN Secret
		In  *Secret
	}
	h := holder{PIN: s, In: &s}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&out, verb, s)
		fmt.Fprintf(&out, verb, &s)
		fmt.Fprintf(&out, verb, h)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "pin", s, "holder", h)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "pin", s, "holder", h)
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	fmt.Fprint(&out, fmt.Errorf("wrapped: %v", s))
	for _, form := range []string{value, fmt.Sprintf("%x", value), "horse"} {
		if strings.Contains(out.String(), form) {
			t.Fatalf("the secret shows as %q in:\n%s", form, out.String())
		}
	}
}

func TestWipeEmptiesEveryCopy(t *testing.T) {
	raw := []byte("1234")
	s := New(raw)
	c, own := s, s.Clone()
	s.Wipe()
	if !c.Empty() || c.Len() != 0 || string(raw) != "\x00\x00\x00\x00" {
		t.Fatalf("after Wipe: copy has %d bytes, memory %q", c.Len(), raw)
	}
	if own.Len() != 4 {
		t.Fatal("a clone keeps its own bytes")
	}
}
