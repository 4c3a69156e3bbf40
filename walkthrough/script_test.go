package walkthrough

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFirstRolloutParses(t *testing.T) {
	s, err := FirstRollout()
	if err != nil {
		t.Fatal(err)
	}
	if s.Title == "" || len(s.Answers) == 0 || len(s.Expects) == 0 {
		t.Fatalf("empty: %+v", s)
	}
}

func TestFaultsOfAScriptNameTheirLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"title x\nanwser a b\n", `s.walk:2: unknown command "anwser"`},
		{"answer a\n", "s.walk:1: answer: want"},
		{"answer a b c d\n", "s.walk:1: answer: want"},
		{"answer a b x0\n", "s.walk:1: answer: the third word"},
		{"answer a b x1000\n", "s.walk:1: answer: the third word"},
		{"\n\nclock yesterday\n", "s.walk:3: clock: want a time"},
		{"seed -1\n", "s.walk:1: seed: want a whole number"},
		{"company round\n", "s.walk:1: company: want"},
		{"language tlh\n", "s.walk:1: language: want en or ja"},
		{"title a b\n", `s.walk:1: "title" takes one word`},
		{"title \"open\n", "s.walk:1: a quoted word does not end"},
		{"seed 1\n-- dialog --\n", `s.walk:2: unknown or repeated part "dialog"`},
		{"seed 1\n-- dialogue --\nx\n-- dialogue --\n", "s.walk:4: unknown or repeated part"},
	} {
		_, err := Parse("s.walk", []byte(c.text))
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

func TestExpectationsNameLineAndBothSides(t *testing.T) {
	s, err := Parse("s.walk", []byte("seed 1\nexpect \"Touch 4: dry\"\n-- dialogue --\none\ntwo\n-- evidence --\n{}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ dialogue, evidence, want string }{
		{"Touch 4: good\n", "{}\n", "s.walk:2: this did not come, or not in this order\n    expected: Touch 4: dry\n    got:      Touch 4: good"},
		{"one\nTouch 4: dry\n", "{}\n", "s.walk:5: the dialogue differs here\n    expected: two\n    got:      Touch 4: dry"},
	} {
		if err := s.Compare(c.dialogue, c.evidence); err == nil || err.Error() != c.want {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
	}
	s.Expects = nil
	if err := s.Compare("one\ntwo\nthree\n", "{}\n"); err == nil || !strings.Contains(err.Error(), "s.walk:6: the dialogue differs here\n    expected: (the end)\n    got:      three") {
		t.Errorf("a line too many: %v", err)
	}
	if err := s.Compare("one\ntwo\n", "{1}\n"); err == nil || !strings.Contains(err.Error(), "s.walk:7: the evidence differs") {
		t.Errorf("evidence: %v", err)
	}
	if err := s.Compare("one\ntwo\n", "{}\n"); err != nil {
		t.Error(err)
	}
}

func TestUpdateKeepsTheCommands(t *testing.T) {
	text := "# mine\nseed 3 # why\n\nanswer a b\n-- dialogue --\nold\n"
	s, err := Parse("s.walk", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got := string(s.Update("new\n", "{}\n"))
	want := "# mine\nseed 3 # why\n\nanswer a b\n\n-- dialogue --\nnew\n-- evidence --\n{}\n"
	if got != want {
		t.Fatalf("got %q\nwant %q", got, want)
	}
	again, err := Parse("s.walk", []byte(got))
	if err != nil {
		t.Fatal(err)
	}
	if twice := string(again.Update("new\n", "{}\n")); twice != got {
		t.Fatalf("updated twice: %q", twice)
	}
}

func TestAScriptThatIsTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "big.walk")
	if err := os.WriteFile(path, make([]byte, maxScript+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Fatalf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(firstRollout)
	f.Add([]byte("answer a \"b c\" x3\n-- dialogue --\n-- evidence --\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse("f.walk", b)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("not an *Error: %v", err)
			}
			return
		}
		_ = s.Compare("a\nb\n", "{}")
		if _, err := Parse("f.walk", s.Update("a\n", "{}\n")); err != nil && !strings.Contains(string(b), "\r") {
			t.Fatalf("what Update writes does not parse: %v", err)
		}
	})
}
