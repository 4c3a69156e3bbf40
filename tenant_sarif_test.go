package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"keyrollout/steps"
)

// What SARIF 2.1.0 requires of a log: version, a tool with a name, results with a message, rules that are there, a level
// only for failures, absolute addresses of help; and every finding once.
func TestSARIF(t *testing.T) {
	code, out, said := runCommand(t, t.TempDir(), "tenant", "check", "--practice", "--format", "sarif")
	if code != exitDone {
		t.Fatal(said)
	}
	var log struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string `json:"name"`
					Rules []struct {
						ID      string `json:"id"`
						HelpURI string `json:"helpUri"`
					} `json:"rules"`
				} `json:"driver"`
			} `json:"tool"`
			Results []struct {
				RuleID    string                `json:"ruleId"`
				RuleIndex int                   `json:"ruleIndex"`
				Kind      string                `json:"kind"`
				Level     string                `json:"level"`
				Message   struct{ Text string } `json:"message"`
			} `json:"results"`
		} `json:"runs"`
	}
	if err := json.Unmarshal([]byte(out), &log); err != nil || log.Version != "2.1.0" || log.Schema == "" || len(log.Runs) != 1 {
		t.Fatalf("%v\n%s", err, out)
	}
	r := log.Runs[0]
	if r.Tool.Driver.Name != "keyrollout" || len(r.Results) < 10 {
		t.Errorf("%q, %d results", r.Tool.Driver.Name, len(r.Results))
	}
	helped := 0
	for _, rule := range r.Tool.Driver.Rules {
		if rule.HelpURI != "" {
			helped++
		}
	}
	if helped < 8 {
		t.Errorf("%d rules say where they come from", helped)
	}
	for _, res := range r.Results {
		if res.RuleIndex >= len(r.Tool.Driver.Rules) || r.Tool.Driver.Rules[res.RuleIndex].ID != res.RuleID || res.Message.Text == "" {
			t.Errorf("%+v", res)
		}
		if !slices.Contains([]string{"pass", "fail", "open"}, res.Kind) || (res.Kind == "fail") == (res.Level == "none") {
			t.Errorf("%s: %s, %s", res.RuleID, res.Kind, res.Level)
		}
	}
}

// A finding comes out as what it is; a level that this version does not know is for a person to look at.
func TestSARIFLevels(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a := &app{out: &output{File: f}, say: steps.English}
	if err := a.writeSARIF([]finding{{ID: "a", Level: steps.LevelFault, Text: "x"}, {ID: "a", Level: steps.LevelOK, Text: "y"}, {ID: "b", Level: steps.LevelUnknown, Text: "z"}, {ID: "c", Level: "new", Text: "w"}}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(b, &log); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range log.Runs[0].Results {
		got = append(got, r.RuleID+" "+r.Kind+" "+r.Level)
	}
	if !slices.Equal(got, []string{"a fail error", "a pass none", "b open none", "c review none"}) || len(log.Runs[0].Tool.Driver.Rules) != 3 {
		t.Errorf("%q", got)
	}
}
