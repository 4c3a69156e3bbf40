package practice

import (
	"fmt"
	"strings"
)

// $filter and $search. The grammar is the part of OData's that Graph's directory and logs understand: eq ne gt ge lt le,
// and, or, not, parentheses, startswith, endswith, contains, in, and any(x:x eq …) on lists of text.

// test decides about one row.
type test func(object) bool

// filter reads $filter and $search; nil keeps every row.
func (c *call) filter(kind string, directory bool) (test, error) {
	var tests []test
	if s := c.query.Get("$filter"); s != "" {
		f, uses, err := parseFilter(s)
		if err != nil {
			return nil, bad("BadRequest", "Invalid filter clause: %v", err)
		}
		for _, path := range uses.properties {
			if name, _, _ := strings.Cut(path, "/"); !c.has(kind, name) {
				return nil, noProperty("Invalid filter clause: ", name, kind)
			}
		}
		if directory {
			if err := c.advanced(uses.operators); err != nil {
				return nil, err
			}
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

// advanced refuses what the directory answers from its index only: with the header and $count ("Advanced query
// capabilities on Microsoft Entra ID objects"). contains it does not know at all.
func (c *call) advanced(operators []string) error {
	names := map[string]string{"ne": "NotEqualsMatch", "not": "Not", "endswith": "EndsWith", "contains": "Contains"}
	for _, op := range operators {
		switch {
		case op == "contains":
			return bad("Request_UnsupportedQuery", "Filter operator '%s' is not supported.", names[op])
		case names[op] != "" && !(c.eventual() && c.query.Get("$count") == "true"):
			return bad("Request_UnsupportedQuery", "Operator: '%s' is not supported because the required parameters might be missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information", names[op])
		}
	}
	return nil
}

// property reads a property, or a path into complex ones ("status/errorCode").
func property(o object, path string) any {
	var v any = o
	for name := range strings.SplitSeq(path, "/") {
		m, isObject := v.(object)
		if !isObject {
			return nil
		}
		if x, exact := m[name]; exact {
			v = x
			continue
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
	filterUses
}

// filterUses are what a filter names: properties, or paths into them, and operators and functions in lower case.
type filterUses struct{ properties, operators []string }

func parseFilter(s string) (test, filterUses, error) {
	words, err := filterWords(s)
	if err != nil {
		return nil, filterUses{}, err
	}
	p := &filterParser{words: words}
	f, err := p.or()
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("unexpected '%s'", p.words[0])
	}
	return f, p.filterUses, err
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
		p.operators = append(p.operators, p.take())
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
	p.properties, p.operators = append(p.properties, name), append(p.operators, op)
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
		p.properties = append(p.properties, list)
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
	p.properties, p.operators = append(p.properties, field), append(p.operators, strings.ToLower(name))
	how := map[string]func(s, part string) bool{"startswith": strings.HasPrefix, "endswith": strings.HasSuffix, "contains": strings.Contains}[strings.ToLower(name)]
	if how == nil {
		return nil, fmt.Errorf("the function '%s' is not supported", name)
	}
	return func(o object) bool {
		s, isText := property(o, field).(string)
		return isText && how(strings.ToLower(s), text)
	}, p.expect(")")
}
