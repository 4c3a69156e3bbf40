package main

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/text/language"
	"golang.org/x/text/width"

	"keyrollout/steps"
	"keyrollout/walkthrough"
)

// tree is the tree of commands with its help in a language.
func tree(say steps.Speaker) *cobra.Command {
	a := &app{say: say, in: os.Stdin, out: &output{File: os.Stdout}, err: os.Stderr}
	root := a.command()
	a.adopt(root)
	a.translate(root)
	return root
}

// Whatever help says has a Japanese translation, and what the catalogue has for it is still said.
func TestHelpIsJapanese(t *testing.T) {
	ja, said := walkthrough.Speak(language.Japanese), map[string]bool{}
	needs := func(where, text string) {
		if said[text] = true; ja(steps.Text{Format: text}) == text {
			t.Errorf("%s: no Japanese for\n\t%q", where, text)
		}
		for _, r := range where + text {
			if width.LookupRune(r).Kind() == width.EastAsianAmbiguous {
				t.Errorf("%s: %q is not as wide in every terminal: %q", where, r, text)
			}
		}
	}
	root := tree(steps.English)
	everyCommand(root, func(c *cobra.Command) {
		needs(c.UseLine(), c.Short)
		for _, p := range slices.Concat(pieces(c.Long), pieces(c.Example)) {
			if p.explained() {
				needs(c.CommandPath(), p.text)
			}
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Annotations[cobra.FlagSetByCobraAnnotation] == nil {
				needs(c.CommandPath()+" --"+f.Name, f.Usage)
			}
		})
	})
	if len(said) < 100 {
		t.Fatalf("only %d texts found: is this looking in the right place?", len(said))
	}
	for _, text := range helpCatalogue(t) {
		if !said[text] {
			t.Errorf("help does not say this any more:\n\t%q", text)
		}
	}
}

// helpCatalogue is what package walkthrough has translations of help for.
func helpCatalogue(t *testing.T) (keys []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("walkthrough", "japanese_help.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if kv, ok := n.(*ast.KeyValueExpr); ok {
			key, err := strconv.Unquote(kv.Key.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, key)
		}
		return true
	})
	return keys
}

// What a flag takes is called the same in every language: pflag finds it in backquotes.
func TestTranslatedFlagsNameWhatTheyTake(t *testing.T) {
	en, ja := flagsOf(tree(steps.English)), flagsOf(tree(walkthrough.Speak(language.Japanese)))
	if len(en) < 50 || len(ja) != len(en) {
		t.Fatalf("%d and %d flags", len(en), len(ja))
	}
	for name, f := range en {
		want, _ := pflag.UnquoteUsage(f)
		if got, usage := pflag.UnquoteUsage(ja[name]); got != want || strings.Contains(usage, "`") {
			t.Errorf("%s takes %q, in Japanese %q: %q", name, want, got, usage)
		}
	}
}

func flagsOf(root *cobra.Command) map[string]*pflag.Flag {
	out := map[string]*pflag.Flag{}
	everyCommand(root, func(c *cobra.Command) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) { out[c.CommandPath()+" --"+f.Name] = f })
	})
	return out
}

