package practice

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The values of a $filter, and how they compare with those of a row.

// literal reads text, a number, true, false, null or a date.
func (p *filterParser) literal() (any, error) {
	w := p.take()
	switch {
	case w == "":
		return nil, fmt.Errorf("a value is missing")
	case w[0] == '\'':
		return w[1:], nil
	case w == "true", w == "false":
		return w == "true", nil
	case w == "null":
		return nil, nil
	}
	if n, err := strconv.ParseFloat(w, 64); err == nil {
		return n, nil
	}
	if t, err := time.Parse(time.RFC3339, w); err == nil {
		return t, nil
	}
	if len(w) == 36 && strings.Count(w, "-") == 4 { // a bare GUID is a literal too
		return w, nil
	}
	return nil, fmt.Errorf("'%s' is not a value", w)
}

// compare orders two values; text without regard to case, as the directory does.
func compare(have, want any) (n int, comparable bool) {
	if have == nil || want == nil {
		return 0, have == nil && want == nil
	}
	switch w := want.(type) {
	case string:
		h, isText := have.(string)
		return strings.Compare(strings.ToLower(h), strings.ToLower(w)), isText
	case bool:
		h, isBool := have.(bool)
		if h == w {
			return 0, isBool
		}
		return 1, isBool
	case float64:
		switch h := have.(type) {
		case int:
			return sign(float64(h) - w), true
		case float64:
			return sign(h - w), true
		}
	case time.Time:
		s, _ := have.(string)
		h, err := time.Parse(time.RFC3339, s)
		return h.Compare(w), err == nil
	}
	return 0, false
}

func sign(f float64) int {
	switch {
	case f < 0:
		return -1
	case f > 0:
		return 1
	}
	return 0
}
