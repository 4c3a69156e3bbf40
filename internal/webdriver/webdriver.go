// Package webdriver drives a real Chromium in tests, through chromedriver: as much of W3C WebDriver as they need, and the
// virtual authenticators of WebAuthn Level 3 section 11.
package webdriver

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Browser is one browser with one window. Whatever goes wrong ends the test.
type Browser struct {
	t       testing.TB
	session string // URL of the session
	client  *http.Client
	// Patience is how long an element or an address is waited for; an emulated machine takes its time.
	Patience time.Duration
}

// quiet keeps the browser from speaking to anybody but the page.
var quiet = []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--lang=en-US", "--password-store=basic"}

// Open starts a browser, headless and with a new profile, until the test ends. More are command-line arguments. The test
// is skipped where there is no browser.
func Open(t testing.TB, more ...string) *Browser {
	t.Helper()
	driver, err := exec.LookPath("chromedriver")
	if err != nil {
		t.Skip("chromedriver is not installed (Debian: chromium-driver)")
	}
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is not installed")
	}
	b := &Browser{t: t, client: &http.Client{}, Patience: 20 * time.Second}
	base := b.startDriver(exec.Command(driver, "--port=0"))
	address := b.startBrowser(browser, more)
	var out struct {
		ID string `json:"sessionId"`
	}
	b.session = base + "/session"
	b.do("POST", "", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"browserName": "chrome", "goog:chromeOptions": map[string]any{"debuggerAddress": address},
		"goog:loggingPrefs": map[string]string{"browser": "ALL"}}}}, &out)
	b.session += "/" + out.ID
	return b
}

// startBrowser starts Chromium, and returns the address of its DevTools. chromedriver could do it, but waits a minute at
// most, which is not enough on an emulated machine.
func (b *Browser) startBrowser(path string, more []string) string {
	b.t.Helper()
	profile, err := os.MkdirTemp("", "webdriver-")
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { // processes of the browser still write there while it ends
		for range 50 {
			if os.RemoveAll(profile) == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	args := append([]string{"--remote-debugging-port=0", "--user-data-dir=" + profile}, quiet...)
	cmd := exec.Command(path, append(append(args, more...), "about:blank")...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	b.t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended }) // its children end with it
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		select {
		case <-ended:
			b.t.Fatalf("Chromium ended: %s", said.Bytes())
		default:
		}
		if raw, err := os.ReadFile(filepath.Join(profile, "DevToolsActivePort")); err == nil {
			if port, _, whole := strings.Cut(string(raw), "\n"); whole {
				return "127.0.0.1:" + port
			}
		}
	}
	b.t.Fatal("Chromium does not start")
	return ""
}

// startDriver starts chromedriver, and returns its address once it listens.
func (b *Browser) startDriver(cmd *exec.Cmd) string {
	b.t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	port := regexp.MustCompile(`started successfully on port (\d+)`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := port.FindStringSubmatch(lines.Text()); m != nil {
			go io.Copy(io.Discard, out)
			return "http://127.0.0.1:" + m[1]
		}
	}
	b.t.Fatal("chromedriver does not start")
	return ""
}

