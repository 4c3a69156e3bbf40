package tui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strconv"
	"strings"
	"testing"
)

// Every word of the screen goes through steps.T with a literal, so that translations can be looked for.
func TestWordsAreLiteral(t *testing.T) {
	set := token.NewFileSet()
	pkgs, err := parser.ParseDir(set, ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0)
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for _, pkg := range pkgs {
		ast.Inspect(pkg, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "T" || len(call.Args) == 0 {
				return true
			}
			lit, ok := call.Args[0].(*ast.BasicLit)
			if !ok {
				t.Errorf("%s: steps.T without a literal", set.Position(call.Pos()))
				return true
			}
			s, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Error(err)
			}
			if n := strings.Count(s, "%"); n != len(call.Args)-1 {
				t.Errorf("%s: %q has %d places and %d arguments", set.Position(call.Pos()), s, n, len(call.Args)-1)
			}
			words[s] = true
			return true
		})
	}
	if len(words) < 50 {
		t.Errorf("only %d sentences found", len(words))
	}
}

// What this package draws by itself is one cell wide in every terminal, the ones that draw ambiguous characters two
// cells wide included.
func TestGlyphsAreOneCellEverywhere(t *testing.T) {
	set := token.NewFileSet()
	pkgs, err := parser.ParseDir(set, ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range pkgs {
		ast.Inspect(pkg, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			for _, r := range lit.Value {
				if r > 0x7e && !strings.ContainsRune("✓✗▸◉░", r) {
					t.Errorf("%s: %q", set.Position(lit.Pos()), r)
				}
			}
			return true
		})
	}
}
