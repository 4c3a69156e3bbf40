package softkey

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"keyrollout/fido/internal/pinuv"
)

var writeTable = flag.Bool("conformance", false, "write CONFORMANCE.md from this run")

// requirement is something the specification asks for that shows from outside, and the check of it.
type requirement struct {
	section string
	text    string
	check   func(*rig)
}

// rig is what a check works on: a key as it leaves the factory but for alwaysUv, and a client.
type rig struct {
	testing.TB
	k *Key
	c *client
	f *fingers
	t *clock
}

func newRig(t testing.TB, p Profile) *rig {
	t.Helper()
	x := &rig{TB: t, f: &fingers{}, t: newClock()}
	x.k = open(t, Options{Profile: p, Toucher: x.f, Clock: x.t.now, TouchTimeout: 600 * time.Millisecond})
	x.c = dial(t, x.k)
	x.touches(20)
	return x
}

// touches lets the next so many touches come at once.
func (x *rig) touches(n int) { x.f.script(make([]Touch, n)...) }

func (x *rig) pin() *rig {
	x.Helper()
	x.is(x.c.setPIN(pinuv.Two, "1234"), statusOK)
	return x
}

// finger puts an enrolled finger in, the quick way.
func (x *rig) finger() *rig {
	x.Helper()
	x.k.mu.Lock()
	defer x.k.mu.Unlock()
	x.k.st.Fingers = []finger{{ID: []byte{1, 2, 3, 4}, Data: enrolledThumb(x)}}
	return x
}

func (x *rig) is(got, want status) {
	x.Helper()
	if got != want {
		x.Errorf("status %#02x, want %#02x", byte(got), byte(want))
	}
}

func (x *rig) that(ok bool, what string) {
	x.Helper()
	if !ok {
		x.Error("not so: " + what)
	}
}

func (x *rig) info() (i info) { x.Helper(); x.c.must(cmdInfo, nil, &i); return i }

// send is one CBOR request.
func (x *rig) send(cmd byte, params any, want status) {
	x.Helper()
	x.is(x.c.cbor(cmd, params, nil), want)
}

func (x *rig) power() {
	x.Helper()
	x.k.PlugOut()
	x.k.PlugIn()
	x.c.init()
}

// The requirements by chapter, each in a file with its tests.
var chapters = []struct {
	title string
	list  []requirement
}{
	{"CTAPHID", hidRequirements},
	{"Messages and authenticatorGetInfo", infoRequirements},
	{"authenticatorClientPIN", pinRequirements},
	{"authenticatorMakeCredential", makeRequirements},
	{"authenticatorGetAssertion and authenticatorGetNextAssertion", assertRequirements},
	{"authenticatorBioEnrollment", bioRequirements},
	{"authenticatorCredentialManagement", mgmtRequirements},
	{"authenticatorLargeBlobs, authenticatorConfig, authenticatorSelection, authenticatorReset", otherRequirements},
	{"Extensions", extensionRequirements},
	{"U2F messages", u2fRequirements},
	{"CTAP 2.2 and 2.3, and what only the profile complete has", since22},
}

// TestConformance runs every requirement on a key of its own and compares what came out with CONFORMANCE.md.
func TestConformance(t *testing.T) {
	var table bytes.Buffer
	table.WriteString("# Conformance of the software key\n\n" +
		"What CTAP 2.1 and CTAPHID ask for and shows from outside, as this project reads it, and whether the key meets it.\n" +
		"It is written by its test: `go test ./fido/softkey -run TestConformance -conformance`; the test fails when the two\n" +
		"differ. Sections are those of CTAP 2.1 (2021-06-15) unless they say otherwise; U2F is FIDO U2F Raw Message\n" +
		"Formats 1.2. The profile is the ATKey.Pro's, with alwaysUv off where the requirement is not about it; in the last\n" +
		"chapter it is \"complete\".\n")
	all := true
	for _, c := range chapters {
		fmt.Fprintf(&table, "\n## %s\n\n| section | requirement | met |\n|---|---|---|\n", c.title)
		for _, r := range c.list {
			met := t.Run(r.section+" "+r.text, func(t *testing.T) { r.check(newRig(t, relaxed())) })
			all = all && met
			fmt.Fprintf(&table, "| %s | %s | %s |\n", r.section, r.text, map[bool]string{true: "yes", false: "no"}[met])
		}
	}
	path := filepath.Join(".", "CONFORMANCE.md")
	if *writeTable {
		if err := os.WriteFile(path, table.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if all && read(t, path) != table.String() && flag.Lookup("test.run").Value.String() == "" {
		t.Error("CONFORMANCE.md is not of this run: go test ./fido/softkey -run TestConformance -conformance")
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
