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
