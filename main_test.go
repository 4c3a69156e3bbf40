package main

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"keyrollout/matcher/synth"
)

func TestMain(m *testing.M) {
	program := func() {
		os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
	}
	testscript.Main(m, map[string]func(){
		"keyrollout": program,
		"keyrollout-impatient": func() {
			endWithin = 100 * time.Millisecond
			program()
		},
	})
}

// The commands as a person types them: testdata/script/*.txtar.
func TestScripts(t *testing.T) {
	walk, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"finger": finger},
		Setup: func(e *testscript.Env) error {
			e.Setenv("WALK", walk+"/walkthrough/testdata")
			e.Setenv("KEYROLLOUT_STATE", e.WorkDir+"/state")
			e.Setenv("TERM", "xterm-256color")
			return nil
		},
	})
}

// finger writes a touch of a practice finger: finger FILE SEED TOUCH.
func finger(ts *testscript.TestScript, _ bool, args []string) {
	seed, err := strconv.ParseUint(args[1], 10, 64)
	ts.Check(err)
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	ts.Check(writePNG(ts.MkAbs(args[0]), synth.New(seed).Touch(n).Gray()))
}

// Windows calls LocalAppData LOCALAPPDATA in the environment it gives, and Path PATH or Path.
func TestEnvironment(t *testing.T) {
	environ := []string{`=C:=C:\here`, "Empty=", `LOCALAPPDATA=C:\a`, `Path=C:\b`, `PATH=C:\c`}
	for _, c := range []struct{ goos, name, want string }{
		{"windows", "LocalAppData", `C:\a`}, {"windows", "PATH", `C:\c`}, {"windows", "NO_COLOR", ""},
		{"linux", "LocalAppData", ""}, {"linux", "Path", `C:\b`}, {"linux", "Empty", ""},
	} {
		if got := variable(environ, c.name, c.goos); got != c.want {
			t.Errorf("%s on %s: %q", c.name, c.goos, got)
		}
	}
}
