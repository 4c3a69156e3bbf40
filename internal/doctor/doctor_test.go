package doctor

import (
	"bytes"
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"
)

// The beginning of the report descriptor of a FIDO key, as CTAP 2.1 gives it, and of a keyboard.
var (
	fidoReport     = []byte{0x06, 0xD0, 0xF1, 0x09, 0x01, 0xA1, 0x01, 0x09, 0x20, 0x15, 0x00, 0x26, 0xFF, 0x00}
	keyboardReport = []byte{0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7}
)

const fidoRules = `SUBSYSTEM=="hidraw", IMPORT{builtin}="fido_id"`

// machine is one on which all is well, with an ATKey plugged in, and everything about it can be changed.
type machine struct {
	Probe
	env   map[string]string
	files fstest.MapFS
	open  map[string]error
	heads map[string]error
	date  time.Time
	in    bool
	out   bool
	w, h  int
	free  uint64
}

func healthy() *machine {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	m := &machine{
		env: map[string]string{"TERM": "xterm-256color", "LANG": "ja_JP.UTF-8"},
		files: fstest.MapFS{
			"sys/class/hidraw/hidraw0/device/report_descriptor": {Data: keyboardReport},
			"sys/class/hidraw/hidraw1/device/report_descriptor": {Data: fidoReport},
			"sys/class/hidraw/hidraw1/device/uevent":            {Data: []byte("DRIVER=hid-generic\nHID_ID=0003:000031BB:00000622\nHID_NAME=AuthenTrend ATKey.Pro\n")},
			"usr/lib/udev/rules.d/60-fido-id.rules":             {Data: []byte(fidoRules)},
			"proc/self/stat":                                    {Data: []byte("30 (keyrollout) S 20 30 20")},
			"proc/20/stat":                                      {Data: []byte("20 (bash) S 1 20 20")},
			"proc/1/stat":                                       {Data: []byte("1 (systemd) S 0 1 1")},
			"etc/group":                                         {Data: []byte("root:x:0:\nplugdev:x:46:\n")},
		},
		open: map[string]error{}, heads: map[string]error{},
		date: now, in: true, out: true, w: 100, h: 30, free: 1 << 40,
	}
	m.Probe = Probe{
		Version: "v1.0.0", Go: "go1.26.8", LibFIDO2: "1.12.0", GOOS: "linux", GOARCH: "amd64", HostName: "desk7",
		Env:      func(k string) string { return m.env[k] },
		Root:     m.files,
		Open:     func(path string) error { return m.open[path] },
		Terminal: func() (bool, bool, int, int) { return m.in, m.out, m.w, m.h },
		Head: func(_ context.Context, u string) (int, time.Time, error) {
			host := strings.Trim(strings.TrimPrefix(u, "https://"), "/")
			if err := m.heads[host]; err != nil {
				return 0, time.Time{}, err
			}
			return 200, m.date, nil
		},
		Now:        func() time.Time { return now },
		StateDir:   func() (string, error) { return "/home/a/.local/state/keyrollout", nil },
		CheckState: func(string) error { return nil },
		Free:       func(string) (uint64, error) { return m.free, nil },
	}
	return m
}

const healthyReport = `ok     keyrollout: v1.0.0, built by go1.26.8 for linux/amd64
ok     libfido2: version 1.12.0
ok     security keys: AuthenTrend ATKey.Pro (31bb:0622) at /dev/hidraw1 can be opened
ok     udev rules: /usr/lib/udev/rules.d/60-fido-id.rules covers every FIDO key
ok     uhid: /dev/uhid can be opened; only  keyrollout softkey --uhid  needs it
ok     device path: pseudo-terminals can be had: keyrollout softkey can show the software key to other programs
ok     terminal: xterm-256color, 100 columns and 30 rows
ok     colour: 256
ok     character set: UTF-8 (LANG=ja_JP.UTF-8)
ok     network: login.microsoftonline.com (signing in) answers: HTTP 200
ok     network: graph.microsoft.com (the tenant) answers: HTTP 200
ok     clock: 2026-11-22 10:00 UTC, as Microsoft's
ok     state: /home/a/.local/state/keyrollout, where only you may write
ok     disk: 1048576 MB free
`

