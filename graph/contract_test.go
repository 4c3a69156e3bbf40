package graph

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"gopkg.in/yaml.v3"
)

// The contract is Microsoft's description of the calls in use, as OpenAPI. It is not part of the repository.
var contractDir = filepath.Join("..", "..", "shared", "contract")

type node = map[string]any

var contract = sync.OnceValue(func() map[string]node {
	docs := map[string]node{}
	for _, version := range []string{"v1.0", "beta"} {
		b, err := os.ReadFile(filepath.Join(contractDir, "graph-"+version+".yaml"))
		if err != nil {
			return nil
		}
		var doc node
		if err := yaml.Unmarshal(b, &doc); err != nil {
			panic(err)
		}
		docs[version] = doc
	}
	return docs
})

func TestContractIsAtHand(t *testing.T) {
	if contract() == nil {
		t.Skip("the contract files are not here: requests are not held against them")
	}
}

// holdAgainstContract fails the test for a path, method, query parameter or body that the contract does not know.
func holdAgainstContract(t *testing.T, a asked) {
	t.Helper()
	if contract() == nil {
		return
	}
	doc := doc(contract()[a.version])
	// The contract lists collections without type casts.
	item, template := doc.path(strings.TrimSuffix(a.path, "/microsoft.graph.user"))
	op, ok := item[strings.ToLower(a.method)].(node)
	if !ok {
		t.Errorf("the contract has no %s %s %s", a.method, a.version, a.path)
		return
	}
	for name := range a.query {
		if name == "$skiptoken" {
			continue // of a nextLink, which is the service's own
		}
		if !slices.ContainsFunc(slices.Concat(list(item["parameters"]), list(op["parameters"])), func(p any) bool {
			q := doc.follow(p.(node))
			return q["in"] == "query" && q["name"] == name
		}) {
			t.Errorf("%s %s has no query parameter %s", a.method, template, name)
		}
	}
	wanted, ok := op["requestBody"].(node)
	switch {
	case a.body == "" && !ok:
		return
	case !ok:
		t.Errorf("%s %s takes no body, got %s", a.method, template, a.body)
		return
	}
	var body any
	if err := json.Unmarshal([]byte(a.body), &body); err != nil {
		t.Errorf("%s %s: body %q: %v", a.method, template, a.body, err)
		return
	}
	schema := doc.follow(wanted)["content"].(node)["application/json"].(node)["schema"].(node)
	if object, ok := body.(node); ok {
		if name, ok := object["@odata.type"].(string); ok {
			schema = node{"$ref": "#/components/schemas/" + strings.TrimPrefix(name, "#")}
		}
	}
	for _, problem := range append(doc.faults(schema, body, "body"), doc.strangers(schema, body, "body")...) {
		t.Errorf("%s %s: %s", a.method, template, problem)
	}
}

// doc is one contract file. It understands the part of OpenAPI that the contract uses.
type doc node

// path finds the path item, the one with fewest placeholders.
func (d doc) path(path string) (item node, best string) {
	placeholder := regexp.MustCompile(`\\\{[^}]*\\\}`)
	for template, v := range d["paths"].(node) {
		pattern := placeholder.ReplaceAllString(regexp.QuoteMeta(template), `[^/]+`)
		if regexp.MustCompile("^"+pattern+"$").MatchString(path) && (best == "" || strings.Count(template, "{") < strings.Count(best, "{")) {
			item, best = v.(node), template
		}
	}
	return item, best
}

// follow resolves a reference.
func (d doc) follow(n node) node {
	for {
		ref, ok := n["$ref"].(string)
		if !ok {
			return n
		}
		n = node(d)
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			next, ok := n[part].(node)
			if !ok {
				return node{}
			}
			n = next
		}
	}
}

// faults lists what is wrong with a value.
func (d doc) faults(schema node, v any, at string) (problems []string) {
	s := d.follow(schema)
	for _, sub := range list(s["allOf"]) {
		problems = append(problems, d.faults(sub.(node), v, at)...)
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		subs := list(s[key])
		if len(subs) > 0 && !slices.ContainsFunc(subs, func(sub any) bool { return len(d.faults(sub.(node), v, at)) == 0 }) {
			problems = append(problems, at+" is none of what it may be")
		}
	}
	if v == nil {
		if s["nullable"] != true && s["type"] != nil {
			problems = append(problems, at+" may not be null")
		}
		return problems
	}
	kind := map[any]bool{nil: true}
	switch x := v.(type) {
	case string:
		kind["string"] = true
		if e := list(s["enum"]); len(e) > 0 && !slices.Contains(e, v) {
			problems = append(problems, fmt.Sprintf("%s is %q, not one of %v", at, x, e))
		}
		if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(x) {
			problems = append(problems, fmt.Sprintf("%s is %q, not like %s", at, x, p))
		}
	case bool:
		kind["boolean"] = true
	case float64:
		kind["number"], kind["integer"] = true, x == float64(int64(x))
	case []any:
		kind["array"] = true
		for i, e := range x {
			if items, ok := s["items"].(node); ok {
				problems = append(problems, d.faults(items, e, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	case node:
		kind["object"] = true
		properties, _ := s["properties"].(node)
		for name, e := range x {
			if p, ok := properties[name].(node); ok {
				problems = append(problems, d.faults(p, e, at+"."+name)...)
			}
		}
	}
	if !kind[s["type"]] {
		problems = append(problems, fmt.Sprintf("%s is no %v", at, s["type"]))
	}
	return problems
}

// strangers lists properties that the contract does not describe.
func (d doc) strangers(schema node, v any, at string) (names []string) {
	switch x := v.(type) {
	case []any:
		for i, e := range x {
			if items, ok := d.property(schema, "items"); ok {
				names = append(names, d.strangers(items, e, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	case node:
		for name, e := range x {
			p, ok := d.property(schema, name)
			switch {
			case ok:
				names = append(names, d.strangers(p, e, at+"."+name)...)
			case !strings.Contains(name, "@"):
				names = append(names, "the contract does not know "+at+"."+name)
			}
		}
	}
	return names
}

// property finds a property (or "items") in a schema and its parts.
func (d doc) property(schema node, name string) (node, bool) {
	s := d.follow(schema)
	if p, ok := s[name].(node); ok && name == "items" {
		return p, true
	}
	if properties, ok := s["properties"].(node); ok {
		if p, ok := properties[name].(node); ok {
			return p, true
		}
	}
	for _, sub := range slices.Concat(list(s["allOf"]), list(s["anyOf"]), list(s["oneOf"])) {
		if p, ok := d.property(sub.(node), name); ok {
			return p, true
		}
	}
	return nil, false
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}
