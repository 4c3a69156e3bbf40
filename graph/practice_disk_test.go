package graph_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"keyrollout/graph"
	"keyrollout/graph/practice"
	"keyrollout/internal/secret"
)

// full is a disk that fills up.
type full struct {
	practice.Store
	now bool
}

func (f *full) Save(b []byte) error {
	if f.now {
		return syscall.ENOSPC
	}
	return f.Store.Save(b)
}

// A full disk under the practice tenant is told as that, at once: not as a fault of Microsoft's that may pass, nor as a
// change whose answer was lost. With room again, things stand as before.
func TestPracticeDiskFull(t *testing.T) {
	disk := &full{Store: practice.Memory()}
	p := newPractice(t, practice.Options{State: disk})
	tenant := must(graph.New(graph.Options{Bearer: secret.New([]byte(p.Token(practice.AdminUPN))), Transport: p.Transport(), Sleep: noSleep,
		Waiting: func(string, time.Duration) { t.Error("it waits for a disk to grow") }}))(t)
	policy := must(tenant.PassPolicy(t.Context()))(t)
	policy.Enabled, disk.now = true, true
	err := tenant.SetPassPolicy(t.Context(), policy)
	var e *graph.Error
	if !errors.As(err, &e) || e.Code != graph.CodePracticeDisk || e.Unknown {
		t.Fatalf("%+v", err)
	}
	if s := err.Error(); !strings.Contains(s, "no space left on device") {
		t.Error(s)
	}
	disk.now = false
	if again := must(tenant.PassPolicy(t.Context()))(t); again.Enabled {
		t.Error("it was changed")
	}
	if err := tenant.SetPassPolicy(t.Context(), policy); err != nil {
		t.Error(err)
	}
}
