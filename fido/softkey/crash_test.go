package softkey

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestMain is also the program that TestKilledWhileWriting kills.
func TestMain(m *testing.M) {
	if path := os.Getenv("SOFTKEY_WRITER"); path != "" {
		writeForEver(path)
	}
	os.Exit(m.Run())
}

// writeForEver counts up in a store, and tells each number once it is written.
func writeForEver(path string) {
	s, err := FileStore(path, WithKey(storeKey(7)))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	b, err := s.Load()
	for n, _ := strconv.Atoi(string(b)); err == nil; {
		n++
		if err = s.Save([]byte(strconv.Itoa(n))); err == nil {
			fmt.Println(n)
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

// A program killed at any moment leaves a whole file, with everything in it that it had told to be written.
func TestKilledWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	told := 0
	for i := range 25 {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), "SOFTKEY_WRITER="+path)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() { // the first number tells that it writes; the kill comes at some point of a later write
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Errorf("the writer: %s", lines.Text())
				break
			}
			if told == 0 || n == told+1 {
				time.AfterFunc(time.Duration(i*i)*37*time.Microsecond, func() { _ = c.Process.Kill() })
			}
			told = max(told, n)
		}
		_ = c.Wait()
		s := fileStoreAt(t, path)
		b, err := s.Load()
		if n, bad := strconv.Atoi(string(b)); err != nil || bad != nil || n < told {
			t.Errorf("after %d: loaded %q, %v", told, b, err)
		} else {
			told = n
		}
		closeStore(t, s)
	}
}

// What a cut leaves lying beside the file, torn or whole, is no hindrance.
func TestLeftovers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	s := fileStoreAt(t, path)
	defer closeStore(t, s)
	for i, name := range []string{".new", ".before.new", ".before", ".new"} {
		if err := s.Save([]byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+name, []byte("torn"), 0o600); err != nil {
			t.Fatal(err)
		}
		if b, err := s.Load(); err != nil || len(b) != 1 || b[0] != byte(i) {
			t.Errorf("%s torn: loaded %x, %v", name, b, err)
		}
	}
	if err := errors.Join(s.Save([]byte("a")), s.Save([]byte("b"))); err != nil {
		t.Error(err)
	}
}

// failsOnce is a store whose n-th write fails.
type failsOnce struct {
	Store
	n int
}

func (f *failsOnce) Save(b []byte) error {
	f.n--
	if f.n == 0 {
		return errors.New("the disk is full")
	}
	return f.Store.Save(b)
}

// Whichever write fails, the key never goes on from a state that is not written, and works on.
func TestEveryWriteFailsOnce(t *testing.T) {
	for n := 2; n < 20; n++ { // the first write is the new key's: it does not open without
		store := &failsOnce{Store: MemoryStore(), n: n}
		k := open(t, Options{Profile: relaxed(), Store: store})
		c := dial(t, k)
		run := func() (failed int) {
			for _, s := range []status{
				c.setPIN(2, "1234"), c.changePIN(2, "1234", "1234"), c.changePIN(2, "0000", "1234"),
				c.cbor(cmdMake, makeParams("a.example", "u", tok{}, m{7: map[string]bool{}}), nil),
				c.try(permMake, func(k tok) status { return c.cbor(cmdMake, makeParams("a.example", "u", k, nil), nil) }),
				c.try(permAssert, func(k tok) status { return c.cbor(cmdAssert, assertParams("a.example", k, nil), nil) }),
				c.try(permConfig, func(k tok) status { return c.config(k, 3, m{1: 4, 2: []string{"a.example"}}) }),
			} {
				if s == errOther {
					failed++
				}
				k.mu.Lock()
				now, err := encoder.Marshal(k.st)
				k.mu.Unlock()
				if written, bad := store.Load(); err != nil || bad != nil || string(now) != string(written) {
					t.Fatalf("write %d: the key goes on from a state that is not written", n)
				}
			}
			return failed
		}
		if failed := run(); failed > 1 {
			t.Errorf("write %d: %d operations failed", n, failed)
		}
		run()
		if a, _ := c.assert("a.example", nil); len(a.Signature) == 0 {
			t.Errorf("write %d: no assertion afterwards", n)
		}
	}
}

// try uses a token, where there is one.
func (c *client) try(permissions uint, f func(tok) status) status {
	c.t.Helper()
	k, s := c.pinToken(2, "1234", permissions, "")
	if s != statusOK {
		return s
	}
	return f(k)
}
