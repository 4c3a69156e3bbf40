package practice

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"sync"
	"testing"
)

// TestRestart opens the tenant anew from its file after every request of a whole registration.
func TestRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tenant.json")
	b := newBench(t, func(o *Options) { o.State = File(path) })
	again := func() {
		t.Helper()
		o := b.opts
		o.State, o.Seed = File(path), DefaultCompany()
		next, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(next.saved, b.tenant.saved) {
			t.Fatal("the state on disk is not the state in memory")
		}
		b.tenant = next
		b.token = next.Token(AdminUPN)
	}
	again()
	b.open()
	again()
	value := b.issue(aiko, map[string]any{"isUsableOnce": true})
	again()
	_, out := b.passSignIn(aiko, value)
	session := at[string](t, out, "session")
	again()
	info := func(path string, body any) map[string]any {
		c := *b
		c.token = session
		_, out := c.do("POST", pages+"security-info/"+path, body)
		again()
		return out
	}
	options := info("creation-options", map[string]any{})
	key := newTestKey(t)
	info("passkeys", key.register(options, "Key"))
	get := b.signInOptions(aiko)
	again()
	b.want(200, "POST", pages+"sign-in", key.assert(aiko, get, b.handle(aiko)))
	again()
	b.signInCode("pass-used", aiko, value)
	if runtime.GOOS != "windows" {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info.Mode(), err)
		}
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if len(left) != 1 {
		t.Errorf("files left behind: %v", left)
	}
}

// failing is a store on a full disk.
type failing struct {
	Store
	full bool
}

func (f *failing) Save(b []byte) error {
	if f.full {
		return errors.New("no space left on device")
	}
	return f.Store.Save(b)
}

// TestFullDisk: a change that cannot be kept is not made, and not told.
func TestFullDisk(t *testing.T) {
	disk := &failing{Store: Memory()}
	b := newBench(t, func(o *Options) { o.State = disk })
	b.setPass(map[string]any{"state": "enabled"})
	disk.full = true
	b.refused(507, "no space left", "POST", b.passes(aiko), map[string]any{})
	disk.full = false
	if n := len(at[[]any](t, b.want(200, "GET", b.passes(aiko), nil), "value")); n != 0 {
		t.Errorf("%d passes", n)
	}
}

func TestOpenRefusals(t *testing.T) {
	bad := func(name string, o Options) {
		t.Helper()
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	store := func(s string) Store { m := Memory(); m.Save([]byte(s)); return m }
	bad("not JSON", Options{State: store("{")})
	bad("other version", Options{State: store(`{"Version":99}`)})
	bad("two of a name", Options{Seed: &Seed{People: []Person{{UPN: "a", Name: "A"}, {UPN: "A", Name: "B"}}}})
	bad("no name", Options{Seed: &Seed{People: []Person{{UPN: "a"}}}})
	bad("unknown member", Options{Seed: &Seed{Groups: []Group{{Name: "G", Members: []string{"x"}}}}})
	bad("two groups", Options{Seed: &Seed{Groups: []Group{{Name: "G"}, {Name: "g"}}}})
	bad("trust", Options{Seed: &Seed{Trust: []TrustedModel{{AAGUID: "x"}}}})
	b := newBench(t, func(o *Options) { o.State = store(`{"Version":1}`) })
	b.want(200, "GET", "/v1.0/policies/authenticationMethodsPolicy", nil)
	b.open()
}

// TestDeterministic: the same randomness and clock give the same bytes.
func TestDeterministic(t *testing.T) {
	run := func() string {
		b := newBench(t, func(o *Options) { o.Rand = &counter{} })
		b.open()
		return fmt.Sprint(b.issue(aiko, map[string]any{}), b.options(aiko), b.want(200, "GET", b.passes(aiko), nil))
	}
	if a, b := run(), run(); a != b {
		t.Errorf("%s\n%s", a, b)
	}
}

// counter is randomness that is none.
type counter struct{ n byte }

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = c.n
		c.n += 7
	}
	return len(p), nil
}

// TestTwoProcesses: the second to write on one file is refused, and loses nothing of the first's.
func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tenant.json")
	one := newBench(t, func(o *Options) { o.State = File(path) })
	two := newBench(t, func(o *Options) { o.State = File(path) })
	one.setPass(map[string]any{"state": "enabled"})
	two.refused(507, "another keyrollout", "PATCH", passConfig, map[string]any{"@odata.type": passType, "state": "disabled"})
	one.issue(aiko, map[string]any{})
}

// TestTogether: many clients at once.
func TestTogether(t *testing.T) {
	b := newBench(t)
	b.open()
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 20 {
				switch upn := b.tenant.dir.users[3+n].UPN; i % 4 {
				case 0:
					b.want(201, "POST", b.passes(upn), map[string]any{})
				case 1:
					b.options(upn)
				case 2:
					b.want(200, "GET", fido2Config, nil)
				case 3:
					b.tenant.Token(upn)
					b.tenant.LastRefusal()
				}
			}
		})
	}
	wg.Wait()
	if n := len(b.tenant.st.Passes); n != 8 {
		t.Errorf("%d passes", n)
	}
}
