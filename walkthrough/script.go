package walkthrough

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/tools/txtar"
)

// Script is a rollout written down: one txtar file a person can write. Its comment holds the commands, one a line:
//
//	# a remark
//	title "First rollout"              what the listing shows
//	clock 2026-11-23T09:00:00Z         when the practice begins (default: then)
//	seed 1                             practice people, fingers and passes grow from it
//	language ja                        of the dialogue (default: en)
//	company migrated                   how the practice tenant starts: flat (default) or migrated
//	fault "throttled POST /fido2Methods x1"   a fault of the practice tenant, by name
//	accept-risk lock-out-keys          what a person would have to type
//	answer tenant.group Pilot          the answer to a question, by its name
//	answer touch.enrol good x12        … twelve times; "always" for as often as it is asked
//	answer key.pin ${PIN}              a variable: from KEYROLLOUT_PIN, else the practice's own; ${PASS} is the pass shown
//	back tenant.user                   instead of the next answer to it: go back to the question before
//	expect "signed in with the key"    has to come in the dialogue, in this order
//
// The files behind it are what is expected, whole: "dialogue" (what the plain dialogue prints) and "evidence" (JSON).
// Both may be left out.
type Script struct {
	Name     string // of the file, for messages
	Title    string
	Clock    time.Time
	Seed     uint64
	Language language.Tag
	Migrated bool
	Faults   []string
	Risks    []Risk
	Answers  []ScriptAnswer
	Expects  []Expect
	Dialogue *Section
	Evidence *Section

	raw []byte
}

// ScriptAnswer answers one question, Times times; 0 = as often as it is asked.
type ScriptAnswer struct {
	Name, Value string
	Back        bool // no answer: goes back to the question before
	Times       int
	Line        int
}

// Risk is a named risk that a script accepts.
type Risk struct {
	Name string
	Line int
}

// Expect is a piece of text that has to come.
type Expect struct {
	Text string
	Line int
}

// Section is an expected output with the line of the script it begins at.
type Section struct {
	Text string
	Line int
}

// Error is a fault in a script, or an expectation that was not met.
type Error struct {
	File      string
	Line      int // 0 = the whole file
	Msg       string
	Want, Got string // both sides, where there are two
}

func (e *Error) Error() string {
	s := e.File
	if e.Line > 0 {
		s += fmt.Sprintf(":%d", e.Line)
	}
	s += ": " + e.Msg
	if e.Want != "" || e.Got != "" {
		s += fmt.Sprintf("\n    expected: %s\n    got:      %s", e.Want, e.Got)
	}
	return s
}

var practiceStart = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// maxScript bounds what is read: a script is a page or two.
const maxScript = 1 << 20

// Load reads and parses a script file.
func Load(path string) (*Script, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, &Error{File: path, Msg: "not a file"}
	}
	if st.Size() > maxScript {
		return nil, &Error{File: path, Msg: "too large for a script (more than 1 MiB)"}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, b)
}

