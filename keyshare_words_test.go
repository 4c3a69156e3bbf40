package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// saidBySSH is what stands in a file to which an sshWords prints what say does with it.
func saidBySSH(t *testing.T, say func(w *sshWords)) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "terminal"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	say(&sshWords{out: f, room: sshAtHome})
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What comes from the other machine beside the connection stands behind a mark, in few rows, and steers nothing.
func TestWordsOfTheOtherMachineAreMarked(t *testing.T) {
	got := saidBySSH(t, func(w *sshWords) {
		end := w.from(strings.NewReader("\x1b[2J\x1b[HThe key waits, for good.example\r\n\u202egnp\rover\n" + strings.Repeat("x", 5000) + "\nno end"))
		end()
		fmt.Fprint(w, "late\n")
	})
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	for _, l := range lines {
		if !strings.HasPrefix(l, sshMark) || strings.ContainsAny(l, "\x1b\r\u202e") || len(l) > 200 {
			t.Errorf("%q", l)
		}
	}
	if len(lines) != 2+4+1 || lines[0] != "ssh: ?[2J?[HThe key waits, for good.example" || lines[6] != "ssh: no end" {
		t.Errorf("%q", lines)
	}
}

// However much it is, it does not push a question off the screen.
func TestWordsOfTheOtherMachineAreFew(t *testing.T) {
	got := saidBySSH(t, func(w *sshWords) {
		for range 3 {
			w.give(sshAside)
			for range 10_000 {
				fmt.Fprint(w, "noise\n")
			}
		}
	})
	if want := strings.Repeat(strings.Repeat("ssh: noise\n", sshAside)+"ssh: ...\n", 3); got != want {
		t.Errorf("%q", got)
	}
}

// q ends the sharing even while the desk is stuck in writing to a machine that does not read.
func TestQEndsASharingThatIsStuck(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	d := &deskTalk{ctx: ctx, end: end, decide: make(chan bool)}
	pressed := make(chan struct{})
	go func() {
		defer close(pressed)
		for _, b := range "nynq" {
			d.presses(byte(b))
		}
	}()
	select {
	case <-pressed:
	case <-time.After(10 * time.Second):
		t.Fatal("a key press is not taken")
	}
	if ctx.Err() == nil {
		t.Error("q did not end it")
	}
}