func TestAHealthyMachine(t *testing.T) {
	found := Examine(t.Context(), healthy().Probe)
	var b bytes.Buffer
	if err := Write(&b, found, Line.String); err != nil || b.String() != healthyReport {
		t.Errorf("%v, got:\n%s\nwant:\n%s", err, b.String(), healthyReport)
	}
	if Faults(found) != 0 {
		t.Error("a healthy machine has faults")
	}
}

// Each case is one thing that is different, and what has to be said of it. Everything else stays as it was.
func TestWhatIsWrongIsSaid(t *testing.T) {
	offline := &net.DNSError{Err: "no such host", Name: "graph.microsoft.com"}
	hidden := func(m *machine) { delete(m.files, "usr/lib/udev/rules.d/60-fido-id.rules") }
	denied := func(m *machine) {
		m.open["/dev/hidraw1"] = &fs.PathError{Op: "open", Path: "/dev/hidraw1", Err: fs.ErrPermission}
	}
	for name, c := range map[string]struct {
		change     func(*machine)
		finding    string
		level      Level
		text, next string // what has to be in them
	}{
		"no libfido2":        {func(m *machine) { m.LibFIDO2 = "" }, "libfido2", OK, "drives attached keys without it", ""},
		"no libfido2, a Mac": {func(m *machine) { m.LibFIDO2, m.GOOS = "", "darwin" }, "libfido2", Note, "no attached key", "make build"},
		"no key":             {func(m *machine) { delete(m.files, "sys/class/hidraw/hidraw1/device/report_descriptor") }, "security keys", Note, "none", "keyrollout practice"},
		"no hidraw at all":   {func(m *machine) { clear(m.files) }, "security keys", Note, "none", "plug one in"},
		"key not ours":       {func(m *machine) { hidden(m); denied(m) }, "security keys", Fault, "may not open", `ATTRS{idVendor}=="31bb", TAG+="uaccess"' | sudo tee /etc/udev/rules.d/70-fido-31bb.rules`},
		"key not ours, ssh":  {func(m *machine) { hidden(m); denied(m); m.env["SSH_CONNECTION"] = "1" }, "security keys", Fault, "may not open", `TAG+="uaccess", MODE="0660", GROUP="plugdev"'`},
		"rule not enough":    {denied, "security keys", Fault, "may not open", `MODE="0660", GROUP="plugdev"'`},
		"no plugdev":         {func(m *machine) { denied(m); delete(m.files, "etc/group") }, "security keys", Fault, "may not open", `GROUP="users"`},
		"key in a container": {func(m *machine) { m.open["/dev/hidraw1"] = fs.ErrNotExist }, "security keys", Fault, "device file is not here", "--device=/dev/hidraw1"},
		"key broken":         {func(m *machine) { m.open["/dev/hidraw1"] = errors.New("input/output error") }, "security keys", Fault, "input/output error", "plug it in again"},
		"key without a name": {func(m *machine) { delete(m.files, "sys/class/hidraw/hidraw1/device/uevent") }, "security keys", OK, "(?:?) at /dev/hidraw1", ""},
		"no rule":            {func(m *machine) { hidden(m); m.files["etc/udev/rules.d/a.rules"] = &fstest.MapFile{} }, "udev rules", Note, "no rule covers an ATKey", "31bb"},
		"rule in a comment":  {func(m *machine) { m.files["usr/lib/udev/rules.d/60-fido-id.rules"].Data = []byte("# " + fidoRules) }, "udev rules", Note, "no rule", "31bb"},
		"own rule": {func(m *machine) {
			m.files["usr/lib/udev/rules.d/60-fido-id.rules"].Data = []byte(`ATTRS{idVendor}=="31BB"`)
		}, "udev rules", OK, "vendor 31bb", ""},
		"no uhid":          {func(m *machine) { m.open["/dev/uhid"] = fs.ErrPermission }, "uhid", OK, "cannot be opened", ""},
		"no pty":           {func(m *machine) { m.open["/dev/ptmx"] = fs.ErrNotExist }, "device path", Note, "keyrollout softkey cannot work", "devpts"},
		"Windows, rights":  {func(m *machine) { m.GOOS = "windows" }, "security keys", Note, "administrators", "as administrator"},
		"Windows, admin":   {func(m *machine) { m.GOOS, m.Admin = "windows", true }, "security keys", OK, "runs as administrator", ""},
		"Windows, screen":  {func(m *machine) { m.GOOS = "windows"; delete(m.env, "TERM") }, "terminal", OK, "the console, ", ""},
		"Windows, colour":  {func(m *machine) { m.GOOS = "windows"; delete(m.env, "TERM") }, "colour", OK, "16 million", ""},
		"Windows, state":   {func(m *machine) { m.GOOS = "windows" }, "state", OK, "the rights of the folder", ""},
		"Windows, path":    {func(m *machine) { m.GOOS = "windows" }, "device path", Note, "Windows", "practice"},
		"Windows, Unicode": {func(m *machine) { m.GOOS = "windows" }, "character set", OK, "Unicode", ""},

		"input not a terminal":  {func(m *machine) { m.in = false }, "terminal", Note, "standard input is not a terminal: the plain dialogue", "ssh -t"},
		"output not a terminal": {func(m *machine) { m.out = false }, "terminal", Note, "standard output is not a terminal", "ssh -t"},
		"screen reader":         {func(m *machine) { m.env["ACCESSIBLE"] = "1" }, "terminal", Note, "ACCESSIBLE", ""},
		"dumb":                  {func(m *machine) { m.env["TERM"] = "dumb" }, "terminal", Note, `TERM is "dumb"`, "export TERM"},
		"no TERM":               {func(m *machine) { m.env["TERM"] = "" }, "terminal", Note, `TERM is ""`, "export TERM"},
		"no size":               {func(m *machine) { m.w, m.h = 0, 0 }, "terminal", Note, "size", "stty cols 80 rows 24"},
		"small":                 {func(m *machine) { m.w = 79 }, "terminal", Note, "79 columns", "80 columns"},
		"true colour":           {func(m *machine) { m.env["COLORTERM"] = "truecolor" }, "colour", OK, "16 million", ""},
		"no colour wanted":      {func(m *machine) { m.env["NO_COLOR"] = "yes" }, "colour", OK, "NO_COLOR", ""},
		"no colour":             {func(m *machine) { m.env["TERM"] = "vt100" }, "colour", OK, "few or none", ""},
		"latin1":                {func(m *machine) { m.env["LC_ALL"] = "de_DE.ISO-8859-1" }, "character set", Note, "LC_ALL=de_DE.ISO-8859-1", "C.UTF-8"},
		"no locale":             {func(m *machine) { m.env["LANG"] = "" }, "character set", Note, "no locale", "C.UTF-8"},
		"ssh":                   {func(m *machine) { m.env["SSH_CONNECTION"] = "10.0.0.1 1 10.0.0.2 22" }, "ssh", Note, "no USB", "into desk7, not into the computer you sit at; a lost line"},
		"ssh under sudo":        {func(m *machine) { m.files["proc/20/stat"].Data = []byte("20 (sshd) S 1 20 20") }, "ssh", Note, "no USB", "desk7"},
		"mosh":                  {func(m *machine) { m.files["proc/20/stat"].Data = []byte("20 (mosh-server) S 1 20 20") }, "mosh", Note, "no USB", "desk7"},
		"tmux":                  {func(m *machine) { m.env["TMUX"] = "/tmp/tmux-0/default,1,0" }, "tmux", Note, "half a second", "set-clipboard"},
		"screen":                {func(m *machine) { m.env["STY"] = "1.pts" }, "screen", Note, "clipboard", "mouse"},

		"proxy":          {func(m *machine) { m.env["HTTPS_PROXY"] = "http://proxy:3128" }, "proxy", OK, "HTTPS_PROXY is http://proxy:3128", ""},
		"proxy password": {func(m *machine) { m.env["https_proxy"] = "http://me:pa@ss@proxy:3128" }, "proxy", OK, "http://(hidden)@proxy:3128", ""},
		"proxy, short":   {func(m *machine) { m.env["https_proxy"] = "me:pass@proxy:3128" }, "proxy", OK, "is (hidden)@proxy:3128", ""},
		"no network":     {func(m *machine) { m.heads["graph.microsoft.com"] = offline }, "network", Note, "graph.microsoft.com (the tenant) has no address", "HTTPS_PROXY; practice works"},
		"nobody answers": {func(m *machine) { m.heads["graph.microsoft.com"] = fmt.Errorf("x: %w", context.DeadlineExceeded) }, "network", Note, "within 3s", "practice works"},
		"refused": {func(m *machine) {
			m.heads["login.microsoftonline.com"] = &url.Error{Op: "Head", URL: "https://x", Err: errors.New("connection refused")}
		}, "network", Note, "login.microsoftonline.com (signing in) cannot be reached: connection refused", "practice works"},
		"someone between": {func(m *machine) {
			m.heads["graph.microsoft.com"] = x509.UnknownAuthorityError{Cert: &x509.Certificate{Issuer: pkix.Name{CommonName: "Corp Proxy"}}}
		}, "network", Note, `signed by "CN=Corp Proxy"`, "do not sign in here"},

		"clock ahead":   {func(m *machine) { m.date = m.date.Add(-6 * time.Minute) }, "clock", Fault, "6m0s ahead of Microsoft's", "set-ntp"},
		"clock behind":  {func(m *machine) { m.date = m.date.Add(time.Hour) }, "clock", Fault, "1h0m0s behind Microsoft's", "set-ntp"},
		"clock unknown": {func(m *machine) { m.date = time.Time{} }, "clock", OK, "not compared", ""},
		"clock of 1970": {func(m *machine) {
			m.date = time.Time{}
			m.Now = func() time.Time { return time.Unix(60, 0) }
		}, "clock", Fault, "1970-01-01 00:01 UTC cannot be right", "set-ntp"},

		"no home":        {func(m *machine) { m.StateDir = func() (string, error) { return "", errors.New("HOME is not set") } }, "state", Fault, "HOME is not set", ""},
		"no state yet":   {func(m *machine) { m.CheckState = func(string) error { return fs.ErrNotExist } }, "state", OK, "will be made", ""},
		"state not ours": {func(m *machine) { m.CheckState = func(string) error { return errors.New("others may write to it") } }, "state", Fault, "others may write", ""},
		"disk full":      {func(m *machine) { m.free = 3 << 20 }, "disk", Fault, "only 3 MB", "KEYROLLOUT_STATE"},
		"disk unknown":   {func(m *machine) { m.Free = func(string) (uint64, error) { return 0, errors.New("no statfs") } }, "disk", Note, "no statfs", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := healthy()
			c.change(m)
			found := Examine(t.Context(), m.Probe)
			fits := false
			for _, f := range found {
				fits = fits || f.Name == c.finding && f.Level == c.level && strings.Contains(f.Text.String(), c.text) && strings.Contains(f.Next.String(), c.next)
				if f.Level == Fault && f.Name != c.finding {
					t.Errorf("another fault: %+v", f)
				}
				if strings.Contains(f.Text.String()+f.Next.String(), "pa@ss") || strings.Contains(f.Text.String()+f.Next.String(), "me:") {
					t.Errorf("the proxy's password shows: %+v", f)
				}
			}
			if !fits {
				var b bytes.Buffer
				_ = Write(&b, found, Line.String)
				t.Errorf("want %s %s with %q, next %q; got:\n%s", c.level, c.finding, c.text, c.next, b.String())
			}
		})
	}
}

