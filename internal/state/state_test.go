package state

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestDir(t *testing.T) {
	type env map[string]string
	abs := func(path string) string { a, _ := filepath.Abs(path); return filepath.ToSlash(a) } // has a drive on Windows
	for _, c := range []struct {
		goos string
		env  env
		want string // or, after "!", what the error has to name
	}{
		{"linux", env{"HOME": "/home/a"}, "/home/a/.local/state/keyrollout"},
		{"linux", env{"HOME": "/home/a", "XDG_STATE_HOME": abs("/s")}, abs("/s/keyrollout")},
		{"linux", env{"HOME": "/home/a", "XDG_STATE_HOME": "s"}, "/home/a/.local/state/keyrollout"},
		{"linux", env{"HOME": "/home/a", Override: "/own"}, abs("/own")},
		{"linux", env{}, "!HOME"},
		{"freebsd", env{"HOME": "/home/a"}, "/home/a/.local/state/keyrollout"},
		{"darwin", env{"HOME": "/Users/a", "XDG_STATE_HOME": "/s"}, "/Users/a/Library/Application Support/keyrollout"},
		{"darwin", env{}, "!HOME"},
		{"windows", env{"LocalAppData": "/l"}, "/l/keyrollout"},
		{"windows", env{Override: "/own"}, abs("/own")},
		{"windows", env{}, "!LocalAppData"},
	} {
		got, err := Dir(func(k string) string { return c.env[k] }, c.goos)
		if name, isErr := strings.CutPrefix(c.want, "!"); isErr {
			if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), Override) {
				t.Errorf("%s %v: got %q, %v; want an error that names %s and %s", c.goos, c.env, got, err, name, Override)
			}
			continue
		}
		if err != nil || filepath.ToSlash(got) != c.want {
			t.Errorf("%s %v: got %q, %v; want %q", c.goos, c.env, got, err, c.want)
		}
	}
}

func TestDirOfARelativeOverrideDoesNotMoveWithTheProcess(t *testing.T) {
	got, err := Dir(func(k string) string { return map[string]string{Override: "here"}[k] }, runtime.GOOS)
	wd, _ := os.Getwd()
	if err != nil || got != filepath.Join(wd, "here") {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestEnsure(t *testing.T) {
	needUnix(t)
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := Ensure(dir); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if f, err := os.Stat(d); err != nil || f.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", d, f.Mode(), err)
		}
	}
	if err := Ensure(dir); err != nil {
		t.Errorf("the second time: %v", err)
	}
}

func TestEnsureRefuses(t *testing.T) {
	needUnix(t)
	wantRefusal := func(t *testing.T, dir, word string) {
		t.Helper()
		if err := Ensure(dir); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v; want an error with %q", err, word)
		}
	}
	for _, mode := range []os.FileMode{0o777, 0o770, 0o702, 0o777 | os.ModeSticky} {
		t.Run(fmt.Sprint("mode ", mode), func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Chmod(dir, mode); err != nil {
				t.Fatal(err)
			}
			wantRefusal(t, dir, "chmod 700 "+dir)
		})
	}
	t.Run("a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		write(t, file, "")
		wantRefusal(t, file, file)
		wantRefusal(t, filepath.Join(file, "below"), file)
	})
	t.Run("a link to nowhere", func(t *testing.T) {
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink("nowhere", link); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, link, link)
	})
	t.Run("a read-only parent", func(t *testing.T) {
		parent := t.TempDir()
		readOnly(t, parent, func() { wantRefusal(t, filepath.Join(parent, "state"), "permission denied") })
	})
	t.Run("another's directory, and links to and from it", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("only root can make a directory that belongs to somebody else")
		}
		const nobody = 65534
		base := t.TempDir()
		theirs, mine := filepath.Join(base, "theirs"), filepath.Join(base, "mine")
		toTheirs, theirLink, myLink := filepath.Join(base, "1"), filepath.Join(base, "2"), filepath.Join(base, "3")
		err := errors.Join(os.Mkdir(theirs, 0o700), os.Mkdir(mine, 0o700), os.Chown(theirs, nobody, nobody),
			os.Symlink(theirs, toTheirs), os.Symlink(mine, theirLink), os.Lchown(theirLink, nobody, nobody),
			os.Symlink(mine, myLink))
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{theirs, toTheirs, theirLink} {
			wantRefusal(t, dir, "belongs to")
		}
		if err := Ensure(myLink); err != nil {
			t.Errorf("a link of one's own to a directory of one's own: %v", err)
		}
	})
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key.age")
	for _, content := range []string{"first", "", strings.Repeat("long", 1<<18)} {
		if err := WriteFile(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Fatalf("got %d bytes, %v; want %d", len(got), err, len(content))
		}
	}
	if runtime.GOOS != "windows" {
		if f, _ := os.Stat(path); f.Mode().Perm() != 0o600 {
			t.Errorf("mode %v", f.Mode())
		}
	}
	onlyFile(t, dir, "key.age")
}

