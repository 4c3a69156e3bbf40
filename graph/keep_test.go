package graph

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"
)

// A sign-in that was kept needs no code in the next run, and lies on disk for nobody else.
func TestKeepSignIn(t *testing.T) {
	keyring.MockInit()
	file := filepath.Join(t.TempDir(), "state", "sign-in")
	run := func(hint string, tokens ...answer) (codes int) {
		store, err := SystemStore(file)
		if err != nil {
			t.Fatal(err)
		}
		e := &entra{t: t, tokens: tokens}
		if _, err := LogIn(t.Context(), LogInOptions{Road: ByDeviceCode, TenantID: testTenant, Hint: hint, Transport: e, Keep: store,
			ShowCode: func(DeviceCode) error { codes++; return nil }}); err != nil {
			t.Fatal(err)
		}
		return codes
	}
	ok := token(strings.Join(ScopesFor(Clouds[0], "tenant-read"), " "))
	if n := run("", ok); n != 1 {
		t.Errorf("first run: %d codes", n)
	}
	b, err := os.ReadFile(file)
	if err != nil || len(b) == 0 {
		t.Fatal(err)
	}
	for _, s := range []string{"the-access-token", "the-refresh-token", "ann@contoso.com"} {
		if bytes.Contains(b, []byte(s)) {
			t.Errorf("the file shows %s", s)
		}
	}
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if n := run(""); n != 0 {
		t.Errorf("second run: %d codes", n)
	}
	if n := run("ANN@contoso.com"); n != 0 {
		t.Errorf("the same person: %d codes", n)
	}
	if n := run("bob@contoso.com", ok); n != 1 {
		t.Errorf("another person: %d codes", n)
	}

	store, err := SystemStore(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Forget(); err != nil {
		t.Error(err)
	}
	if err := store.Forget(); err != nil {
		t.Errorf("twice: %v", err)
	}
	if n := run("", ok); n != 1 {
		t.Errorf("after forgetting: %d codes", n)
	}
	// A file whose key is gone is no obstacle.
	keyring.MockInit()
	if n := run("", ok); n != 1 {
		t.Errorf("with another key: %d codes", n)
	}
	if left, _ := filepath.Glob(file + ".*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestNoKeyStore(t *testing.T) {
	keyring.MockInitWithError(errors.New("no bus"))
	defer keyring.MockInit()
	if _, err := SystemStore(filepath.Join(t.TempDir(), "x")); refusal(err) == nil || refusal(err).Code != CodeNoKeyStore {
		t.Errorf("got %v", err)
	}
}
