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
