//go:build unix

package tui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"keyrollout/steps"
)

// At a terminal, lines break between words; what is one word is left whole, to be selected.
func TestPlainFoldsBetweenWords(t *testing.T) {
	x := openTerminal(t, 60, 24)
	long := "https://login.example.com/" + strings.Repeat("a", 60)
	o := x.options()
	go func() {
		x.result <- Plain(context.Background(), o, func(ctx context.Context, ask steps.Asker, _ func(steps.Event)) error {
			_, err := ask.Ask(ctx, steps.Question{Name: "user", Kind: steps.Line, Default: "aiko@contoso.example", Detail: []steps.Text{{Format: long}},
				Text: steps.T("Who gets the first key? The beginning of a name or sign-in name")})
			return err
		})
	}()
	x.until("contoso.example):")
	if raw := x.written(); !strings.Contains(raw, "sign-in\r\nname") && !strings.Contains(raw, "or\r\nsign-in") || !strings.Contains(raw, long) {
		t.Errorf("the question is broken within a word, or the address is broken:\n%q", raw)
	}
	x.keys("x\r")
	if err := <-x.result; err != nil {
		t.Error(err)
	}
}

func TestFold(t *testing.T) {
	for _, s := range []string{
		"short", "", "a question that is a good deal longer than forty cells, with its end: ",
		"  an indented line that is a good deal longer than forty cells has its indent on each",
		"組織のユーザーにセキュリティ キーを配るとき、最初に少人数のグループで試すことをお勧めします。",
		"two lines\nof which options end in a hyphen -uv --plain or begin with one --still -rk -plat",
		"two lines\nof which the second is a good deal longer than forty cells are",
	} {
		got := fold(s, 40)
		for _, l := range strings.Split(got, "\n") {
			if ansi.StringWidth(strings.TrimRight(l, " ")) > 40 || strings.HasSuffix(l, "-") || strings.HasPrefix(s, " ") != strings.HasPrefix(l, " ") {
				t.Errorf("%q", l)
			}
		}
		if flat := strings.NewReplacer(" ", "", "\n", ""); flat.Replace(got) != flat.Replace(s) {
			t.Errorf("%q became %q", s, got)
		}
		if strings.HasSuffix(s, ": ") != strings.HasSuffix(got, ": ") {
			t.Errorf("no room behind the question: %q", got)
		}
	}
}

// The value of a fact stays in its column, and an address in one piece.
func TestAFactBreaksUnderItself(t *testing.T) {
	x := openTerminal(t, 40, 24)
	if got, want := Fact(x.tty, 10, "options", "+rk -noMcGaPermissions -uv +pinUvAuthToken"), "options   +rk -noMcGaPermissions -uv\n          +pinUvAuthToken\n"; got != want {
		t.Errorf("%q", got)
	}
	token := strings.Repeat("a", 60)
	if got := Fact(x.tty, 10, "Token:", token); got != "Token:    "+token+"\n" {
		t.Errorf("%q", got)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got := Fact(file, 10, "sensor", strings.Repeat("by touch, ", 9)); strings.Count(got, "\n") != 1 {
		t.Errorf("%q", got)
	}
}

// ? explains at every kind of question that reads a line, and the question is put again in full.
func TestPlainExplains(t *testing.T) {
	words := func(step string) []steps.Text { return []steps.Text{steps.T("What"), steps.T("  Words of %s.", step)} }
	for _, q := range []steps.Question{
		{Name: "a", Kind: steps.Line, Text: steps.T("Which group?"), Detail: []steps.Text{steps.T("A pilot.")}, Default: "done"},
		{Name: "a", Kind: steps.Choose, Text: steps.T("Which?"), Detail: []steps.Text{steps.T("A pilot.")}, Choices: []steps.Choice{{ID: "done", Text: steps.T("one")}}},
		{Name: "a", Kind: steps.Touch, Text: steps.T("Which?"), Detail: []steps.Text{steps.T("A pilot.")}, Choices: []steps.Choice{{ID: "done", Text: steps.T("one")}}},
		{Name: "a", Kind: steps.Typed, Text: steps.T("Sure?"), Detail: []steps.Text{steps.T("A pilot.")}, Word: "done"},
		{Name: "a", Kind: steps.Act, Text: steps.T("Open it."), Detail: []steps.Text{steps.T("A pilot.")}},
	} {
		var got steps.Answer
		out, err := plainly(t, "？\ndone\n", func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) (err error) {
			tell(steps.Event{Data: steps.StepState{ID: "tenant", State: steps.Active}})
			got, err = ask.Ask(ctx, q)
			return err
		}, func(o *Options) { o.Explain = words })
		if err != nil && !errors.Is(err, steps.ErrNoAnswer) || got.ID != "done" {
			t.Errorf("kind %d: %+v, %v", q.Kind, got, err)
		}
		if !strings.Contains(out, "Words of tenant.") || strings.Count(out, "A pilot.") != 2 {
			t.Errorf("kind %d:\n%s", q.Kind, out)
		}
	}
}

