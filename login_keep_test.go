package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"keyrollout/graph"
	"keyrollout/graph/practice"
	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// Without a key store the sign-in stays in memory, and that is said; nothing is written in the clear.
func TestKeepLoginWithoutAKeyStore(t *testing.T) {
	keyring.MockInitWithError(errors.New("no key store"))
	defer keyring.MockInit()
	dir := t.TempDir()
	a := &app{environ: []string{"KEYROLLOUT_STATE=" + dir}, login: signInOptions{keep: true}}
	var told []string
	store, err := a.store(func(e steps.Event) { told = append(told, e.Text.String()) })
	if store != nil || err != nil || len(told) != 1 || !strings.Contains(told[0], "in memory only") {
		t.Errorf("%v %v %q", store, err, told)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "sign-in*")); len(left) > 0 {
		t.Errorf("%v was written", left)
	}
}

// With one it is kept there, sealed; without the flag it is kept nowhere.
func TestKeepLogin(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	a := &app{environ: []string{"KEYROLLOUT_STATE=" + dir}}
	if store, err := a.store(nil); store != nil || err != nil {
		t.Errorf("kept without being asked: %v %v", store, err)
	}
	a.login.keep = true
	store, err := a.store(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Save([]byte("a refresh token")); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "sign-in.sealed"))
	if err != nil || strings.Contains(string(b), "refresh") {
		t.Errorf("%q %v", b, err)
	}
}

// Once somebody is signed in another way, the policy that blocks codes is named.
func TestThePolicyThatBlocksCodesIsNamed(t *testing.T) {
	company := practice.DefaultCompany()
	company.SecurityDefaults = false
	company.Access = []practice.AccessPolicy{{Name: "No codes here", DeviceCode: true, Block: true}}
	company.Apps = []practice.App{{ID: ownApp, Name: "keyrollout", Secret: "a secret of the app"}}
	tenant, err := practice.New(practice.Options{Seed: company})
	if err != nil {
		t.Fatal(err)
	}
	o := graph.LogInOptions{Road: graph.BySecret, Cloud: graph.Clouds[0], TenantID: practice.Domain, ClientID: ownApp, Secret: secret.New([]byte("a secret of the app")), Transport: tenant.Transport()}
	cred, err := graph.LogIn(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	(&app{}).tellWhoBlocks(t.Context(), cred, o, func(e steps.Event) { told = append(told, e.Text.String()) })
	if len(told) != 1 || !strings.Contains(told[0], `"No codes here"`) {
		t.Errorf("%q", told)
	}
}

// What is kept can be seen, without its tokens, and forgotten: the file and the key in the key store.
func TestKeptLoginIsShownAndForgotten(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	tenant, err := practice.New(practice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := &app{environ: []string{"KEYROLLOUT_STATE=" + dir}, login: signInOptions{keep: true}}
	store, err := a.store(nil)
	if err != nil {
		t.Fatal(err)
	}
	show := func() string {
		t.Helper()
		code, out, said := runCommand(t, dir, "login")
		if code != exitDone {
			t.Fatal(said)
		}
		return out
	}
	if out := show(); !strings.Contains(out, "No sign-in is kept.") {
		t.Error(out)
	}
	o := graph.LogInOptions{Road: graph.ByDeviceCode, TenantID: practice.Domain, Transport: tenant.Transport(), Keep: store,
		ShowCode: func(d graph.DeviceCode) error { return tenant.SignInDevice(d.Code, practice.AdminUPN) }}
	if _, err := graph.LogIn(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if out := show(); !strings.Contains(out, practice.AdminUPN) || !strings.Contains(out, graph.CommandLineApp) || strings.Contains(out, "eyJ") {
		t.Error(out)
	}
	if code, out, said := runCommand(t, dir, "login", "forget"); code != exitDone || !strings.Contains(out, "are gone") {
		t.Errorf("%d %s %s", code, out, said)
	}
	if _, err := keyring.Get("keyrollout", "key of the kept sign-in"); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("the key is still there (%v)", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "sign-in*")); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	if out := show(); !strings.Contains(out, "No sign-in is kept.") {
		t.Error(out)
	}
}

// Over SSH the key store is often locked: the sign-in can be removed all the same.
func TestForgetWithoutAKeyStore(t *testing.T) {
	keyring.MockInitWithError(errors.New("locked"))
	defer keyring.MockInit()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, keptFile), []byte("sealed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, said := runCommand(t, dir, "login"); code != exitFailed || !strings.Contains(said, "login forget") {
		t.Errorf("%d %s", code, said)
	}
	if code, out, _ := runCommand(t, dir, "login", "forget"); code != exitDone || !strings.Contains(out, "is gone") {
		t.Errorf("%d %s", code, out)
	}
	if _, err := os.Stat(filepath.Join(dir, keptFile)); err == nil {
		t.Error("it is still there")
	}
}
