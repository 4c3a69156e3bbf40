package main

import (
	"cmp"
	"slices"
	"strings"

	"keyrollout/steps"
)

// The part of SARIF 2.1.0 (OASIS, 27 March 2020) that a check of a tenant fills.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID         string `json:"id"`
		HelpURI    string `json:"helpUri,omitempty"`
		Properties struct {
			Tags []string `json:"tags"`
		} `json:"properties"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Kind      string          `json:"kind"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Logical []sarifLogical `json:"logicalLocations"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
)

// sarifKinds are kind and level of a result (§3.27.9, §3.27.10: only a failure has a level). What cannot be seen is
// "open": there was not enough to go by.
var sarifKinds = map[steps.Level][2]string{
	steps.LevelOK: {"pass", "none"}, steps.LevelNote: {"fail", "note"}, steps.LevelFault: {"fail", "error"}, steps.LevelUnknown: {"open", "none"},
}

// writeSARIF writes one rule and one result for each finding; the ids of the baselines are the rule's tags.
func (a *app) writeSARIF(found []finding) error {
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "keyrollout", Version: version, Rules: []sarifRule{}}
	for _, f := range found {
		at := slices.IndexFunc(run.Tool.Driver.Rules, func(r sarifRule) bool { return r.ID == f.ID })
		if at < 0 {
			r := sarifRule{ID: f.ID, HelpURI: helpFor(f.Rules)}
			r.Properties.Tags = f.Rules
			at = len(run.Tool.Driver.Rules)
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, r)
		}
		kind, text := sarifKinds[f.Level], f.Text
		if f.Next != "" {
			text += " " + a.say(steps.T("next: %s", f.Next))
		}
		run.Results = append(run.Results, sarifResult{RuleID: f.ID, RuleIndex: at, Kind: cmp.Or(kind[0], "review"), Level: cmp.Or(kind[1], "none"), Message: sarifText{text},
			Locations: []sarifLocation{{[]sarifLogical{{"tenant/" + f.ID, "resource"}}}}})
	}
	return writeJSON(a.out, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// helpFor is the public page of the first rule that has one.
func helpFor(rules []string) string {
	for _, r := range rules {
		switch {
		case strings.HasPrefix(r, "EIDSCA."):
			return "https://maester.dev/docs/tests/" + r
		case strings.HasPrefix(r, "MS.AAD."):
			return "https://github.com/cisagov/ScubaGear/blob/main/PowerShell/ScubaGear/baselines/aad.md#" + strings.ToLower(strings.ReplaceAll(r, ".", ""))
		case strings.HasPrefix(r, "CIS "):
			return "https://www.cisecurity.org/benchmark/microsoft_365"
		}
	}
	return ""
}
