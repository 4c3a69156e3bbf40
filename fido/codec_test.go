package fido

import (
	"bytes"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

func TestAttestationObject(t *testing.T) {
	for _, n := range []int{0, 37, 200, 300, 70000} {
		auth := bytes.Repeat([]byte{7}, n)
		var got struct {
			Fmt      string          `cbor:"fmt"`
			AttStmt  cbor.RawMessage `cbor:"attStmt"`
			AuthData []byte          `cbor:"authData"`
		}
		b := attestationObject("none", nil, auth)
		if err := cbor.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if got.Fmt != "none" || !bytes.Equal(got.AttStmt, []byte{0xA0}) || !bytes.Equal(got.AuthData, auth) {
			t.Errorf("%d bytes: %+v", n, got)
		}
		canonical, err := cbor.CTAP2EncOptions().EncMode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := canonical.Marshal(map[string]any{"authData": auth, "fmt": "none", "attStmt": map[string]int{}})
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%d bytes: not canonical", n)
		}
	}
}

func FuzzUnwrapBytes(f *testing.F) {
	for _, b := range [][]byte{nil, {0x40}, {0x41, 1}, {0x58, 0x18}, {0x59, 1, 0}, {0x5F}, {0x61, 0x61}} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := unwrapBytes(b)
		var want []byte
		if e := cbor.Unmarshal(b, &want); err == nil && (e != nil || !bytes.Equal(got, want)) {
			t.Errorf("%x: got %x, want %x (%v)", b, got, want, e)
		}
		_, _ = credentialID(b)
	})
}

func FuzzCutText(f *testing.F) {
	f.Add("äöü", 3)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n < 0 || n > 100 {
			return
		}
		if got := cutText(s, n); len(got) > n && len(got) > len(s) || len(got) > n {
			t.Errorf("%q cut to %d is %q", s, n, got)
		}
	})
}

func TestEveryCodeHasASentence(t *testing.T) {
	for c := range codeText {
		if s := c.String(); s == "" || s[len(s)-1] == '.' {
			t.Errorf("code %d: %q", int(c), s)
		}
	}
	if Code(0xF1).String() == "" || Code(-77).String() == "" || SampleStatus(0x77).String() == "" {
		t.Error("an unknown code says nothing")
	}
}
