package practice

import (
	"fmt"
	"strings"
	"unicode"
)

// $search: clauses of property and text, in quotes.

// parseSearch reads "displayName:ann" OR "mail:ann": clauses in quotes, joined by AND or OR, AND binding closer.
func parseSearch(s string) (test, error) {
	var some [][]test // each: all of
	var all []test
	rest := strings.TrimSpace(s)
	for {
		if rest == "" || rest[0] != '"' {
			return nil, fmt.Errorf("a clause in double quotes is expected at '%s'", rest)
		}
		end := 1
		var b strings.Builder
		for ; end < len(rest) && rest[end] != '"'; end++ {
			if rest[end] == '\\' && end+1 < len(rest) {
				end++
			}
			b.WriteByte(rest[end])
		}
		if end >= len(rest) {
			return nil, fmt.Errorf("character '\"' is missing at the end of '%s'", rest)
		}
		field, text, found := strings.Cut(b.String(), ":")
		if !found || field == "" || strings.TrimSpace(text) == "" {
			return nil, fmt.Errorf("\"property:text\" is expected, found '%s'", b.String())
		}
		all = append(all, searchTest(field, text))
		rest = strings.TrimSpace(rest[end+1:])
		if rest == "" {
			break
		}
		if after, isAnd := strings.CutPrefix(rest, "AND "); isAnd {
			rest = strings.TrimSpace(after)
		} else if after, isOr := strings.CutPrefix(rest, "OR "); isOr {
			some, all, rest = append(some, all), nil, strings.TrimSpace(after)
		} else {
			return nil, fmt.Errorf("AND or OR is expected at '%s'", rest)
		}
	}
	some = append(some, all)
	return func(o object) bool {
		for _, all := range some {
			hit := true
			for _, f := range all {
				hit = hit && f(o)
			}
			if hit {
				return true
			}
		}
		return false
	}, nil
}

// searchTest finds every word of the text at the beginning of some word of the property, as the directory's tokenised
// search does for names; other properties are searched from their beginning.
func searchTest(field, text string) test {
	text = strings.ToLower(strings.TrimSpace(text))
	wanted := searchTokens(text)
	return func(o object) bool {
		s, isText := property(o, field).(string)
		if !isText {
			return false
		}
		s = strings.ToLower(s)
		if !strings.EqualFold(field, "displayName") && !strings.EqualFold(field, "description") {
			return strings.HasPrefix(s, text)
		}
		have := searchTokens(s)
		for _, w := range wanted {
			found := false
			for _, h := range have {
				found = found || strings.HasPrefix(h, w)
			}
			if !found {
				return false
			}
		}
		return len(wanted) > 0
	}
}

func searchTokens(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
}
