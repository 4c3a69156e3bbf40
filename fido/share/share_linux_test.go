package share_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"keyrollout/fido"
	"keyrollout/fido/share"
	"keyrollout/fido/softkey"
	"keyrollout/internal/secret"
)

// touching touches the key, unless it is told to wait for ever.
type touching struct{ never bool }

func (t touching) Touch(ctx context.Context, r softkey.TouchRequest) (softkey.Touch, error) {
	if t.never {
		<-ctx.Done()
		return softkey.Touch{None: true}, nil
	}
	return softkey.Touch{}, nil
}

// pair is a key at a desk that is used on another machine.
type pair struct {
	key        *softkey.Key
	path       string
	stop       context.CancelFunc
	desk, host chan error
	mu         sync.Mutex
	told       []share.Activity
}

func newKey(t *testing.T, touch softkey.Toucher) *softkey.Key {
	t.Helper()
	k, err := softkey.Open(softkey.Options{Profile: softkey.YubiKey5(), Store: softkey.MemoryStore(), Toucher: touch})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

func shared(t *testing.T, touch softkey.Toucher) *pair {
	t.Helper()
	return decided(t, touch, yes(t.Context()))
}

// yes is a person who allows everything.
func yes(ctx context.Context) <-chan bool {
	c := make(chan bool)
	go func() {
		for ctx.Err() == nil {
			select {
			case c <- true:
				time.Sleep(time.Millisecond)
			case <-ctx.Done():
			}
		}
	}()
	return c
}

// decided is shared with a person at the desk who decides.
func decided(t *testing.T, touch softkey.Toucher, decide <-chan bool) *pair {
	t.Helper()
	p := &pair{key: newKey(t, touch), desk: make(chan error, 1), host: make(chan error, 1)}
	near, far := net.Pipe()
	at, err := share.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	p.stop = stop
	t.Cleanup(stop)
	ready := make(chan string, 1)
	go func() {
		p.desk <- share.Desk(ctx, near, p.key.Link(), share.DeskOptions{Ready: func(path string) { ready <- path }, Tell: p.tell, Decide: decide})
	}()
	go func() { p.host <- share.Host(t.Context(), far, at, func(string) {}) }()
	select {
	case p.path = <-ready:
	case <-time.After(10 * time.Second):
		t.Fatal("no path within 10 s")
	}
	return p
}

func (p *pair) tell(a share.Activity) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, a)
}

func (p *pair) any(is func(share.Activity) bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.told, is)
}

// ended waits for how one side ended.
func ended(t *testing.T, c chan error) error {
	t.Helper()
	select {
	case err := <-c:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("it did not end within 10 s")
		return nil
	}
}

func makeRequest() fido.MakeRequest {
	return fido.MakeRequest{RPID: "login.example", RPName: "Example", UserID: []byte("1"), UserName: "ana", DisplayName: "Ana",
		Algorithms: []int{fido.ES256}}
}

func TestKeyIsUsedFromAfar(t *testing.T) {
	p := shared(t, touching{})
	ctx, pin := t.Context(), secret.New([]byte("482913"))
	s, err := fido.OpenPath(ctx, p.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetPIN(ctx, pin); err != nil {
		t.Fatal(err)
	}
	made, err := s.Make(ctx, pin, makeRequest())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Assert(ctx, pin, fido.AssertRequest{RPID: "login.example", Allow: [][]byte{made.ID}, VerifyUser: true}); err != nil || len(got) != 1 {
		t.Fatalf("%v %v", got, err)
	}
	s.Close()
	for _, want := range []share.Activity{
		{Command: "authenticatorClientPIN setPIN", Held: share.HoldChange}, {Command: "authenticatorMakeCredential", RPID: "login.example"},
		{Command: "authenticatorGetAssertion", RPID: "login.example"},
	} {
		if !p.any(func(a share.Activity) bool { return a == want }) {
			t.Errorf("the person at the desk was not told of %s: %+v", want.Command, p.told)
		}
	}
	again, err := fido.OpenPath(ctx, p.path) // one session after the other
	if err != nil {
		t.Fatal(err)
	}
	again.Close()

	tool, err := exec.LookPath("fido2-token")
	if err != nil {
		t.Skip("fido2-token is missing (Debian: fido2-tools)")
	}
	out, err := exec.CommandContext(ctx, tool, "-I", p.path).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "FIDO_2_0") {
		t.Errorf("fido2-token: %v\n%s", err, out)
	}
}