func TestWriteFileThatFailsLeavesTheOldContent(t *testing.T) {
	t.Run("read-only directory", func(t *testing.T) {
		needUnix(t)
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		write(t, path, "old")
		readOnly(t, dir, func() {
			if err := WriteFile(path, []byte("new")); !errors.Is(err, os.ErrPermission) {
				t.Errorf("got %v", err)
			}
		})
		if got, _ := os.ReadFile(path); string(got) != "old" {
			t.Errorf("the file now has %q", got)
		}
		onlyFile(t, dir, "f")
	})
	t.Run("the path is a directory", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "f"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := WriteFile(filepath.Join(dir, "f"), []byte("new")); err == nil {
			t.Error("no error")
		}
		onlyFile(t, dir, "f")
	})
	t.Run("the directory is a file, or missing", func(t *testing.T) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "file"), "")
		for _, d := range []string{"file", "missing"} {
			if err := WriteFile(filepath.Join(dir, d, "f"), nil); err == nil {
				t.Errorf("%s: no error", d)
			}
		}
		onlyFile(t, dir, "file")
	})
}

// A reader never sees half a file, however the writing falls.
func TestWriteFileIsOnePiece(t *testing.T) {
	needUnix(t) // Windows refuses the rename while a reader has the file open
	path := filepath.Join(t.TempDir(), "f")
	content := func(i int) []byte { return []byte(strings.Repeat(string(rune('a'+i)), 1+i*10_000)) }
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for range 25 {
				if err := WriteFile(path, content(i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for {
		got, err := os.ReadFile(path)
		if err == nil && (len(got) == 0 || string(got) != string(content(int(got[0]-'a')))) {
			t.Fatalf("half a file: %d bytes", len(got))
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Lock(path)
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("the second lock: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	unlock, err = Lock(path)
	if err != nil {
		t.Fatalf("after unlocking: %v", err)
	}
	_ = unlock()
	if _, err := Lock(filepath.Join(t.TempDir(), "missing", "lock")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in a missing directory: %v", err)
	}
}

// The lock of a process that was killed is free at once.
func TestLockGoesWithItsProcess(t *testing.T) {
	if path := os.Getenv("STATE_TEST_LOCK"); path != "" {
		if _, err := Lock(path); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("locked")
		select {}
	}
	path := filepath.Join(t.TempDir(), "lock")
	child := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	child.Env = append(os.Environ(), "STATE_TEST_LOCK="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var line string
	if _, err := fmt.Fscanln(out, &line); err != nil || line != "locked" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	_, err = Lock(path)
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), fmt.Sprint("process ", child.Process.Pid)) {
		t.Errorf("while the child lives: %v", err)
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	unlock, err := Lock(path)
	if err != nil {
		t.Fatalf("after the child was killed: %v", err)
	}
	_ = unlock()
}

func needUnix(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no mode bits")
	}
}

// readOnly calls f while nobody may write in dir: root, who may all the same, is not root meanwhile.
func readOnly(t *testing.T, dir string, f func()) {
	t.Helper()
	if err := errors.Join(os.Chmod(dir, 0o555), os.Chmod(filepath.Dir(dir), 0o755)); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	if os.Geteuid() == 0 {
		f = withoutRights(t, f)
	}
	f()
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// onlyFile fails when anything but name is in dir: a temporary file was left.
func onlyFile(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("in %s: %v, %v; want only %s", dir, entries, err, name)
	}
}
