package practice

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// $filter and $search. The grammar is the part of OData's that Graph's directory and logs understand: eq ne gt ge lt le,
// and, or, not, parentheses, startswith, endswith, contains, in, and any(x:x eq …) on lists of text.

// test decides about one row.
type test func(object) bool

// filter reads $filter and $search; nil keeps every row.
func (c *call) filter(directory bool) (test, error) {
	var tests []test
	if s := c.query.Get("$filter"); s != "" {
		f, err := parseFilter(s)
		if err != nil {
			return nil, bad("BadRequest", "Invalid filter clause: %v", err)
		}
		tests = append(tests, f)
	}
	if s := c.query.Get("$search"); s != "" {
		if directory && !c.eventual() {
			return nil, bad("Request_UnsupportedQuery", "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'")
		}
		f, err := parseSearch(s)
		if err != nil {
			return nil, bad("BadRequest", "Syntax error: %v", err)
		}
		tests = append(tests, f)
	}
	if len(tests) == 0 {
		return nil, nil
	}
	return func(o object) bool {
		for _, f := range tests {
			if !f(o) {
				return false
			}
		}
		return true
	}, nil
}

// property reads a property, or a path into complex ones ("status/errorCode").
func property(o object, path string) any {
	var v any = o
	for name := range strings.SplitSeq(path, "/") {
		m, isObject := v.(object)
		if !isObject {
			return nil
		}
		v = nil
		for k, x := range m {
			if strings.EqualFold(k, name) {
				v = x
			}
		}
	}
	return v
}

// filterParser is a recursive-descent parser over words.
type filterParser struct {
	words []string
	depth int
}

func parseFilter(s string) (test, error) {
	words, err := filterWords(s)
	if err != nil {
		return nil, err
	}
	p := &filterParser{words: words}
	f, err := p.or()
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("unexpected '%s'", p.words[0])
	}
	return f, err
}

// filterWords cuts a filter into words: quoted text keeps its opening quote as a mark.
func filterWords(s string) (words []string, err error) {
	for rest := strings.TrimSpace(s); rest != ""; rest = strings.TrimSpace(rest) {
		switch {
		case rest[0] == '\'':
			var b strings.Builder
			i := 1
			for ; ; i++ {
				if i >= len(rest) {
					return nil, fmt.Errorf("there is an unterminated string literal")
				}
				if rest[i] == '\'' {
					if i+1 < len(rest) && rest[i+1] == '\'' { // '' is a quote inside
						i++
					} else {
						break
					}
				}
				b.WriteByte(rest[i])
			}
			words, rest = append(words, "'"+b.String()), rest[i+1:]
		case strings.ContainsRune("(),", rune(rest[0])):
			words, rest = append(words, rest[:1]), rest[1:]
		default:
			n := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("(),'", r) })
			if n < 0 {
				n = len(rest)
			}
			words, rest = append(words, rest[:n]), rest[n:]
		}
	}
	return words, nil
}

