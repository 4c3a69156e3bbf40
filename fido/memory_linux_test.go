// The race detector has too much memory to search.

//go:build !race

package fido_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"keyrollout/fido"
	"keyrollout/internal/secret"
)

// After its secret is wiped, no PIN is left anywhere in the memory of this process: neither in C's heap nor in Go's.
// The software key in the same process has seen it too.
func TestNoPINStaysInMemory(t *testing.T) {
	if !canReadMemory() {
		t.Skip("this process may not read its own memory")
	}
	for name, o := range openers {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			// The PIN is never written down in one piece but in the secret: the search knows it by halves, which might
			// come to lie side by side.
			var first, second [8]byte // second is kept inverted
			for i := range first {
				var b [2]byte
				_, _ = rand.Read(b[:])
				first[i], second[i] = 'a'+b[0]%26, ^('a' + b[1]%26)
			}
			whole := func() secret.Secret {
				b := make([]byte, 0, 16)
				b = append(b, first[:]...)
				for _, c := range second {
					b = append(b, ^c)
				}
				return secret.New(b)
			}
			k, _ := newKey(t)
			s := open(t, o, k)
			p := whole()
			if err := s.SetPIN(ctx, p); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Make(ctx, p, request("ana")); err != nil {
				t.Fatal(err)
			}
			if found := search(first, second); len(found) == 0 {
				t.Fatal("the search does not find a PIN that is there")
			}
			if _, err := s.Enrol(ctx, p, "x", nil); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Credentials(ctx, p, ""); err != nil {
				t.Fatal(err)
			}
			p.Wipe()
			_ = s.Close()
			runtime.GC()
			for _, where := range search(first, second) {
				t.Errorf("the PIN is at %s", where)
			}
		})
	}
}

// An answer that claims to hold millions of things and holds none costs no more than what it holds: the resident memory
// of the process never peaks above what it was before.
func TestAnswerThatClaimsMillions(t *testing.T) {
	for name, tail := range map[string][]byte{
		"an array":                   {0x9A, 0x03, 0xFF, 0x1B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
		"a map":                      {0xBA, 0x01, 0xFF, 0x1B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
		"an array in a map":          {0xA1, 0x01, 0x9A, 0x03, 0xFF, 0x1B, 0xFF},
		"an array in another report": append(append([]byte{0xA2, 0x01, 0x58, 0x64}, make([]byte, 100)...), 0x02, 0x9A, 0x03, 0xFF, 0x1B, 0xFF),
	} {
		for session, o := range openers {
			t.Run(name+"/"+session, func(t *testing.T) {
				_, s := openFake(t, o, func(*fakeKey, []byte) []byte { return append([]byte{0}, tail...) })
				if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // the peak is now
					t.Skip("no peak to be had here: ", err)
				}
				before := peak(t)
				_, err := s.Retries(t.Context())
				if grown := peak(t) - before; grown > 64<<10 {
					t.Errorf("%d MiB for %d bytes", grown>>10, len(tail))
				}
				wantCode(t, err, fido.CodeGarbled)
			})
		}
	}
}

// A key that lies costs no more at hidraw than on a line of ours.
func TestUHIDAnswerThatClaimsMillions(t *testing.T) {
	bomb := []byte{0, 0x9A, 0x03, 0xFF, 0x1B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}
	k := newFake(func(k *fakeKey, m []byte) []byte {
		if m[0] == 0x04 {
			return fakeInfo
		}
		return bomb
	})
	plug(t, k, 0xF1D0, fido.ReportSize)
	s, err := fido.Attached().Open(t.Context(), attachedKey(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Skip("no peak to be had here: ", err)
	}
	before := peak(t)
	_, err = s.Retries(t.Context())
	if grown := peak(t) - before; grown > 64<<10 {
		t.Errorf("%d MiB for %d bytes", grown>>10, len(bomb))
	}
	wantCode(t, err, fido.CodeGarbled)
}

// peak is the most memory this process has had resident, in KiB.
func peak(t *testing.T) (kib int) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		t.Fatal(err)
	}
	return kib
}

func canReadMemory() bool {
	f, err := os.Open("/proc/self/mem")
	if err == nil {
		_ = f.Close()
	}
	return err == nil
}

// search looks through what this process may write to for one piece directly followed by the other, inverted.
func search(first, second [8]byte) (found []string) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil
	}
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		return nil
	}
	defer mem.Close()
	buf := make([]byte, 1<<20)
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		var from, to uintptr
		var mode string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &mode); err != nil || !strings.HasPrefix(mode, "rw") {
			continue
		}
		for at := from; at < to; at += uintptr(len(buf)) - 16 {
			n, _ := mem.ReadAt(buf[:min(len(buf), int(to-at))], int64(at))
			for rest, off := buf[:n], 0; ; {
				i := bytes.Index(rest, first[:])
				if i < 0 {
					break
				}
				same := len(rest) >= i+16
				for k := 0; same && k < 8; k++ {
					same = rest[i+8+k] == ^second[k]
				}
				if same {
					found = append(found, fmt.Sprintf("%#x in %s", at+uintptr(off+i), lines.Text()))
				}
				rest, off = rest[i+8:], off+i+8
			}
		}
		clear(buf)
	}
	return found
}
