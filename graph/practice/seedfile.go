package practice

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// ReadSeed reads a seed from JSON: the fields of Seed by their lower-case names, lengths of time as "90s" or "5m". What
// is left out is the default company's: its people and groups if the file has none. Errors are sentences for whoever
// wrote the file, with the line and the field where there is one.
func ReadSeed(r io.Reader) (*Seed, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	type plain Seed
	in := struct {
		*plain
		SignInDelay string `json:"signInDelay"`
		ReportDelay string `json:"reportDelay"`
		Lag         string `json:"lag"`
		Settle      string `json:"settle"`
	}{plain: &plain{}}
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))) // Windows editors begin with a mark
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return nil, misread(text, dec, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: there is something after its end", lineOf(text, dec.InputOffset()))
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
			return nil, fmt.Errorf("%s%s takes a length of time such as 90s, 5m or 1h30m, not %q", fieldLine(text, d.name), d.name, d.text)
		}
		if v < 0 {
			return nil, fmt.Errorf("%s%s: %s is less than nothing", fieldLine(text, d.name), d.name, d.text)
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
			return nil, fmt.Errorf("the domain %s needs people of its own", s.Domain)
		}
	}
	return &s, nil
}

// misread says what is wrong with a seed in the words of whoever wrote it: encoding/json names types of this program.
func misread(text []byte, dec *json.Decoder, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("it is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends in the middle: a bracket or a quotation mark is not closed")
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: that is not JSON (%v)", lineOf(text, syntax.Offset), syntax)
	case errors.As(err, &kind):
		field := kind.Field[strings.LastIndexByte(kind.Field, '.')+1:]
		if field == "" {
			return fmt.Errorf("line %d: a seed is fields in braces, not %s", lineOf(text, kind.Offset), aKind(kind.Value))
		}
		return fmt.Errorf("line %d: %q takes %s, not %s", lineOf(text, kind.Offset), field, wanted(kind.Type), aKind(kind.Value))
	}
	if m := unknownField.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("%sthere is no field %q here", fieldLine(text, m[1]), m[1])
	}
	return fmt.Errorf("line %d: %w", lineOf(text, dec.InputOffset()), err)
}

var unknownField = regexp.MustCompile(`unknown field "(.*)"`)

// lineOf is the line of an offset, the first being 1.
func lineOf(text []byte, offset int64) int {
	return bytes.Count(text[:min(int(offset), len(text))], []byte("\n")) + 1
}

// fieldLine begins a sentence with the line in which a field stands first; empty where it cannot be found.
func fieldLine(text []byte, name string) string {
	at := regexp.MustCompile(`"` + regexp.QuoteMeta(name) + `"\s*:`).FindIndex(text)
	if at == nil {
		return ""
	}
	return fmt.Sprintf("line %d: ", lineOf(text, int64(at[0])))
}

// wanted says in JSON's words what a field of this type takes.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "a list in brackets"
	case reflect.Struct, reflect.Map, reflect.Pointer:
		return "fields in braces"
	}
	return "text in quotation marks"
}

// aKind says what stands there instead; JSON's decoder tells numbers as "number" and their digits.
func aKind(value string) string {
	switch {
	case value == "bool":
		return "true or false"
	case value == "string":
		return "text"
	case value == "array":
		return "a list"
	case value == "object":
		return "fields in braces"
	}
	return "a " + value
}