// A page of help keeps its columns, and what is indented stays a line where it can.
func TestPage(t *testing.T) {
	text := "Two lines of one paragraph that have to be,\nin a page of this width, set anew.\n\nFlags:\n" +
		"  -h, --help      help for this\n      --out FILE  write what it found to FILE, and show not one line here\n\n" +
		"  models:            # any\n    - a-name-that-is-as-long-as-it-is-and-stays-whole-at-any-width-of-a-terminal\n"
	want := "Two lines of one paragraph that have to be, in a page of\nthis width, set anew.\n\nFlags:\n" +
		"  -h, --help      help for this\n      --out FILE  write what it found to FILE, and show not\n                  one line here\n\n" +
		"  models:            # any\n    - a-name-that-is-as-long-as-it-is-and-stays-whole-at-any-width-of-a-terminal\n"
	if got := page(text, 60); got != want {
		t.Errorf("%s", got)
	}
	for text, want := range map[string]string{
		"  1  step      which is told in more words than a line has\n":                  "  1  step      which is told in more\n               words than a line has\n",
		"  1  テナント  パスキーと一時アクセス パスのポリシー、1人分のパス\n":                                       "  1  テナント  パスキーと一時アクセス\n               パスのポリシー、1人分の\n               パス\n",
		"      --in FILE  この実行を再生するスクリプトを FILE に書き出す\n":                                 "      --in FILE  この実行を再生する\n                 スクリプトを FILE に\n                 書き出す\n",
		"FILE に書かれた全員に一時アクセス パスを発行し、1人ずつ DIR のファイルに封印します。 開くには:  age -d DIR/NAME.age\n": "FILE に書かれた全員に一時アクセス パスを\n発行し、1人ずつ DIR のファイルに\n封印します。 開くには:  age -d\nDIR/NAME.age\n",
	} {
		if got := page(text, 40); got != want {
			t.Errorf("%q\nis set as\n%s", text, got)
		}
	}
}

// A line of Japanese ends behind a phrase where it can. It never ends before a mark that must not begin one, in a Latin
// word, or between a number and its counter, and it is never too wide: what is in it stays whole and in order.
func TestJapaneseBreaks(t *testing.T) {
	for _, c := range []struct {
		text string
		w    int
		want []string
	}{
		{"", 10, []string{""}},
		{"短い", 10, []string{"短い"}},
		{"読み戻して確認します。", 20, []string{"読み戻して", "確認します。"}}, // not 。 alone
		{"（練習）「登録」", 10, []string{"（練習）", "「登録」"}},       // an opening mark begins the line
		{"スキップしました", 6, []string{"スキッ", "プしま", "した"}},    // no phrase is near
		{"ここから、KEYROLLOUT_CERTIFICATE", 24, []string{"ここから、", "KEYROLLOUT_CERTIFICATE"}},
		{"TLS を検査する", 8, []string{"TLS を", "検査する"}},                // the particle stays with its word
		{"タッチは約12回です", 10, []string{"タッチは", "約12回です"}},             // not 12 alone
		{"後でも取り消せます", 12, []string{"後でも", "取り消せます"}},               // not within a verb
		{"二つの文。 次の文", 12, []string{"二つの文。", "次の文"}},                // no space begins the line
		{"ABCDEFGHIJ です", 4, []string{"ABCD", "EFGH", "IJ", "です"}}, // what is too wide is cut
		{"あ", 1, []string{"あ"}},
		{"a\nい", 10, []string{"a", "い"}},
		{"か\u3099き", 2, []string{"か\u3099", "き"}}, // a letter with its mark
	} {
		if got := wrapped(c.text, c.w); !slices.Equal(got, c.want) {
			t.Errorf("%q in %d cells: %q", c.text, c.w, got)
		}
	}
}

func FuzzJapaneseBreaks(f *testing.F) {
	f.Add("FILE に書かれた全員に一時アクセス パスを発行し、1人ずつ DIR のファイルに封印します。", 20)
	f.Add("  「（あ）」ー10～20人。  keyrollout key  を", 7)
	f.Fuzz(func(t *testing.T, s string, w int) {
		if s = clean(s); !utf8.ValidString(s) || w < 2 || w > 200 || strings.ContainsRune(s, '\u00a0') {
			t.Skip()
		}
		lines := brokenJapanese(s, w)
		for _, l := range lines[:len(lines)-1] {
			if l == "" || strings.HasSuffix(l, " ") || ansi.StringWidth(l) > w && ansi.StringWidth(strings.TrimSpace(l)) > w {
				t.Errorf("%q in %d cells has the line %q", s, w, l)
			}
		}
		if whole := strings.NewReplacer(" ", ""); whole.Replace(strings.Join(lines, "")) != whole.Replace(s) {
			t.Errorf("%q became %q", s, lines)
		}
	})
}
