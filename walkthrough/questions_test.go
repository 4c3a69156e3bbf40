package walkthrough

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/language"

	"keyrollout/graph"
	"keyrollout/steps"
)

// asked is what the sources ask: the names of their questions, and the words of their choices by id.
func asked(t *testing.T) (names map[string]bool, choices map[string]string) {
	t.Helper()
	names, choices = map[string]bool{}, map[string]string{"yes": "Yes", "no": "No"}
	for _, s := range steps.Rollout() {
		names[s.ID+".go"] = true
	}
	for _, risk := range []string{steps.RiskLockOut, steps.RiskSynced, steps.RiskAttestation} {
		names["risk."+risk] = true
	}
	values := map[string]string{"graph.ByDeviceCode": string(graph.ByDeviceCode), "graph.ByBrowser": string(graph.ByBrowser), "graph.ByAzureCLI": string(graph.ByAzureCLI),
		"RoadPass": string(steps.RoadPass), "RoadBehalf": string(steps.RoadBehalf), "RoadMFA": string(steps.RoadMFA)}
	question := regexp.MustCompile(`Question\{Name: "([^"]+)"`)
	risk := regexp.MustCompile(`w\.risk\(ctx, "([^"]+)"|name, word :?= "([^"]+)"`)
	choice := regexp.MustCompile(`\{ID: (?:"([^"]+)"|string\(([\w.]+)\)), Text: (?:steps\.)?T\("((?:[^"\\]|\\.)*)"`)
	var files []string
	for _, dir := range []string{"../steps", ".."} {
		found, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, name := range slices.DeleteFunc(files, func(n string) bool { return strings.HasSuffix(n, "_test.go") }) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range question.FindAllStringSubmatch(string(b), -1) {
			names[m[1]] = true
		}
		for _, m := range risk.FindAllStringSubmatch(string(b), -1) {
			names["risk."+m[1]+m[2]] = true
		}
		for _, m := range choice.FindAllStringSubmatch(string(b), -1) {
			if id := m[1] + values[m[2]]; len(m[3]) > len(choices[id]) {
				choices[id] = m[3]
			}
		}
	}
	return names, choices
}

// Every question that is explained is asked, with the answers that are explained; and the page behind "?" fits a screen
// of 80x24, in each language.
func TestQuestionsAreExplainedOnOneScreen(t *testing.T) {
	names, choices := asked(t)
	for name, a := range questions {
		if !names[name] {
			t.Errorf("nobody asks %q", name)
		}
		if len(a.means) == 0 || a.undo.Empty() {
			t.Errorf("%s: not said what it means, or how it is undone", name)
		}
		q := steps.Question{Name: name}
		title := 1
		if strings.HasPrefix(name, "risk.") {
			q.Kind, title = steps.Typed, 3
		}
		for id := range a.answers {
			if choices[id] == "" {
				t.Errorf("%s: no choice has the id %q", name, id)
			}
			q.Choices = append(q.Choices, steps.Choice{ID: id, Text: steps.Text{Format: choices[id]}})
		}
		for _, tag := range []language.Tag{language.English, language.Japanese} {
			say, n := Speak(tag), title
			texts := About(q)
			for i, text := range texts {
				s := say(text)
				if i == 0 || s == "" {
					n++ // a line of air
				}
				if s != "" {
					n += 1 + strings.Count(ansi.Wrap(strings.TrimSpace(s), 80-4-2, ""), "\n")
				}
			}
			if most := 24 - 5; n > most {
				t.Errorf("%s, %v: %d lines, and %d fit", name, tag, n, most)
			}
		}
	}
}

// What a question does not offer is not explained; one without words of its own is left to its step.
func TestOnlyAnswersThatAreOfferedAreExplained(t *testing.T) {
	pass := steps.Choice{ID: string(steps.RoadPass), Text: steps.T("with a pass")}
	var said []string
	for _, l := range About(steps.Question{Name: "tenant.road", Choices: []steps.Choice{pass}}) {
		said = append(said, l.String())
	}
	all := strings.Join(said, "\n")
	if !strings.Contains(all, "  with a pass: turns ") || strings.Contains(all, "Microsoft Graph") {
		t.Errorf("said is:\n%s", all)
	}
	if l := About(steps.Question{Name: "undo.go", Kind: steps.Confirm}); len(l) != 9 {
		t.Errorf("yes and no: %v", l)
	}
	if l := About(steps.Question{Name: "key.finger"}); l != nil {
		t.Errorf("%v", l)
	}
}
