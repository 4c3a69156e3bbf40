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
