package walkthrough

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/language"
	"golang.org/x/text/width"

	"keyrollout/graph"
	"keyrollout/steps"
)

// Every sentence the program says has a Japanese one, and the catalogue holds nothing that is not said any more.
func TestJapaneseIsComplete(t *testing.T) {
	said := sentences(t)
	if len(said) < 300 {
		t.Fatalf("only %d sentences found: is this looking in the right place?", len(said))
	}
	for _, format := range slices.Sorted(maps.Keys(said)) {
		if _, ok := japanese[format]; !ok && hasWords(format) {
			t.Errorf("%s: no Japanese for\n\t%q", said[format].pos, format)
		}
	}
	for _, format := range slices.Sorted(maps.Keys(japanese)) {
		_, name := japaneseNames[format]
		_, ofGraph := japaneseGraph[format]
		_, finding := japaneseFindings[format]
		_, ofHelp := japaneseHelp[format] // the commands' own test looks after these
		_, finger := japaneseFinger[format]
		if !name && !ofGraph && !finding && !ofHelp && !finger && said[format] == nil {
			t.Errorf("nothing says this any more:\n\t%q", format)
		}
	}
}

// The names that come from tables have a translation as well.
func TestJapaneseNamesTables(t *testing.T) {
	table := map[string]bool{}
	for _, r := range graph.Rights {
		table[r.Role] = true
	}
	for _, c := range graph.Clouds {
		table[c.Note] = c.Note != ""
	}
	for name, told := range table {
		if _, ok := japaneseNames[name]; told && !ok {
			t.Errorf("no Japanese for the name %q", name)
		}
	}
	for name := range japaneseNames {
		if !table[name] {
			t.Errorf("no table has the name %q any more", name)
		}
	}
}

// So have the words of package graph, which does not speak the rooms' Texts.
func TestJapaneseOfGraph(t *testing.T) {
	said := saidByGraph(t)
	if len(said) < 40 {
		t.Fatalf("only %d texts found: is this looking in the right place?", len(said))
	}
	for s := range said {
		if _, ok := japaneseGraph[s]; !ok {
			t.Errorf("no Japanese for %q", s)
		}
	}
	for s := range japaneseGraph {
		if !said[s] {
			t.Errorf("graph does not say this any more: %q", s)
		}
	}
}

// What doctor looks at, and how good it and a look at a tenant find it, is said in Japanese where it is not a name as it is.
func TestJapaneseFindings(t *testing.T) {
	known := map[string]bool{"keyrollout": true, "libfido2": true, "uhid": true, "ssh": true, "mosh": true, "tmux": true, "screen": true}
	found := map[string]bool{}
	files, err := filepath.Glob("../internal/doctor/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(files, "../steps/posture.go") { // whose levels a tenant is told with
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, m := range regexp.MustCompile(`\{"([^"]+)", (?:OK|Note|Fault),|Name: "([^"]+)"|Level = "([^"]+)"`).FindAllStringSubmatch(string(b), -1) {
			found[m[1]+m[2]+m[3]] = true
		}
	}
	for s := range found {
		if _, ok := japaneseFindings[s]; !ok && !known[s] {
			t.Errorf("no Japanese for %q", s)
		}
	}
	for s := range japaneseFindings {
		if !found[s] {
			t.Errorf("doctor does not say this any more: %q", s)
		}
	}
}