// No page of Japanese help has cobra's English left in it; and English pages stay as they were written.
func TestHelpHasOneLanguage(t *testing.T) {
	said := func(language string, args ...string) string {
		t.Helper()
		out, err := os.Create(filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		if code := run(t.Context(), args, []string{"LANG=" + language}, os.Stdin, out, os.Stderr); code != exitDone {
			t.Fatalf("%q: exit code %d", args, code)
		}
		b, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, args := range [][]string{{}, {"tenant", "plan"}, {"fingerprint", "bench"}, {"help"}, {"completion", "bash"}} {
		page := said("ja_JP.UTF-8", append(args, "--help")...)
		for _, word := range []string{"sage:", "lags:", "Flags", "xamples:", "ommands:", "topics:", "more information", "help for", "version for", "(default", "[flags]", "[command]"} {
			if strings.Contains(page, word) {
				t.Errorf("%q in the Japanese help of %q:\n%s", word, args, page)
			}
		}
	}
	if page := said("C", "tenant", "plan", "--help"); !strings.Contains(page, "in a small YAML file: field by field,\nand what it does") || !strings.Contains(page, "\n  keyrollout tenant plan [WISH.yaml] [flags]\n") {
		t.Errorf("the English help is not as it was written:\n%s", page)
	}
	if page := said("ja_JP.UTF-8", "help", "tenant", "undo"); page != said("ja_JP.UTF-8", "tenant", "undo", "--help") {
		t.Errorf("help and --help differ:\n%s", page)
	}
	if got := said("ja_JP.UTF-8", "__complete", "tenant", "u"); !strings.Contains(got, "undo\t"+walkthrough.Speak(language.Japanese)(steps.Text{Format: "Put back what stood before the latest change"})) {
		t.Errorf("completion says:\n%s", got)
	}
	if got := said("ja_JP.UTF-8", "completion", "bash"); !bytes.HasPrefix([]byte(got), []byte("# bash completion")) {
		t.Errorf("the completion script went elsewhere: %.80q", got)
	}
}

// A slip on the command line is told in the reader's language, with exit code 2, before anything is done.
func TestSlipsAreTold(t *testing.T) {
	for _, c := range []struct{ line, en, ja string }{
		{"help tenent", `unknown command "tenent": did you mean tenant?`, "「tenent」というコマンドはありません。 もしかして: tenant"},
		{"help tenant pln", "did you mean plan?", "もしかして: plan"},
		{"help key config x", "behind keyrollout key config comes one of: always-uv", "keyrollout key config の後に指定できるもの: always-uv"},
		{"key zzz", "behind keyrollout key comes one of: config", "後に指定できるもの: config"},
		{"completion tcsh", "behind keyrollout completion comes one of: bash", "後に指定できるもの: bash"},
		{"completion bash x", "takes nothing but flags", "フラグだけです"},
		{"key list x", "takes nothing but flags", "フラグだけです"},
		{"key config min-pin", "takes one word behind it: keyrollout key config min-pin N\n", "1つの単語です: keyrollout key config min-pin N\n"},
		{"key credentials rename x", "takes two words", "2つの単語です"},
		{"-x", "unknown flag: -x", "-x というフラグはありません"},
		{"--plian", "unknown flag: --plian: did you mean --plain?", "--plian というフラグはありません。 もしかして: --plain"},
		{"--record", "--record needs a value behind it", "--record には値が必要です"},
		{"--plain=3", `--plain takes true or false, not "3"`, "--plain に指定できる値: true か false"},
		{"pass issue x --minutes y", `--minutes takes a whole number, not "y"`, "--minutes に指定できる値: 整数"},
		{"pass issue x --minutes 99999999999999999999", "--minutes takes a smaller number", "もっと小さい数"},
		{"--record /nonexistent/x", "/nonexistent/x cannot be written: there is no directory /nonexistent", "ディレクトリ /nonexistent がありません"},
		{"tenant check --practice --evidence /nonexistent/x", "there is no directory", "ディレクトリ /nonexistent がありません"},
		{"key info --device=", `--device does not take "": the path is empty`, "--device に「」は指定できません: パスが空です。"},
	} {
		for _, l := range []struct{ lang, want, hint string }{{"C", c.en, "\nhint: keyrollout help\n"}, {"ja_JP.UTF-8", c.ja, "\nヒント: keyrollout help\n"}} {
			errOut, err := os.Create(filepath.Join(t.TempDir(), "err"))
			if err != nil {
				t.Fatal(err)
			}
			code := run(t.Context(), strings.Fields(c.line), []string{"LANG=" + l.lang}, os.Stdin, os.Stdout, errOut)
			said, err := os.ReadFile(errOut.Name())
			if err = errors.Join(err, errOut.Close()); err != nil {
				t.Fatal(err)
			}
			if code != exitUsage || !strings.Contains(string(said), l.want) || !strings.HasSuffix(string(said), l.hint) {
				t.Errorf("%s, %s: exit code %d, %s", c.line, l.lang, code, said)
			}
		}
	}
}

// Every command looks at the words behind it: a word too many must not be passed over.
func TestEveryCommandLooksAtItsWords(t *testing.T) {
	everyCommand(tree(steps.English), func(c *cobra.Command) {
		if c.Runnable() && c.Args == nil {
			t.Errorf("%s takes any words", c.CommandPath())
		}
		if c.HasSubCommands() && !c.Runnable() {
			t.Errorf("%s answers a word it does not know with its page", c.CommandPath())
		}
	})
}
