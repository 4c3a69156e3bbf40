package main_test

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The rooms, from the roof to the ground. A package may import what stands on a lower floor and nothing else: arrows
// point down only. A package below a room (matcher/x) is part of that room unless it is named itself.
var floors = []struct {
	rooms string
	// also: what a room may import besides the lower floors. never: what it may not although it stands lower.
	also, never map[string]string
}{
	{rooms: "."}, // main
	{rooms: "tui walkthrough"},
	{rooms: "steps", never: map[string]string{"steps": "graph/practice fido/softkey"}},
	{rooms: "graph fido", never: map[string]string{"graph": "graph/practice", "fido": "fido/softkey"}},
	{rooms: "graph/practice fido/softkey", also: map[string]string{"graph/practice": "graph", "fido/softkey": "fido"}},
	{rooms: "matcher", never: map[string]string{"matcher": "internal"}},
	{rooms: "internal"},
}

// homes: the one package that may import what begins so, its tests included.
var homes = []struct{ prefix, home string }{
	{"charm.land/", "tui"},
	{"github.com/microsoftgraph/", "graph"},
	{"github.com/microsoft/kiota-", "graph"},
	{"github.com/keys-pub/go-libfido2", "fido"},
	{"C", "fido"}, // cgo
}

const module = "keyrollout"

// source is one file of the module. Files that this system does not build count as well.
type source struct {
	pkg     string // without the module's path; "." is main
	name    string
	imports []string
}

func TestImports(t *testing.T) {
	all := sources(t)
	if len(all) == 0 {
		t.Fatal("go list names no files")
	}
	for _, fault := range faults(all) {
		t.Error(fault)
	}
}

// faults names every import that breaks a rule.
func faults(all []source) (faults []string) {
	for _, s := range all {
		if floorOf(s.pkg) < 0 {
			faults = append(faults, s.pkg+"/"+s.name+": this room has no floor in imports_test.go: give it one")
			continue
		}
		for _, path := range s.imports {
			if why := fault(s, path); why != "" {
				faults = append(faults, s.pkg+"/"+s.name+" imports "+path+": "+why)
			}
		}
	}
	return faults
}

func fault(s source, path string) string {
	for _, h := range homes {
		if strings.HasPrefix(path, h.prefix) && s.pkg != h.home {
			return "only " + h.home + " may"
		}
	}
	to, ok := strings.CutPrefix(path, module+"/")
	from, target := roomOf(s.pkg), roomOf(to)
	if !ok || from == target {
		return ""
	}
	if strings.HasSuffix(s.name, "_test.go") {
		// A test may rehearse against the practice tenant and the software key, and look down from anywhere.
		if target == "graph/practice" || target == "fido/softkey" {
			return ""
		}
	}
	f := floors[floorOf(s.pkg)]
	switch {
	case floorOf(to) < 0:
		return "this room has no floor in imports_test.go: give it one"
	case has(f.also[from], target):
		return ""
	case has(f.never[from], target):
		return "that is kept out of " + from + " on purpose"
	case floorOf(to) <= floorOf(s.pkg):
		return "arrows point down only"
	}
	return ""
}

// roomOf is the longest named room that pkg is, or is below.
func roomOf(pkg string) (room string) {
	for _, f := range floors {
		for _, r := range strings.Fields(f.rooms) {
			if (pkg == r || strings.HasPrefix(pkg, r+"/")) && len(r) > len(room) {
				room = r
			}
		}
	}
	return room
}

func floorOf(pkg string) int {
	room := roomOf(pkg)
	for i, f := range floors {
		if room != "" && has(f.rooms, room) {
			return i
		}
	}
	return -1
}

func has(words, word string) bool { return slices.Contains(strings.Fields(words), word) }

// sources asks go list for every file and reads what it imports.
func sources(t *testing.T) (all []source) {
	t.Helper()
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles", "./...").Output()
	if err != nil {
		t.Fatal("go list: ", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath, Dir                                              string
			GoFiles, CgoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		pkg := "."
		if p.ImportPath != module {
			pkg = strings.TrimPrefix(p.ImportPath, module+"/")
		}
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ImportsOnly)
			if err != nil {
				t.Error(err)
				continue
			}
			s := source{pkg: pkg, name: name}
			for _, i := range file.Imports {
				path, _ := strconv.Unquote(i.Path.Value)
				s.imports = append(s.imports, path)
			}
			all = append(all, s)
		}
	}
}