// A program that is killed while the key waits for its touch leaves a key that the next program can use at once.
func TestAProgramThatIsGoneLeavesTheKeyFree(t *testing.T) {
	p := shared(t, touching{never: true})
	s, err := fido.OpenPath(t.Context(), p.path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.(fido.Toucher).Touch(ctx) }()
	waits := func(a share.Activity) bool { return a.Touch }
	for start := time.Now(); !p.any(waits); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatal("the person at the desk was not asked for a touch")
		}
	}
	raw, err := os.OpenFile(p.path, os.O_RDWR, 0) // another program, at the same moment
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	init := make([]byte, 65)
	copy(init[1:], []byte{0xff, 0xff, 0xff, 0xff, 0x86, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8})
	if _, err := raw.Write(init); err != nil {
		t.Fatal(err)
	}
	stopped := func(a share.Activity) bool { return a.Done && a.Status == byte(fido.CodeCancelled) }
	for start := time.Now(); !p.any(stopped); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 5*time.Second {
			t.Fatalf("the key was not told to stop: %+v", p.told)
		}
	}
	stop()
	<-done
	s.Close()
}

// Whatever a program leaves half written when it dies, the next one is answered at its first try.
func TestAHalfReportKeepsNobodyFromTheKey(t *testing.T) {
	p := shared(t, touching{})
	init := append([]byte{0, 0xff, 0xff, 0xff, 0xff, 0x86, 0, 8}, bytes.Repeat([]byte{7}, 57)...)
	for _, torn := range [][]byte{{0}, init[:30], init[:64]} {
		f, err := os.OpenFile(p.path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range [][]byte{torn, init} {
			if _, err := f.Write(b); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		var r report
		if _, err := io.ReadFull(f, r[:]); err != nil || r[4] != 0x86 || r[7] != 7 {
			t.Errorf("behind %d bytes: % x, %v", len(torn), r[:16], err)
		}
		f.Close()
	}
}

func TestSharingEndsWithEverythingItHangsOn(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*pair)
		desk error
	}{
		"the person":  {func(p *pair) { p.stop() }, context.Canceled},
		"the key":     {func(p *pair) { p.key.PlugOut() }, share.ErrKeyGone},
		"the program": {func(p *pair) { p.key.Close() }, share.ErrKeyGone},
	} {
		t.Run(name, func(t *testing.T) {
			p := shared(t, touching{})
			s, err := fido.OpenPath(t.Context(), p.path)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			c.end(p)
			if err := ended(t, p.desk); !errors.Is(err, c.desk) {
				t.Errorf("the desk ended with %v", err)
			}
			if err := ended(t, p.host); err != nil {
				t.Errorf("the far side ended with %v", err)
			}
			if _, err := s.Retries(t.Context()); err == nil {
				t.Error("the key still answers")
			}
			if _, err := fido.OpenPath(t.Context(), p.path); err == nil {
				t.Error("the path still opens")
			}
		})
	}
}

const helloLine = "keyrollout key share 1\n"

