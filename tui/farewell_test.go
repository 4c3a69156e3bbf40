package tui

import (
	"strings"
	"testing"

	"keyrollout/steps"
)

// What stays in the terminal is wrapped under itself, and stays one line a fact for a reader.
func TestALongLineOfTheFarewellHangs(t *testing.T) {
	f := farewell{say: steps.English, width: 40, summary: &steps.Summary{Complete: true,
		Done: []steps.Text{steps.T("Read back: the tenant lists \"A long name\" for Aiko Sato (not attested).")}}}
	var out strings.Builder
	f.print(&out)
	if want := "  ✓ Read back: the tenant lists \"A long\n    name\" for Aiko Sato (not attested).\n"; !strings.Contains(out.String(), want) {
		t.Errorf("printed:\n%s", out.String())
	}
	f.plain, f.width = true, 0
	out.Reset()
	f.print(&out)
	if !strings.Contains(out.String(), "\nRead back: the tenant lists \"A long name\" for Aiko Sato (not attested).\n") {
		t.Errorf("printed plainly:\n%s", out.String())
	}
}

func TestPlainGoesBackFromText(t *testing.T) {
	for _, c := range []struct {
		q    steps.Question
		line string
		back bool
	}{
		{steps.Question{Kind: steps.Line, Back: true}, "<", true},
		{steps.Question{Kind: steps.Line, Back: true}, "b", false}, // the beginning of a name
		{steps.Question{Kind: steps.Line}, "<", false},
		{steps.Question{Kind: steps.Choose, Back: true, Choices: []steps.Choice{{ID: "x"}}}, "<", true},
		{steps.Question{Kind: steps.Choose, Back: true, Choices: []steps.Choice{{ID: "x"}}}, "b", true},
		{steps.Question{Kind: steps.Act, Back: true}, "b", true},
	} {
		_, err := understood(steps.English, c.q, c.line)
		if (err == steps.ErrBack) != c.back {
			t.Errorf("%+v, %q: %v", c.q, c.line, err)
		}
	}
}