// Parse parses a script; errors are *Error with the line.
func Parse(name string, b []byte) (*Script, error) {
	if len(b) > maxScript {
		return nil, &Error{File: name, Msg: "too large for a script (more than 1 MiB)"}
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")) // an editor's byte order mark
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	ar := txtar.Parse(b)
	s := &Script{Name: name, Clock: practiceStart, Seed: 1, Language: language.English, raw: b}
	in := bufio.NewScanner(bytes.NewReader(ar.Comment))
	in.Buffer(nil, maxScript)
	n := 0
	for in.Scan() {
		n++
		if err := s.command(n, in.Text()); err != nil {
			return nil, err
		}
	}
	line := n
	for _, f := range ar.Files {
		line++ // the marker
		sec := &Section{Text: string(f.Data), Line: line + 1}
		switch {
		case f.Name == "dialogue" && s.Dialogue == nil:
			s.Dialogue = sec
		case f.Name == "evidence" && s.Evidence == nil:
			s.Evidence = sec
		default:
			return nil, &Error{File: name, Line: line, Msg: fmt.Sprintf("unknown or repeated part %q: there are \"dialogue\" and \"evidence\", once each", f.Name)}
		}
		line += bytes.Count(f.Data, []byte("\n"))
	}
	return s, nil
}

var verbs = []string{"title", "clock", "seed", "language", "company", "fault", "accept-risk", "answer", "back", "expect"}

func (s *Script) command(n int, line string) error {
	bad := func(format string, a ...any) error {
		return &Error{File: s.Name, Line: n, Msg: fmt.Sprintf(format, a...)}
	}
	words, err := fields(line)
	if err != nil {
		return bad("%v", err)
	}
	if len(words) == 0 {
		return nil
	}
	verb, args := words[0], words[1:]
	if verb == "answer" {
		return s.answer(n, args, bad)
	}
	if !slices.Contains(verbs, verb) {
		return bad("unknown command %q: there are %s", verb, strings.Join(verbs, ", "))
	}
	if len(args) != 1 {
		return bad("%q takes one word; put several in \"quotes\"", verb)
	}
	arg := args[0]
	switch verb {
	case "title":
		s.Title = arg
	case "clock":
		if s.Clock, err = time.Parse(time.RFC3339, arg); err != nil {
			return bad("clock: want a time such as 2026-11-23T09:00:00Z, got %q", arg)
		}
	case "seed":
		if s.Seed, err = strconv.ParseUint(arg, 10, 64); err != nil {
			return bad("seed: want a whole number, got %q", arg)
		}
	case "language":
		if s.Language = language.Make(arg); s.Language != language.English && catalogs[s.Language] == nil {
			return bad("language: want en or ja, got %q", arg)
		}
	case "company":
		if arg != "flat" && arg != "migrated" {
			return bad("company: want flat or migrated, got %q", arg)
		}
		s.Migrated = arg == "migrated"
	case "fault":
		s.Faults = append(s.Faults, arg)
	case "accept-risk":
		s.Risks = append(s.Risks, Risk{arg, n})
	case "back":
		s.Answers = append(s.Answers, ScriptAnswer{Name: arg, Back: true, Times: 1, Line: n})
	case "expect":
		s.Expects = append(s.Expects, Expect{arg, n})
	}
	return nil
}

var times = regexp.MustCompile(`^x([1-9][0-9]{0,2})$`)

func (s *Script) answer(n int, args []string, bad func(string, ...any) error) error {
	if len(args) < 2 || len(args) > 3 {
		return bad("answer: want  answer NAME VALUE  and perhaps x3 or always")
	}
	a := ScriptAnswer{Name: args[0], Value: args[1], Times: 1, Line: n}
	if len(args) == 3 {
		m := times.FindStringSubmatch(args[2])
		switch {
		case args[2] == "always":
			a.Times = 0
		case m != nil:
			a.Times, _ = strconv.Atoi(m[1])
		default:
			return bad("answer: the third word is x1 to x999 or always, got %q", args[2])
		}
	}
	s.Answers = append(s.Answers, a)
	return nil
}

// fields splits a line into words; "quoted" words are Go strings, # begins a remark.
func fields(line string) ([]string, error) {
	var out []string
	for {
		line = strings.TrimLeft(line, " \t")
		switch {
		case line == "" || line[0] == '#':
			return out, nil
		case line[0] == '"':
			q, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("a quoted word does not end: %s", line)
			}
			w, err := strconv.Unquote(q)
			if err != nil {
				return nil, fmt.Errorf("a quoted word cannot be read: %s", q)
			}
			out, line = append(out, w), line[len(q):]
		default:
			end := strings.IndexAny(line, " \t")
			if end < 0 {
				end = len(line)
			}
			out, line = append(out, line[:end]), line[end:]
		}
	}
}