// The rules themselves, on imports that nobody has written.
func TestImportRules(t *testing.T) {
	for _, c := range []struct {
		pkg, file, path string
		ok              bool
	}{
		{".", "main.go", "keyrollout/tui", true},
		{".", "main.go", "keyrollout/graph/practice", true},
		{".", "main.go", "keyrollout/fido/softkey", true},
		{".", "main.go", "keyrollout/internal/doctor", true},
		{".", "main.go", "charm.land/bubbletea/v2", false},
		{".", "main.go", "keyrollout/newroom", false},
		{"newroom", "x.go", "fmt", false},
		{"tui", "x.go", "charm.land/bubbletea/v2", true},
		{"tui", "x.go", "github.com/charmbracelet/colorprofile", true},
		{"tui", "x.go", "keyrollout/steps", true},
		{"tui", "x.go", "keyrollout/walkthrough", false},
		{"walkthrough", "x.go", "keyrollout/tui", false},
		{"walkthrough", "x.go", "keyrollout/steps", true},
		{"walkthrough", "x.go", "charm.land/lipgloss/v2", false},
		{"steps", "x.go", "keyrollout/graph", true},
		{"steps", "x.go", "keyrollout/fido", true},
		{"steps", "x.go", "keyrollout/internal/secret", true},
		{"steps", "x.go", "keyrollout/tui", false},
		{"steps", "x.go", "keyrollout/walkthrough", false},
		{"steps", "x.go", "keyrollout/graph/practice", false},
		{"steps", "x.go", "keyrollout/fido/softkey", false},
		{"steps", "x_test.go", "keyrollout/graph/practice", true},
		{"steps", "x_test.go", "keyrollout/tui", false},
		{"steps", "x.go", "charm.land/bubbles/v2/textinput", false},
		{"steps", "x.go", "github.com/microsoftgraph/msgraph-sdk-go/models", false},
		{"graph", "x.go", "github.com/microsoftgraph/msgraph-sdk-go/models", true},
		{"graph", "x_test.go", "github.com/microsoft/kiota-abstractions-go", true},
		{"graph", "x.go", "keyrollout/fido", false},
		{"graph", "x.go", "keyrollout/steps", false},
		{"graph", "x.go", "keyrollout/graph/practice", false},
		{"graph/practice", "x.go", "keyrollout/graph", true},
		{"graph/practice", "x.go", "keyrollout/fido/softkey", false},
		{"graph/practice", "x_test.go", "keyrollout/fido/softkey", true},
		{"graph/practice", "x.go", "github.com/microsoft/kiota-http-go", false},
		{"graph/practice", "x.go", "github.com/microsoftgraph/msgraph-sdk-go-core", false},
		{"fido", "x.go", "C", true},
		{"fido", "x.go", "github.com/keys-pub/go-libfido2", true},
		{"fido", "x.go", "keyrollout/internal/secret", true},
		{"fido", "x.go", "keyrollout/fido/softkey", false},
		{"fido", "x_test.go", "keyrollout/fido/softkey", true},
		{"fido/softkey", "x.go", "C", false},
		{"fido/softkey", "x.go", "keyrollout/fido", true},
		{"fido/softkey", "x.go", "keyrollout/matcher", true},
		{"fido/softkey", "x.go", "keyrollout/graph", false},
		{"fido/softkey/store", "x.go", "keyrollout/fido/softkey", true},
		{"fido/internal/ctap", "x.go", "C", false},
		{"matcher", "x.go", "keyrollout/matcher/finger", true},
		{"matcher/finger", "x.go", "keyrollout/matcher", true},
		{"matcher", "x.go", "keyrollout/internal/secret", false},
		{"matcher", "x.go", "keyrollout/fido", false},
		{"internal/doctor", "x.go", "keyrollout/internal/state", true},
		{"internal/doctor", "x.go", "keyrollout/fido", false},
		{"internal/doctor", "x.go", "C", false},
	} {
		got := faults([]source{{c.pkg, c.file, []string{c.path}}})
		if (len(got) == 0) != c.ok {
			t.Errorf("%s/%s imports %s: found %q", c.pkg, c.file, c.path, got)
		}
	}
}
