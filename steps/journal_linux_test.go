package steps_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"keyrollout/steps"
)

// A disk that fills in the middle of a line leaves no half line behind, and what comes after it can be read.
func TestAFullDiskLeavesNoHalfLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	j, err := steps.OpenJournal(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := j.Intend("key", "pin", ""); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	full := was
	full.Cur = uint64(len(before)) + 10 // room for ten more bytes
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &full); err != nil {
		t.Fatal(err)
	}
	err = j.Result("key", "pin", "")
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	var p *steps.Problem
	if !errors.As(err, &p) || p.Code != "journal-write" || p.State.Empty() || len(p.Next) == 0 {
		t.Fatalf("told: %v", err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Fatalf("half a line stays:\n%s", after)
	}
	if _, open := j.Unsettled("key", "pin"); !open {
		t.Error("what could not be written counts as done")
	}
	if err := j.Result("key", "pin", ""); err != nil {
		t.Fatal(err)
	}
	again, err := steps.ReadJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, done := again.Last("key", "pin"); !done {
		t.Error("the line that was written after it is lost")
	}
}