func (p *filterParser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

func (p *filterParser) take() string {
	w := p.peek()
	if len(p.words) > 0 {
		p.words = p.words[1:]
	}
	return w
}

func (p *filterParser) expect(w string) error {
	if got := p.take(); got != w {
		return fmt.Errorf("'%s' expected, found '%s'", w, got)
	}
	return nil
}

func (p *filterParser) or() (test, error) {
	a, err := p.and()
	for err == nil && p.peek() == "or" {
		p.take()
		var b test
		left := a
		if b, err = p.and(); err == nil {
			a = func(o object) bool { return left(o) || b(o) }
		}
	}
	return a, err
}

func (p *filterParser) and() (test, error) {
	a, err := p.not()
	for err == nil && p.peek() == "and" {
		p.take()
		var b test
		left := a
		if b, err = p.not(); err == nil {
			a = func(o object) bool { return left(o) && b(o) }
		}
	}
	return a, err
}

func (p *filterParser) not() (test, error) {
	if p.depth++; p.depth > 50 {
		return nil, fmt.Errorf("the expression is too deep")
	}
	defer func() { p.depth-- }()
	if p.peek() == "not" {
		p.take()
		f, err := p.not()
		if err != nil {
			return nil, err
		}
		return func(o object) bool { return !f(o) }, nil
	}
	if p.peek() == "(" {
		p.take()
		f, err := p.or()
		if err != nil {
			return nil, err
		}
		return f, p.expect(")")
	}
	return p.comparison()
}

func (p *filterParser) comparison() (test, error) {
	name := p.take()
	if name == "" || name[0] == '\'' || strings.ContainsAny(name, "(),") {
		return nil, fmt.Errorf("a property name is expected, found '%s'", name)
	}
	if p.peek() == "(" {
		return p.function(name)
	}
	op := p.take()
	if op == "in" {
		return p.in(name)
	}
	want, err := p.literal()
	if err != nil {
		return nil, err
	}
	pass, err := comparer(op)
	if err != nil {
		return nil, err
	}
	return func(o object) bool {
		n, comparable := compare(property(o, name), want)
		return pass(n, comparable)
	}, nil
}

// comparer turns an operator into a decision; values that cannot be compared are only ever "not equal".
func comparer(op string) (func(n int, comparable bool) bool, error) {
	switch op {
	case "eq":
		return func(n int, c bool) bool { return c && n == 0 }, nil
	case "ne":
		return func(n int, c bool) bool { return !c || n != 0 }, nil
	case "gt":
		return func(n int, c bool) bool { return c && n > 0 }, nil
	case "ge":
		return func(n int, c bool) bool { return c && n >= 0 }, nil
	case "lt":
		return func(n int, c bool) bool { return c && n < 0 }, nil
	case "le":
		return func(n int, c bool) bool { return c && n <= 0 }, nil
	}
	return nil, fmt.Errorf("the operator '%s' is not supported", op)
}

func (p *filterParser) in(name string) (test, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var list []any
	for {
		v, err := p.literal()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if p.peek() != "," {
			break
		}
		p.take()
	}
	return func(o object) bool {
		for _, want := range list {
			if n, c := compare(property(o, name), want); c && n == 0 {
				return true
			}
		}
		return false
	}, p.expect(")")
}

// function is startswith(property,'text') and its kin, or property/any(x:x eq 'text').
func (p *filterParser) function(name string) (test, error) {
	p.take() // (
	if list, isAny := strings.CutSuffix(name, "/any"); isAny {
		variable, _, found := strings.Cut(p.take(), ":")
		if !found {
			return nil, fmt.Errorf("any() needs a variable")
		}
		// filterWords keeps "x:x" together; what follows is the operator.
		op := p.take()
		want, err := p.literal()
		if err != nil || op != "eq" {
			return nil, fmt.Errorf("any(%s:%s eq …) is what is supported", variable, variable)
		}
		return func(o object) bool {
			items, _ := property(o, list).([]string)
			for _, item := range items {
				if n, c := compare(item, want); c && n == 0 {
					return true
				}
			}
			return false
		}, p.expect(")")
	}
	field := p.take()
	if err := p.expect(","); err != nil {
		return nil, err
	}
	lit, err := p.literal()
	if err != nil {
		return nil, err
	}
	text, isText := lit.(string)
	if !isText {
		return nil, fmt.Errorf("%s needs text", name)
	}
	text = strings.ToLower(text)
	how := map[string]func(s, part string) bool{"startswith": strings.HasPrefix, "endswith": strings.HasSuffix, "contains": strings.Contains}[strings.ToLower(name)]
	if how == nil {
		return nil, fmt.Errorf("the function '%s' is not supported", name)
	}
	return func(o object) bool {
		s, isText := property(o, field).(string)
		return isText && how(strings.ToLower(s), text)
	}, p.expect(")")
}

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