// What is not a shared key ends the connection in words, on either side.
func TestHostileInputEnds(t *testing.T) {
	frame := func(kind byte, n int, b string) string { return string([]byte{kind, byte(n >> 8), byte(n)}) + b }
	r := func(head string) string { return frame(2, 64, head+strings.Repeat("\x00", 64-len(head))) }
	ready := frame(1, 10, "/dev/pts/9")
	for name, c := range map[string]struct {
		said string
		want string
		host bool // said to Host too
	}{
		"a greeting":        {"Welcome to Ubuntu 24.04 LTS!\n", "it began with", true},
		"half a greeting":   {"keyroll", "cut off after", true},
		"another version":   {"keyrollout key share 9\n", "it began with", true},
		"unknown frame":     {helloLine + frame(9, 1, "x"), "kind 9", true},
		"long report":       {helloLine + frame(2, 65, ""), "a report of 65 bytes", true},
		"short report":      {helloLine + frame(2, 0, ""), "a report of 0 bytes", true},
		"endless text":      {helloLine + frame(3, 65535, ""), "a text of 65535 bytes", true},
		"cut off":           {helloLine + ready + r("")[:20], "cut off within a frame", false},
		"cut off in head":   {helloLine + "\x02", "cut off within a frame", true},
		"report too early":  {helloLine + r(""), "out of turn", false},
		"ready twice":       {helloLine + ready + ready, "out of turn", false},
		"ready to the host": {helloLine + ready, "out of turn", true},
		"no path":           {helloLine + frame(1, 3, "abc"), "the path", false},
		"a sentence":        {helloLine + frame(1, 17, "/x. Touch the key"), "the path", false},
		"a long path":       {helloLine + frame(1, 100, "/"+strings.Repeat("x", 99)), "the path", false},
		"endless message":   {helloLine + ready + r("\x00\x00\x00\x01\x90\xff\xff"), "a message of 65535 bytes", false},
	} {
		check := func(side string, run func(conn net.Conn) error) {
			near, far := net.Pipe()
			go func() {
				go io.Copy(io.Discard, far)
				io.WriteString(far, c.said)
				far.Close()
			}()
			result := make(chan error, 1)
			go func() { result <- run(near) }()
			err := ended(t, result)
			if !errors.Is(err, share.ErrProtocol) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %s: %v", name, side, err)
			}
		}
		if name != "ready to the host" {
			k := newKey(t, touching{})
			check("desk", func(conn net.Conn) error {
				return share.Desk(t.Context(), conn, k.Link(), share.DeskOptions{Ready: func(string) {}, Tell: func(share.Activity) {}})
			})
		}
		if c.host {
			check("host", func(conn net.Conn) error {
				at, err := share.Listen()
				if err != nil {
					return err
				}
				return share.Host(t.Context(), conn, at, func(string) {})
			})
		}
	}
}

// A vendor's own commands do not reach the key: they could change its firmware.
func TestOnlyFIDOPasses(t *testing.T) {
	k := newKey(t, touching{})
	seen := &recorder{Link: k.Link()}
	near, far := net.Pipe()
	go share.Desk(t.Context(), near, seen, share.DeskOptions{Ready: func(string) {}, Tell: func(share.Activity) {}})
	go io.WriteString(far, helloLine+"\x01\x00\x02/x"+"\x02\x00\x40\x00\x00\x00\x01\xc2\x00\x04boom"+strings.Repeat("\x00", 64-11))
	got := make([]byte, len(helloLine)+3+64)
	if _, err := io.ReadFull(far, got); err != nil {
		t.Fatal(err)
	}
	if r := got[len(helloLine)+3:]; r[3] != 1 || r[4] != 0xBF || r[7] != 1 {
		t.Errorf("answered % x", r[:10])
	}
	far.Close()
	if seen.n.Load() != 0 {
		t.Error("it reached the key")
	}
}

// A device path is shared on: the line to it is the one to a hidraw device.
func TestADevicePathIsSharedOn(t *testing.T) {
	k := newKey(t, touching{})
	path, _, err := k.Serve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l, err := fido.OpenHID(path)
	if err != nil {
		t.Fatal(err)
	}
	var no *fido.Error
	if _, err := fido.OpenHID(path); !errors.As(err, &no) || no.Code != fido.CodeBusy {
		t.Errorf("a second program: %v", err)
	}
	near, far := net.Pipe()
	at, err := share.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	go share.Desk(t.Context(), near, l, share.DeskOptions{Ready: func(p string) { ready <- p }, Tell: func(share.Activity) {}, Decide: yes(t.Context())})
	go share.Host(t.Context(), far, at, func(string) {})
	s, err := fido.OpenPath(t.Context(), <-ready)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.SetPIN(t.Context(), secret.New([]byte("482913"))); err != nil {
		t.Fatal(fmt.Errorf("over two lines: %w", err))
	}
}
