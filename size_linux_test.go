package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A plan that tells who would be locked out, of a tenant at size: the requests it takes, and the memory of the program
// that asks them, apart from the tenant's. KEYROLLOUT_PEOPLE=100000 is the size to measure at; it takes five minutes then,
// because Microsoft's quota for reports lets no more than 500 people through in a second.
func TestPlanAtSize(t *testing.T) {
	people := 3000
	if s := os.Getenv("KEYROLLOUT_PEOPLE"); s != "" {
		var err error
		if people, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	const most = 200 << 10 // kB
	dir := t.TempDir()
	s := serveTenant(t, t.TempDir(), "--forget", "--seed", fileOf(t, fmt.Sprintf(`{"quotas": true, "apps": [{"id": %q, "name": "keyrollout", "secret": "a secret of the app"}],
		"crowd": {"people": %d, "keys": %d, "models": ["e416201b-afeb-41ca-a03d-2281c28322aa", "2fc0579f-8113-47ea-b116-bb5a8db9202a"]}}`, ownApp, people, people/5)))
	defer s.end()
	run := func(args ...string) (out string, kB int64) {
		t.Helper()
		cmd := asOwnApp(t, s, dir, args...)
		var b bytes.Buffer
		cmd.Stdout, cmd.Stderr = &b, &b
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		for {
			select {
			case err := <-done:
				if err != nil {
					t.Fatalf("%v: %v\n%s", args, err, b.String())
				}
				return b.String(), kB
			case <-time.After(20 * time.Millisecond):
				kB = max(kB, peak(cmd.Process.Pid))
			}
		}
	}
	run("tenant", "plan", fileOf(t, "passkeys: {enabled: true, who: everyone}"), "-o", filepath.Join(dir, "on.json"))
	run("tenant", "apply", filepath.Join(dir, "on.json"))
	trace := filepath.Join(dir, "trace")
	out, kB := run("tenant", "plan", fileOf(t, "passkeys: {models: {block: [2fc0579f-8113-47ea-b116-bb5a8db9202a]}}"), "-o", filepath.Join(dir, "plan.json"), "--trace", trace)
	b, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	requests := len(regexp.MustCompile(`(?m)^> ?(GET|POST) https://graph`).FindAll(b, -1))
	t.Logf("%d people, %d keys: %d requests, %d MB", people, people/5, requests, kB>>10)
	if want := fmt.Sprintf("%d keys could not sign in any more", people/10); !strings.Contains(out, want) {
		t.Errorf("it does not say: %s\n%s", want, out)
	}
	if !strings.Contains(out, "Reading who has registered a key: 1000 people so far.") || !strings.Contains(out, "Reading registered keys: ") {
		t.Errorf("no progress is shown\n%s", out)
	}
	if most := people/5/20 + people/900 + 30; requests > most {
		t.Errorf("%d requests, more than %d", requests, most)
	}
	if kB == 0 || kB > most {
		t.Errorf("%d kB of memory", kB)
	}
}

// peak is the most memory that a process has held, in kB; 0 when it has ended. What wait4 tells is not it: there the
// memory of this test, tenant and all, counts as the child's until exec.
func peak(pid int) (kB int64) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	if m := regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindSubmatch(b); m != nil {
		kB, _ = strconv.ParseInt(string(m[1]), 10, 64)
	}
	return kB
}