// Error is a refusal of WebDriver's, section 6.6.
type Error struct {
	Code    string `json:"error"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// try sends a command; path follows the session's address.
func (b *Browser) try(method, path string, in, out any) error {
	var body io.Reader
	if method == "POST" {
		if in == nil {
			in = struct{}{}
		}
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, b.session+path, body)
	if err != nil {
		return err
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		e := &Error{}
		if err := json.Unmarshal(answer.Value, e); err != nil {
			return err
		}
		return e
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer.Value, out)
}

func (b *Browser) do(method, path string, in, out any) {
	b.t.Helper()
	if err := b.try(method, path, in, out); err != nil {
		b.t.Fatalf("WebDriver: %s %s: %v", method, path, err)
	}
}

// Go opens an address.
func (b *Browser) Go(url string) {
	b.t.Helper()
	b.do("POST", "/url", map[string]string{"url": url}, nil)
}

// URL is the address that is shown.
func (b *Browser) URL() (url string) { b.t.Helper(); b.do("GET", "/url", nil, &url); return url }

// Title is the title of the page.
func (b *Browser) Title() (title string) {
	b.t.Helper()
	b.do("GET", "/title", nil, &title)
	return title
}

// Size gives the page a screen of so many CSS pixels, and people who want it dark. Both are commands of the DevTools
// protocol: WebDriver's own windows have no colours and are never as narrow as a telephone.
func (b *Browser) Size(w, h int, dark bool) {
	b.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.do("POST", "/goog/cdp/execute", map[string]any{"cmd": "Emulation.setDeviceMetricsOverride",
		"params": map[string]any{"width": w, "height": h, "deviceScaleFactor": 1, "mobile": w < 600}}, nil)
	b.do("POST", "/goog/cdp/execute", map[string]any{"cmd": "Emulation.setEmulatedMedia",
		"params": map[string]any{"features": []any{map[string]string{"name": "prefers-color-scheme", "value": scheme}}}}, nil)
}

// Screenshot is a PNG of the page.
func (b *Browser) Screenshot() []byte {
	b.t.Helper()
	var text string
	b.do("GET", "/screenshot", nil, &text)
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		b.t.Fatal(err)
	}
	return raw
}

// elementKey is the name under which WebDriver hands out references to elements (section 12.1).
const elementKey = "element-6066-11e4-a52e-4f735466cecf"

// find is the body of a function that finds the first element of a selector that is on the screen. One script is one
// round trip: WebDriver's own questions would be many, which an emulated machine is too slow for.
const find = "const e = [...document.querySelectorAll(arguments[0])].find((e) => e.checkVisibility()); "

// shown is a reference to the element; "" = there is none.
func (b *Browser) shown(css string) string {
	var found map[string]string
	_ = b.Run(&found, find+"return e || null", css) // a page on its way out has no elements
	return found[elementKey]
}

// Until waits for something to come true.
func (b *Browser) Until(what string, f func() bool) {
	b.t.Helper()
	gap := 20 * time.Millisecond
	for end := time.Now().Add(b.Patience); !f(); time.Sleep(gap) {
		gap = min(2*gap, time.Second)
		if time.Now().After(end) {
			b.t.Fatalf("waited in vain for %s; the page at %s says:\n%s\n%v", what, b.URL(), b.Text("body"), b.Log())
		}
	}
}

// element waits for an element to be on the screen.
func (b *Browser) element(css string) (id string) {
	b.t.Helper()
	b.Until(css, func() bool { id = b.shown(css); return id != "" })
	return id
}

// Shows reports whether an element is on the screen now.
func (b *Browser) Shows(css string) bool { return b.shown(css) != "" }

// See waits until an element is on the screen and its text contains what is said.
func (b *Browser) See(css, text string) {
	b.t.Helper()
	b.Until(fmt.Sprintf("%q in %s", text, css), func() bool { return strings.Contains(b.Text(css), text) })
}

// At waits until the address ends so.
func (b *Browser) At(suffix string) {
	b.t.Helper()
	b.Until("an address that ends in "+suffix, func() bool { return strings.HasSuffix(b.URL(), suffix) })
}

// Text is the text of an element as it is rendered; "" where there is none.
func (b *Browser) Text(css string) (text string) {
	_ = b.Run(&text, find+"return e ? e.innerText : ''", css)
	return text
}

// Click clicks on an element as soon as it is there.
func (b *Browser) Click(css string) {
	b.t.Helper()
	b.do("POST", "/element/"+b.element(css)+"/click", nil, nil)
}

// Type empties a field and types into it.
func (b *Browser) Type(css, text string) {
	b.t.Helper()
	id := b.element(css)
	b.do("POST", "/element/"+id+"/clear", nil, nil)
	b.do("POST", "/element/"+id+"/value", map[string]string{"text": text}, nil)
}

// Keys presses keys where the keyboard is: text, and Enter and Tab below.
func (b *Browser) Keys(text string) {
	b.t.Helper()
	var active map[string]string
	b.do("GET", "/element/active", nil, &active)
	b.do("POST", "/element/"+active[elementKey]+"/value", map[string]string{"text": text}, nil)
}

// Keys of section 17.4.2.
const (
	Tab   = "\ue004"
	Enter = "\ue007"
	Space = "\ue00d"
)

// Run runs the body of a function in the page; a promise is waited for.
func (b *Browser) Run(out any, body string, args ...any) error {
	if args == nil {
		args = []any{}
	}
	return b.try("POST", "/execute/sync", map[string]any{"script": body, "args": args}, out)
}

// Log is what the browser's console has said since it was asked last.
func (b *Browser) Log() (lines []string) {
	var entries []struct{ Level, Message string }
	_ = b.try("POST", "/se/log", map[string]string{"type": "browser"}, &entries) // chromedriver's own; no log, no lines
	for _, e := range entries {
		lines = append(lines, e.Level+" "+e.Message)
	}
	return lines
}

// Key is a virtual authenticator.
type Key struct {
	b    *Browser
	path string
}

// AddKey plugs a virtual security key in: CTAP 2.1 on USB, with resident keys and user verification, which it grants.
func (b *Browser) AddKey() *Key {
	b.t.Helper()
	var id string
	b.do("POST", "/webauthn/authenticator", map[string]any{"protocol": "ctap2_1", "transport": "usb", "hasResidentKey": true,
		"hasUserVerification": true, "isUserConsenting": true, "isUserVerified": true}, &id)
	return &Key{b, "/webauthn/authenticator/" + id}
}

// Pull takes the key out.
func (k *Key) Pull() { k.b.t.Helper(); k.b.do("DELETE", k.path, nil, nil) }

// Verify says whether the person is recognised from now on.
func (k *Key) Verify(yes bool) {
	k.b.t.Helper()
	k.b.do("POST", k.path+"/uv", map[string]bool{"isUserVerified": yes}, nil)
}

// Credential is a passkey of a virtual key; ids and handles are base64url.
type Credential struct {
	ID       string `json:"credentialId"`
	RP       string `json:"rpId"`
	User     string `json:"userHandle"`
	Resident bool   `json:"isResidentCredential"`
}

// Credentials lists what the key holds.
func (k *Key) Credentials() (list []Credential) {
	k.b.t.Helper()
	k.b.do("GET", k.path+"/credentials", nil, &list)
	return list
}

// IsError reports whether a script was refused with a JavaScript error of this kind.
func IsError(err error, kind string) bool {
	var e *Error
	return errors.As(err, &e) && strings.Contains(e.Message, kind)
}
