package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/graph/practice"
	"keyrollout/internal/secret"
	"keyrollout/internal/webdriver"
)

// face is what  keyrollout softkey  shows while it serves.
type face struct {
	mu    sync.Mutex
	lines []string
}

func (f *face) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.lines, "\n")
}

// plugIn runs  keyrollout softkey --uhid --auto --in-memory  until the test ends.
func plugIn(t *testing.T) *face {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	f := &face{}
	go func() {
		defer close(ended)
		run(ctx, []string{"softkey", "--uhid", "--auto", "--in-memory"}, []string{"KEYROLLOUT_STATE=" + t.TempDir()}, null, w, w)
		w.Close()
	}()
	go func() {
		for in := bufio.NewScanner(r); in.Scan(); {
			f.mu.Lock()
			f.lines = append(f.lines, in.Text())
			f.mu.Unlock()
		}
	}()
	t.Cleanup(func() { stop(); <-ended })
	for range 300 {
		if strings.Contains(f.String(), "is a USB key of this computer") {
			return f
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("the key is not there: %s", f)
	return nil
}

// send sends Graph a request with the printed token, and wants a status. What is read is read from beta: the sign-in log
// says how only there.
func (s *served) send(method, path string, want int, in, out any) {
	s.t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		s.t.Fatal(err)
	}
	base := s.lines["Graph"]
	if method == http.MethodGet {
		base = strings.Replace(base, "/v1.0", "/beta", 1)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, base+path, bytes.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.lines["Token"])
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != want {
		s.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, body)
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestBrowserWithKey registers and signs in with the software key in a real Chromium, which finds it as a USB key of the
// kernel's: keyrollout softkey --uhid, keyrollout practice serve, and a browser that knows of neither. It needs
// /dev/uhid; fido/softkey/testdata/uhid-vm.sh runs it where there is none.
//
// Chromium asks before it shows a site which model a key is. In a browser without a screen nobody can say yes, so the
// machine's administrator has to (policy SecurityKeyPermitAttestation for localhost), as uhid-vm.sh does. For the same
// reason the account is typed: a sign-in without a name ends in Chromium's own list of the accounts on the key.
func TestBrowserWithKey(t *testing.T) {
	if f, err := os.OpenFile("/dev/uhid", os.O_RDWR, 0); err != nil {
		t.Skip("no HID device can be made here:", err)
	} else if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("KEYROLLOUT_TEST_BROWSER_KEY") == "" {
		t.Skip("KEYROLLOUT_TEST_BROWSER_KEY is not set: this test plugs a software key into the machine")
	}
	step := func(format string, a ...any) { t.Logf(time.Now().Format("15:04:05 ")+format, a...) }
	ctx := t.Context()
	f := plugIn(t)

	// The key as a person prepares it: a PIN and a finger, so that the browser need not ask for a PIN.
	d, err := fido.WaitForKey(ctx, fido.Attached())
	if err != nil {
		t.Fatal(err)
	}
	step("%s is %s", d.Path, d.Product)
	k, err := fido.Attached().Open(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	pin := secret.New([]byte("4829"))
	if err := k.SetPIN(ctx, pin); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Enrol(ctx, pin, "right index", func(fido.Sample) {}); err != nil {
		t.Fatal(err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	step("PIN and finger are on the key")

	s := serveTenant(t, t.TempDir(), "--forget")
	s.enablePasses()
	const methods = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2"
	s.send("PATCH", methods, http.StatusNoContent, map[string]any{"@odata.type": "#microsoft.graph.fido2AuthenticationMethodConfiguration", "state": "enabled",
		"includeTargets": []any{map[string]any{"targetType": "group", "id": "all_users"}}}, nil)
	aiko := "aiko@" + practice.Domain
	var issued struct {
		Value string `json:"temporaryAccessPass"`
	}
	s.send("POST", "/users/"+aiko+"/authentication/temporaryAccessPassMethods", http.StatusCreated, map[string]any{"isUsableOnce": false}, &issued)

	b := webdriver.Open(t)
	b.Patience = 5 * time.Minute
	step("Chromium is open")
	b.Go(strings.Replace(s.lines["Browser"], "127.0.0.1", "localhost", 1) + "/sign-in")
	b.Type("#upn", aiko+webdriver.Enter)
	b.Type("#value", issued.Value+webdriver.Enter)
	b.See("#none", "No passkeys yet")
	step("signed in with the pass")
	b.Click("#add")
	b.Click("#which button:not(.back)")
	b.Click("#ready button:not(.back)")
	b.Until("the browser's answer", func() bool { return b.Shows("#passkey") || b.Shows("#trouble") })
	step("the browser answered")
	b.Type("#passkey", "Software key"+webdriver.Enter)
	b.See("#done", "Software key")
	b.Click("#done button")
	b.See("#methods", "Software key")
	var keys struct {
		Value []struct {
			Name   string `json:"displayName"`
			AAGUID string `json:"aaGuid"`
		}
	}
	if s.get("/users/"+aiko+"/authentication/fido2Methods", &keys); len(keys.Value) != 1 || keys.Value[0].AAGUID != fido.SoftwareAAGUID.String() {
		t.Fatalf("the tenant has %+v", keys.Value)
	}
	step("registered: %+v", keys.Value[0])

	b.Click("#out")
	b.At("/practice/sign-in")
	b.Type("#upn", aiko+webdriver.Enter)
	b.Click("#enter .other")
	b.Click("#usekey")
	b.Until("the browser's answer", func() bool { return strings.HasSuffix(b.URL(), "security-info") || b.Shows("#trouble") })
	b.See("#info .upn", aiko)
	var log struct {
		Value []struct {
			UPN    string `json:"userPrincipalName"`
			Status struct {
				Code int `json:"errorCode"`
			}
			Steps []struct {
				Method string `json:"authenticationMethod"`
				Detail string `json:"authenticationMethodDetail"`
			} `json:"authenticationDetails"`
		}
	}
	b.Until("the sign-in log", func() bool { // eight seconds late, as the tenant has it
		s.send("GET", "/auditLogs/signIns", http.StatusOK, nil, &log)
		return len(log.Value) > 0 && len(log.Value[0].Steps) > 0 && log.Value[0].Steps[0].Detail == "Software key"
	})
	step("signed in: %+v", log.Value[0])
	if row := log.Value[0]; row.UPN != aiko || row.Status.Code != 0 || row.Steps[0].Method != "Passkey (device-bound)" {
		t.Errorf("the sign-in log: %+v", row)
	}
	for _, want := range []string{"register with localhost", "sign in to localhost", "show an enrolled finger"} {
		if !strings.Contains(f.String(), want) {
			t.Errorf("the key's face does not say %q:\n%s", want, f)
		}
	}
}
