package practice

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// ReadSeed reads a seed from JSON: the fields of Seed by their lower-case names, lengths of time as "90s" or "5m". What
// is left out is the default company's: its people and groups if the file has none.
func ReadSeed(r io.Reader) (*Seed, error) {
	type plain Seed
	in := struct {
		*plain
		SignInDelay string `json:"signInDelay"`
		ReportDelay string `json:"reportDelay"`
		Lag         string `json:"lag"`
		Settle      string `json:"settle"`
	}{plain: &plain{}}
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("seed: there is something after its end")
	}
	s := Seed(*in.plain)
	for _, d := range []struct {
		name, text string
		into       *time.Duration
	}{{"signInDelay", in.SignInDelay, &s.SignInDelay}, {"reportDelay", in.ReportDelay, &s.ReportDelay}, {"lag", in.Lag, &s.Lag}, {"settle", in.Settle, &s.Settle}} {
		if d.text == "" {
			continue
		}
		v, err := time.ParseDuration(d.text)
		if err != nil {
			return nil, fmt.Errorf("seed: %s: %w", d.name, err)
		}
		if v < 0 {
			return nil, fmt.Errorf("seed: %s: %s is less than nothing", d.name, d.text)
		}
		*d.into = v
		if v == 0 {
			*d.into = -1 // zero is "the default" in Seed
		}
	}
	if len(s.People) == 0 {
		company := DefaultCompany()
		s.People, s.Groups = company.People, append(company.Groups, s.Groups...)
		if s.Domain != "" && s.Domain != Domain {
			return nil, fmt.Errorf("seed: the domain %s needs people of its own", s.Domain)
		}
	}
	return &s, nil
}