// So are the steps that the matcher draws.
func TestJapaneseOfTheMatcher(t *testing.T) {
	found := map[string]bool{}
	for _, name := range []string{"../matcher/stages.go", "../matcher/viewmatch.go"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\{"\d+-[a-z]+", "([^"]+)"|What = "([^"]+)"`).FindAllStringSubmatch(string(b), -1) {
			found[m[1]+m[2]] = true
		}
	}
	for s := range found {
		if _, ok := japaneseFinger[s]; !ok {
			t.Errorf("no Japanese for %q", s)
		}
	}
	for s := range japaneseFinger {
		if !found[s] {
			t.Errorf("the matcher does not say this any more: %q", s)
		}
	}
}

// No sentence holds a glyph whose width depends on the terminal: in an East Asian one it would push its line aside.
func TestEnglishIsAsWideEverywhere(t *testing.T) {
	for format, s := range sentences(t) {
		for _, r := range format {
			if width.LookupRune(r).Kind() == width.EastAsianAmbiguous {
				t.Errorf("%s: %q in %q", s.pos, r, format)
			}
		}
	}
}

// A number is told in words that fit it, not "finger(s)".
func TestEnglishHasNoHalfPlurals(t *testing.T) {
	for format, s := range sentences(t) {
		if regexp.MustCompile(`\pL\((s|es)\)`).MatchString(format) {
			t.Errorf("%s: %q: see steps.Counted", s.pos, format)
		}
	}
}

// A sentence stands in one part of the catalogue only, so that no two of them translate it differently.
func TestJapaneseIsSaidOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, room := range japaneseRooms {
		for format := range room {
			if seen[format] {
				t.Errorf("%q stands in two parts of the catalogue", format)
			}
			seen[format] = true
		}
	}
}

// A translation takes the same arguments as its key, each in the same way; their order may differ.
func TestJapaneseTakesTheSameArguments(t *testing.T) {
	for format, ja := range japanese {
		if _, ofHelp := japaneseHelp[format]; ofHelp {
			continue // no format, so a % would be one
		}
		want, wok := verbsOf(format)
		got, gok := verbsOf(ja)
		if !wok || !gok || !maps.Equal(want, got) {
			t.Errorf("%q\ntakes %v, but its translation\n%q\ntakes %v", format, want, ja, got)
		}
	}
}

func TestVerbsOf(t *testing.T) {
	for _, c := range []struct {
		format string
		want   map[int]string
	}{
		{"plain, 100%%", map[int]string{}},
		{"%s and %d", map[int]string{1: "s", 2: "d"}},
		{"%[2]s, then %[1]d", map[int]string{1: "d", 2: "s"}},
		{"%[2]s %s", map[int]string{2: "s", 3: "s"}},
		{"%02d", map[int]string{1: "02d"}},
	} {
		if got, ok := verbsOf(c.format); !ok || !maps.Equal(got, c.want) {
			t.Errorf("verbsOf(%q) = %v, %v; want %v", c.format, got, ok, c.want)
		}
	}
	for _, bad := range []string{"ends in %", "%[x]s", "%[0]d"} {
		if _, ok := verbsOf(bad); ok {
			t.Errorf("verbsOf(%q) found nothing wrong", bad)
		}
	}
}

// What a person copies or looks for on a screen stays as it is: addresses, commands, options, keys and numbers.
func TestJapaneseKeepsWhatIsCopied(t *testing.T) {
	copied := regexp.MustCompile(`[a-z]+(\.[a-z]+)+(/[a-z]+)*|--[a-z]+|keyrollout [a-z]+  |ctrl\+[a-z]|[0-9]+|ssh -L|az login|AuditLog(\.[A-Za-z]+)+|AAGUIDs?|Entra ID`)
	for format, ja := range japanese {
		for _, s := range copied.FindAllString(format, -1) {
			s = strings.TrimSuffix(strings.TrimRight(s, " "), "AAGUIDs")
			if !strings.Contains(strings.ToLower(ja), strings.ToLower(s)) {
				t.Errorf("%q\nkeeps no %q:\n%q", format, s, ja)
			}
		}
	}
}

// The manner of the texts: nothing empty, no glyph whose width depends on the terminal, a place to break the line
// behind each full stop, no Latin letter against a Japanese one, and no space, where a line may break, between a
// number and its counter.
func TestJapaneseManner(t *testing.T) {
	touching := regexp.MustCompile(`[A-Za-z][\p{Hiragana}\p{Katakana}\p{Han}]|[\p{Hiragana}\p{Katakana}\p{Han}][A-Za-z]|[0-9%] [つ人件個回分行字種秒]`)
	for format, ja := range japanese {
		if strings.TrimSpace(ja) == "" {
			t.Errorf("%q has an empty translation", format)
		}
		for _, r := range ja {
			if k := width.LookupRune(r).Kind(); k == width.EastAsianAmbiguous || k == width.EastAsianHalfwidth {
				t.Errorf("%q: %q is not as wide everywhere", ja, r)
			}
		}
		for rest := ja; ; {
			_, after, ok := strings.Cut(rest, "。")
			if !ok {
				break
			}
			if after != "" && !strings.HasPrefix(after, " ") {
				t.Errorf("%q: no space behind a full stop", ja)
			}
			rest = after
		}
		if m := touching.FindString(verb.ReplaceAllString(ja, "%")); m != "" {
			t.Errorf("%q: %q", ja, m)
		}
		if lead := leading(format); leading(ja) != lead {
			t.Errorf("%q begins with other spaces than %q", ja, format)
		}
	}
}

// Short words stand in columns and in the line of keys of a screen of 80 columns.
func TestJapaneseFits80Columns(t *testing.T) {
	said := sentences(t)
	tight := map[string]int{"field": 20, "fact": 14, "key": 10, "hint": 16}
	count := map[string]int{}
	for format, s := range said {
		for role := range s.roles {
			count[role]++
			if n := ansi.StringWidth(japanese[format]); n > tight[role] {
				t.Errorf("%s: %q is %d cells wide; a %s has %d", s.pos, japanese[format], n, role, tight[role])
			}
		}
	}
	for role := range tight {
		if count[role] < 4 {
			t.Errorf("only %d of role %q found: does the test still know the sources?", count[role], role)
		}
	}

	say := Speak(language.Japanese)
	line := 0
	for _, s := range steps.Rollout() {
		line += len("x 1 ") + ansi.StringWidth(say(s.Name)) + len("   ")
	}
	if line-len("   ") > 76 {
		t.Errorf("the line of steps is %d cells wide", line)
	}
	for _, group := range []string{"Passkey (FIDO2) policy", "Temporary Access Pass"} {
		if n := ansi.StringWidth(japanese[group]); n == 0 || n > 26 {
			t.Errorf("%q is %d cells wide", japanese[group], n)
		}
	}
}

func TestLanguageOfTheEnvironment(t *testing.T) {
	for _, c := range []struct {
		all, messages, lang string
		want                language.Tag
	}{
		{"", "", "ja_JP.UTF-8", language.Japanese},
		{"", "", "ja", language.Japanese},
		{"", "", "ja_JP", language.Japanese},
		{"", "", "ja_JP.UTF-8@x", language.Japanese},
		{"", "ja_JP.UTF-8", "en_US.UTF-8", language.Japanese},
		{"ja_JP.UTF-8", "de_DE", "C", language.Japanese},
		{"C", "ja_JP.UTF-8", "ja_JP.UTF-8", language.English},
		{"", "en_GB.UTF-8", "ja_JP.UTF-8", language.English},
		{"", "", "", language.English},
		{"", "", "C", language.English},
		{"", "", "C.UTF-8", language.English},
		{"", "", "POSIX", language.English},
		{"", "", "en_US.UTF-8", language.English},
		{"", "", "de_DE.UTF-8", language.English},
		{"", "", "rubbish", language.English},
		{"", "", "\x00\xff__..@@", language.English},
		{"", "", "jam", language.English}, // Jamaican Creole
	} {
		env := map[string]string{"LC_ALL": c.all, "LC_MESSAGES": c.messages, "LANG": c.lang}
		if got := Language(func(name string) string { return env[name] }); got != c.want {
			t.Errorf("LC_ALL=%q LC_MESSAGES=%q LANG=%q: %v, want %v", c.all, c.messages, c.lang, got, c.want)
		}
	}
}

func TestSpeakJapanese(t *testing.T) {
	say := Speak(language.Japanese)
	for _, c := range []struct {
		text steps.Text
		want string
	}{
		{steps.T("Go ahead?"), "実行しますか?"},
		{steps.T("Finger enrolled: %s.", steps.T("right thumb")), "指紋を登録しました: 右手の親指"},
		{steps.T("Read back: the tenant lists \"%s\" for %s (%s).", "ATKey", "Aiko Sato", steps.T("attested")),
			"読み戻して確認: Aiko Sato さんの「ATKey」がテナントにあります (構成証明あり)。"},
		{steps.T("nobody has translated this: %d", 7), "nobody has translated this: 7"},
		{steps.Text{}, ""},
	} {
		if got := say(c.text); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// The Japanese first rollout is the English one, answer for answer.
func TestJapaneseScriptAnswersTheSame(t *testing.T) {
	en, err := FirstRollout()
	if err != nil {
		t.Fatal(err)
	}
	ja, err := Load("testdata/first-rollout-ja.walk")
	if err != nil {
		t.Fatal(err)
	}
	if ja.Language != language.Japanese || len(ja.Expects) == 0 || ja.Seed != en.Seed || !ja.Clock.Equal(en.Clock) {
		t.Errorf("language %v, %d expectations, seed %d, clock %v", ja.Language, len(ja.Expects), ja.Seed, ja.Clock)
	}
	same := func(a, b ScriptAnswer) bool { return a.Name == b.Name && a.Value == b.Value && a.Times == b.Times }
	if !slices.EqualFunc(en.Answers, ja.Answers, same) {
		t.Errorf("the answers differ:\n%v\n%v", en.Answers, ja.Answers)
	}
}

// sentence is where a format is said first, and what it has to fit into: "field" of a plan, "fact" of a key, "key"
// of the key map, "hint" of the line of keys.
type sentence struct {
	pos   token.Position
	roles map[string]bool
}

// sentences finds every English format in the sources of the rooms that speak: the first argument of T, and the
// Format of a Text.
func sentences(t *testing.T) map[string]*sentence {
	t.Helper()
	out := map[string]*sentence{}
	set := token.NewFileSet()
	for _, dir := range []string{"../steps", "../tui", ".", "..", "../internal/doctor"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				expr, ok := formatIn(n)
				if !ok {
					return true
				}
				format, ok := literal(expr)
				if call, isCall := n.(*ast.CallExpr); !ok && isCall {
					t.Errorf("%s: a sentence that is no literal cannot be translated", set.Position(call.Pos()))
				}
				if ok && out[format] == nil {
					out[format] = &sentence{pos: set.Position(expr.Pos()), roles: map[string]bool{}}
				}
				return true
			})
			// A role is given by what stands around a sentence, so it is looked for once all are known.
			ast.Inspect(file, func(n ast.Node) bool { mark(out, n); return true })
		}
	}
	return out
}

// formatIn is the format of T("…") and of Text{Format: "…"}.
func formatIn(n ast.Node) (ast.Expr, bool) {
	switch n := n.(type) {
	case *ast.CallExpr:
		if nameOf(n.Fun) == "T" && len(n.Args) > 0 {
			return n.Args[0], true
		}
	case *ast.CompositeLit:
		if nameOf(n.Type) == "Text" && len(n.Elts) > 0 {
			if _, keyed := n.Elts[0].(*ast.KeyValueExpr); !keyed {
				return n.Elts[0], true
			}
		}
	case *ast.KeyValueExpr:
		if nameOf(n.Key) == "Format" {
			return n.Value, true
		}
	}
	return nil, false
}

// mark notes what the sentences directly in n have to fit into.
func mark(out map[string]*sentence, n ast.Node) {
	note := func(e ast.Expr, role string) {
		if call, ok := e.(*ast.CallExpr); ok && len(call.Args) > 0 {
			if nameOf(call.Fun) == "say" {
				call, ok = call.Args[0].(*ast.CallExpr)
			}
			if !ok || nameOf(call.Fun) != "T" {
				return
			}
			if s, ok := literal(call.Args[0]); ok && out[s] != nil {
				out[s].roles[role] = true
			}
		}
	}
	switch n := n.(type) {
	case *ast.CompositeLit:
		if nameOf(n.Type) == "Change" || n.Type == nil && len(n.Elts) == 4 {
			for i, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok && nameOf(kv.Key) == "Field" {
					note(kv.Value, "field")
				} else if !ok && i == 1 {
					note(e, "field")
				}
			}
		}
	case *ast.CallExpr:
		switch name := nameOf(n.Fun); {
		case name == "add" && len(n.Args) == 3:
			note(n.Args[0], "field")
		case name == "add" && len(n.Args) == 2:
			note(n.Args[0], "fact")
		case name == "bind" && len(n.Args) > 1:
			note(n.Args[1], "key")
		case name == "as" && len(n.Args) == 2:
			note(n.Args[1], "hint")
		}
	}
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// literal is the value of "a", `a` and "a" + "b".
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		a, ok := literal(e.X)
		b, ok2 := literal(e.Y)
		return a + b, ok && ok2 && e.Op == token.ADD
	}
	return "", false
}

var verb = regexp.MustCompile(`%([-+# 0]*)(\[[^\]]*\])?([0-9.]*)([a-zA-Z%]?)`)

// hasWords reports whether there is anything to translate between the verbs.
func hasWords(format string) bool {
	return regexp.MustCompile(`\pL`).MatchString(verb.ReplaceAllString(format, ""))
}

// verbsOf is how each argument is formatted, by its number.
func verbsOf(format string) (map[int]string, bool) {
	out, next := map[int]string{}, 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		switch {
		case m[4] == "%":
			continue
		case m[4] == "":
			return nil, false
		case m[2] != "":
			n, err := strconv.Atoi(strings.Trim(m[2], "[]"))
			if err != nil || n < 1 {
				return nil, false
			}
			next = n
		}
		out[next] = m[1] + m[3] + m[4]
		next++
	}
	return out, true
}

func leading(s string) string { return s[:len(s)-len(strings.TrimLeft(s, " "))] }

// saidByGraph is every fixed text in the errors of package graph: what was being done, and why it failed.
func saidByGraph(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	files, err := filepath.Glob("../graph/*.go")
	if err != nil {
		t.Fatal(err)
	}
	take := func(e ast.Expr) {
		if s, ok := literal(e); ok && s != "" {
			out[s] = true
		}
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if len(n.Values) == 1 && strings.HasSuffix(strings.ToLower(n.Names[0].Name), "op") {
					take(n.Values[0])
				}
			case *ast.KeyValueExpr:
				if name := nameOf(n.Key); name == "Op" || name == "Message" {
					take(n.Value)
				}
			case *ast.CallExpr:
				if len(n.Args) > 3 && nameOf(n.Args[0]) == "ctx" && nameOf(n.Args[1]) == "c" {
					take(n.Args[2])
				}
			case *ast.FuncDecl:
				if n.Name.Name != "statusWords" {
					break
				}
				ast.Inspect(n, func(n ast.Node) bool {
					if r, ok := n.(*ast.ReturnStmt); ok {
						take(r.Results[0])
					}
					return true
				})
			}
			return true
		})
	}
	return out
}
