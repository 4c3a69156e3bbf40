package practice

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// The contract is Microsoft's own metadata as OpenAPI. It is not part of the repository; without it these checks are
// skipped, and TestContract says so.
const contractDir = "../../../shared/contract"

type contract struct {
	doc   *openapi3.T
	paths []contractPath
}

type contractPath struct {
	re   *regexp.Regexp
	vars int
	name string
	item *openapi3.PathItem
}

var loadContracts = sync.OnceValues(func() (map[string]*contract, error) {
	out := map[string]*contract{}
	for version, name := range map[string]string{"v1.0": "graph-v1.0.yaml", "beta": "graph-beta.yaml"} {
		doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(contractDir, name))
		if err != nil {
			return nil, err
		}
		c := &contract{doc: doc}
		for path, item := range doc.Paths.Map() {
			re := regexp.MustCompile(`\\\{[^}]*\\\}`).ReplaceAllString(regexp.QuoteMeta(path), `[^/]+?`)
			c.paths = append(c.paths, contractPath{regexp.MustCompile("(?i)^" + re + "$"), strings.Count(path, "{"), path, item})
		}
		out[version] = c
	}
	return out, nil
})

func TestContract(t *testing.T) {
	if _, err := loadContracts(); err != nil {
		t.Skipf("answers were not checked against Microsoft's contract: %v", err)
	}
}

// checkContract validates one exchange: the answer, and the request if it was accepted.
func checkContract(t *testing.T, method, path string, body any, status int, answer map[string]any) {
	t.Helper()
	all, err := loadContracts()
	if err != nil || strings.HasPrefix(path, "/practice/") {
		return
	}
	version, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	rest, _, _ = strings.Cut(rest, "?")
	rest, _ = url.PathUnescape(rest)
	rest = regexp.MustCompile(`\('([^'=]*)'\)`).ReplaceAllString(rest, "/$1")
	c := all[version]
	if status >= 400 {
		if problems := c.problems("microsoft.graph.ODataErrors.ODataError", answer, "answer"); len(problems) > 0 {
			t.Errorf("%s %s: the error body breaks the contract: %s", method, path, strings.Join(problems, "; "))
		}
		return
	}
	op := c.operation(method, "/"+rest)
	if op == nil && version == "beta" { // beta has all of v1.0; its file lists only what differs
		c = all["v1.0"]
		op = c.operation(method, "/"+rest)
	}
	if op == nil {
		t.Errorf("%s %s is not in the contract", method, path)
		return
	}
	resp := op.Responses.Value(fmt.Sprint(status))
	if resp == nil {
		t.Errorf("%s %s: status %d is not in the contract", method, path, status)
		return
	}
	media := resp.Value.Content.Get("application/json")
	if media == nil {
		t.Errorf("%s %s: the contract has no JSON for %d", method, path, status)
		return
	}
	if err := media.Schema.Value.VisitJSON(map[string]any(answer), openapi3.VisitAsResponse(), openapi3.MultiErrors()); err != nil {
		t.Errorf("%s %s: the answer breaks the contract: %v", method, path, err)
	}
	if problems := c.walk(media.Schema, answer, "answer"); len(problems) > 0 {
		t.Errorf("%s %s: the answer breaks the contract: %s", method, path, strings.Join(problems, "; "))
	}
	if body != nil && op.RequestBody != nil {
		raw, isText := body.(string)
		if !isText {
			b, _ := json.Marshal(body)
			raw = string(b)
		}
		var sent any
		if json.Unmarshal([]byte(raw), &sent) == nil {
			if err := op.RequestBody.Value.Content.Get("application/json").Schema.Value.VisitJSON(sent, openapi3.VisitAsRequest()); err != nil {
				t.Errorf("%s %s: the accepted request breaks the contract: %v", method, path, err)
			}
		}
	}
}

// operation finds the path with the fewest variables that fits.
func (c *contract) operation(method, path string) *openapi3.Operation {
	path = regexp.MustCompile(`(?i)/microsoft\.graph\.(user|group)$`).ReplaceAllString(path, "")
	var best *contractPath
	for i, p := range c.paths {
		if p.re.MatchString(path) && p.item.GetOperation(method) != nil && (best == nil || p.vars < best.vars) {
			best = &c.paths[i]
		}
	}
	if best == nil {
		return nil
	}
	return best.item.GetOperation(method)
}

func (c *contract) problems(schema string, v any, where string) []string {
	ref := c.doc.Components.Schemas[schema]
	if ref == nil {
		return []string{where + ": the contract has no " + schema}
	}
	return c.walk(ref, v, where)
}

// walk looks for what VisitJSON lets pass: properties that the type does not have, and the derived type that
// @odata.type names.
func (c *contract) walk(ref *openapi3.SchemaRef, v any, where string) (problems []string) {
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			if items := itemsOf(ref.Value); items != nil {
				problems = append(problems, c.walk(items, item, fmt.Sprintf("%s[%d]", where, i))...)
			}
		}
	case map[string]any:
		if kind, named := v["@odata.type"].(string); named {
			derived := c.doc.Components.Schemas[strings.TrimPrefix(kind, "#")]
			if derived == nil {
				return []string{where + ": unknown type " + kind}
			}
			if err := derived.Value.VisitJSON(v, openapi3.VisitAsResponse()); err != nil {
				problems = append(problems, where+": "+err.Error())
			}
			ref = derived
		}
		known, open := properties(ref.Value)
		for k, x := range v {
			p := known[k]
			if p == nil {
				if !open && !strings.Contains(k, "@odata.") {
					problems = append(problems, where+" has the property "+k+", which its type does not have")
				}
				continue
			}
			problems = append(problems, c.walk(p, x, where+"."+k)...)
		}
	}
	return problems
}

func itemsOf(s *openapi3.Schema) *openapi3.SchemaRef {
	if s.Items != nil {
		return s.Items
	}
	for _, list := range []openapi3.SchemaRefs{s.AllOf, s.AnyOf} {
		for _, r := range list {
			if i := itemsOf(r.Value); i != nil {
				return i
			}
		}
	}
	return nil
}

// properties flattens a type and its bases; open types may have more.
func properties(s *openapi3.Schema) (map[string]*openapi3.SchemaRef, bool) {
	known, open := map[string]*openapi3.SchemaRef{}, s.AdditionalProperties.Has != nil && *s.AdditionalProperties.Has
	for k, p := range s.Properties {
		known[k] = p
	}
	for _, list := range []openapi3.SchemaRefs{s.AllOf, s.AnyOf} {
		for _, r := range list {
			more, isOpen := properties(r.Value)
			for k, p := range more {
				known[k] = p
			}
			open = open || isOpen
		}
	}
	if len(known) == 0 {
		open = true
	}
	return known, open
}
