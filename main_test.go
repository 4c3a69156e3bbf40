package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"keyrollout": func() {
			os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
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
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("WALK", walk+"/walkthrough/testdata")
			e.Setenv("KEYROLLOUT_STATE", e.WorkDir+"/state")
			e.Setenv("TERM", "xterm-256color")
			return nil
		},
	})
}