// A server that never answers costs three seconds, not one more, both servers together.
func TestTheNetworkHasThreeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := healthy()
		m.Head = func(ctx context.Context, _ string) (int, time.Time, error) {
			<-ctx.Done()
			return 0, time.Time{}, ctx.Err()
		}
		began := time.Now()
		found := Examine(t.Context(), m.Probe)
		if took := time.Since(began); took != patience {
			t.Errorf("took %v", took)
		}
		if Faults(found) != 0 {
			t.Error("to be offline is no fault")
		}
	})
}

func TestReportDescriptors(t *testing.T) {
	for name, c := range map[string]struct {
		descriptor []byte
		want       bool
	}{
		"key":                       {fidoReport, true},
		"keyboard":                  {keyboardReport, false},
		"nothing":                   {nil, false},
		"cut off":                   {fidoReport[:2], false},
		"after a keyboard":          {append(append([]byte{}, keyboardReport...), fidoReport...), true},
		"page in four bytes":        {[]byte{0x07, 0xD0, 0xF1, 0x00, 0x00}, true},
		"the number, not as a page": {[]byte{0x26, 0xD0, 0xF1, 0x17, 0x06, 0xD0, 0xF1, 0x00}, false},
		"after a long item":         {append([]byte{0xFE, 0x03, 0x10, 0x06, 0xD0, 0xF1}, fidoReport...), true},
		"within a long item":        {[]byte{0xFE, 0x03, 0x10, 0x06, 0xD0, 0xF1}, false},
		"a long item cut off":       {[]byte{0xFE}, false},
		"a long item too long":      {[]byte{0xFE, 0xFF, 0x10, 0x06}, false},
	} {
		if got := isFIDO(c.descriptor); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzReportDescriptor(f *testing.F) {
	f.Add(fidoReport)
	f.Add([]byte{0xFE, 0x03, 0x10, 0x06, 0xD0, 0xF1})
	f.Fuzz(func(_ *testing.T, b []byte) { isFIDO(b) }) // ends, and does not panic
}

func TestAncestorsOfOddNames(t *testing.T) {
	m := healthy()
	m.files["proc/20/stat"].Data = []byte("20 (a) b (c) S 1 20 20")
	if got := strings.Join(ancestors(m.Root), ","); got != "a) b (c,systemd" {
		t.Errorf("got %q", got)
	}
	m.files["proc/20/stat"].Data = []byte("20 (loop) S 20 20 20")
	ancestors(m.Root) // ends
	m.files["proc/20/stat"].Data = []byte("half")
	if got := ancestors(m.Root); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestWriteDropsWhatSteersATerminal(t *testing.T) {
	var b bytes.Buffer
	_ = Write(&b, []Finding{{"security keys", OK, T("%s", "a\x1b[2Jkey\nfault  x: y"), Line{}}}, Line.String)
	if b.String() != "ok     security keys: a[2Jkeyfault  x: y\n" {
		t.Errorf("got %q", b.String())
	}
}

func TestWriteJSON(t *testing.T) {
	var b bytes.Buffer
	all := []Finding{{"disk", Fault, T("only 3 MB"), T("make room")}, {"clock", OK, T("fine"), Line{}}}
	if err := WriteJSON(&b, all); err != nil {
		t.Fatal(err)
	}
	var back []Finding
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || fmt.Sprint(back) != fmt.Sprint(all) {
		t.Errorf("%v: %s", err, b.String())
	}
	b.Reset()
	if _ = WriteJSON(&b, nil); strings.TrimSpace(b.String()) != "[]" {
		t.Errorf("of nothing: %q", b.String())
	}
}

// The real probe, on whatever machine this is: it must not fail, and what it asks of servers must arrive.
func TestHost(t *testing.T) {
	t.Setenv("KEYROLLOUT_STATE", t.TempDir()+"/not/yet")
	p := Host()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead {
			t.Errorf("%s instead of HEAD", r.Method)
		}
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	if _, _, err := p.Head(t.Context(), server.URL); !errors.As(err, new(x509.UnknownAuthorityError)) {
		t.Errorf("a certificate that nobody knows: %v", err)
	}
	plain := httptest.NewServer(server.Config.Handler)
	defer plain.Close()
	status, date, err := p.Head(t.Context(), plain.URL)
	if err != nil || status != http.StatusFound || time.Since(date).Abs() > time.Minute {
		t.Errorf("got %d, %v, %v", status, date, err)
	}
	p.Head = func(context.Context, string) (int, time.Time, error) {
		return 0, time.Time{}, errors.New("not in a test")
	}
	var b bytes.Buffer
	if err := Write(&b, Examine(t.Context(), p), Line.String); err != nil || strings.Contains(b.String(), "fault  disk") {
		t.Errorf("%v:\n%s", err, b.String())
	}
	t.Log("\n" + b.String())
}
