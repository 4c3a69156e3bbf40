package practice

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The OData conventions of Graph's collections: $select, $filter, $search, $orderby, $top, $count and paging. See "Use
// query parameters to customize responses" and "Advanced query capabilities on Microsoft Entra ID objects".

// collection is what a list call has to show.
type collection struct {
	path      string // for @odata.context
	kind      string // of the rows, see propertiesOf; empty = of several kinds
	rows      []object
	lazy      []func() object // in place of rows, where making a row is not free
	fields    []string        // shown without $select; nil = all
	page      int             // rows on a page without $top; 0 = all
	most      int             // rows on a page at most; 0 = no limit
	directory bool            // a directory object: $search and $count need ConsistencyLevel: eventual
}

func (c *call) eventual() bool {
	return strings.EqualFold(c.r.Header.Get("ConsistencyLevel"), "eventual") ||
		strings.EqualFold(c.query.Get("ConsistencyLevel"), "eventual")
}

// list answers a collection.
func (c *call) list(in collection) (*reply, error) {
	if err := c.knownOptions(in.kind); err != nil {
		return nil, err
	}
	keep, err := c.filter(in.kind, in.directory)
	if err != nil {
		return nil, err
	}
	fields, err := c.selected(in.kind, in.fields)
	if err != nil {
		return nil, err
	}
	for _, o := range in.rows {
		in.lazy = append(in.lazy, func() object { return o })
	}
	rows := in.lazy
	if keep != nil {
		rows = nil
		for _, row := range in.lazy {
			if keep(row()) {
				rows = append(rows, row)
			}
		}
	}
	if rows, err = c.ordered(in.kind, rows); err != nil {
		return nil, err
	}
	total := len(rows)
	from, size, err := c.window(in, total)
	if err != nil {
		return nil, err
	}
	to := min(from+size, total)
	value := make([]object, 0, to-from)
	for _, row := range rows[from:to] {
		value = append(value, pick(row(), fields))
	}
	out := object{"@odata.context": c.context(in.path), "value": value}
	if c.query.Get("$count") == "true" && (!in.directory || c.eventual()) {
		out["@odata.count"] = total
	}
	if to < total {
		out["@odata.nextLink"] = c.next(to, size)
	}
	return ok(out)
}

// one answers a single entity. fallback are the fields shown without $select; nil = all.
func (c *call) one(context, kind string, o object, fallback []string) (*reply, error) {
	if err := c.knownOptions(kind); err != nil {
		return nil, err
	}
	for _, option := range []string{"$filter", "$orderby", "$count", "$skip", "$top", "$search"} {
		if c.query.Has(option) {
			return nil, bad("BadRequest", "The query specified in the URI is not valid. Query options $filter, $orderby, $count, $skip, and $top can be applied only on collections.").because("%s on a single %s", option, kind)
		}
	}
	fields, err := c.selected(kind, fallback)
	if err != nil {
		return nil, err
	}
	return ok(c.entity(context, pick(o, fields)))
}

// knownOptions refuses query options that do not exist, as OData demands, and what the practice tenant would have to
// leave out in silence: it expands nothing.
func (c *call) knownOptions(kind string) error {
	for k := range c.query {
		if strings.HasPrefix(k, "$") && !slices.Contains([]string{"$select", "$filter", "$search", "$orderby", "$top", "$skip", "$count", "$expand", "$skiptoken", "$format"}, k) {
			return bad("BadRequest", "The query parameter '%s' is not supported.", k)
		}
	}
	if s := c.query.Get("$expand"); s != "" {
		name, _, _ := strings.Cut(s, "(")
		return noProperty("Parsing OData Select and Expand failed: ", name, cmp.Or(kind, "directoryObject")).because("the practice tenant expands nothing")
	}
	return nil
}

// window is the part of the rows that this page shows.
func (c *call) window(in collection, total int) (from, size int, err error) {
	size = in.page
	if size == 0 {
		size = max(total, 1)
	}
	if s := c.query.Get("$top"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n == 0 && in.directory {
			return 0, 0, bad("BadRequest", "Invalid value '%s' for $top.", s)
		}
		if in.most > 0 && n > in.most {
			return 0, 0, bad("Request_UnsupportedQuery", "Invalid page size specified: '%d'. Must be between 1 and %d inclusive.", n, in.most)
		}
		size = n
	}
	if s := c.query.Get("$skip"); s != "" {
		if in.directory {
			return 0, 0, bad("Request_BadRequest", "'$skip' is not supported by the service.")
		}
		if from, err = strconv.Atoi(s); err != nil || from < 0 {
			return 0, 0, bad("BadRequest", "Invalid value '%s' for $skip.", s)
		}
	}
	if s := c.query.Get("$skiptoken"); s != "" {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err == nil {
			_, err = fmt.Sscanf(string(b), "%d", &from)
		}
		if err != nil || from < 0 {
			return 0, 0, bad("Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
		}
	}
	return min(from, total), size, nil
}

// next is the link to the following page: same request, other token. Clients follow it as it is.
func (c *call) next(from, size int) string {
	q := c.r.URL.Query()
	q.Del("$skip")
	q.Set("$skiptoken", base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d", from)))
	u := *c.r.URL
	u.RawQuery = q.Encode()
	u.Scheme, u.Host = c.origin()
	return u.String()
}

func (c *call) version() string {
	if c.beta {
		return "beta"
	}
	return "v1.0"
}

// context is the @odata.context of an answer.
func (c *call) context(path string) string {
	scheme, host := c.origin()
	return fmt.Sprintf("%s://%s/%s/$metadata#%s", scheme, host, c.version(), path)
}

func (c *call) entity(context string, o object) object {
	o["@odata.context"] = c.context(context)
	return o
}

// selected reads $select; without it the default fields are shown.
func (c *call) selected(kind string, fallback []string) ([]string, error) {
	s := c.query.Get("$select")
	if s == "" || s == "*" {
		return fallback, nil
	}
	var fields []string
	for f := range strings.SplitSeq(s, ",") {
		f = strings.TrimSpace(f)
		if f == "" || strings.ContainsAny(f, " ()'\"") {
			return nil, bad("BadRequest", "Parsing OData Select and Expand failed: Term '%s' is not valid in a $select or $expand expression.", f)
		}
		if name, _, _ := strings.Cut(f, "/"); !c.has(kind, name) && !strings.HasPrefix(name, "microsoft.graph.") {
			return nil, noProperty("Parsing OData Select and Expand failed: ", name, kind)
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// pick keeps the fields, and the id as Graph mostly does; nil keeps everything.
func pick(o object, fields []string) object {
	if fields == nil {
		return o
	}
	out := object{}
	for k, v := range o {
		if strings.HasPrefix(k, "@odata.") || slices.ContainsFunc(fields, func(f string) bool { return strings.EqualFold(f, k) }) {
			out[k] = v
		}
	}
	return out
}

// ordered sorts by $orderby: one property, asc or desc.
func (c *call) ordered(kind string, rows []func() object) ([]func() object, error) {
	s := c.query.Get("$orderby")
	if s == "" {
		return rows, nil
	}
	words := strings.Fields(s)
	if len(words) == 0 || len(words) > 2 || strings.Contains(s, ",") || len(words) == 2 && words[1] != "asc" && words[1] != "desc" {
		return nil, bad("BadRequest", "The $orderby expression '%s' is not supported.", s)
	}
	if name, _, _ := strings.Cut(words[0], "/"); !c.has(kind, name) {
		return nil, noProperty("", name, kind)
	}
	type keyed struct {
		key string
		row func() object
	}
	list := make([]keyed, len(rows))
	for i, row := range rows {
		list[i] = keyed{strings.ToLower(fmt.Sprint(property(row(), words[0]))), row}
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		n := strings.Compare(a.key, b.key)
		if len(words) == 2 && words[1] == "desc" {
			return -n
		}
		return n
	})
	out := make([]func() object, len(list))
	for i := range list {
		out[i] = list[i].row
	}
	return out, nil
}

// count answers /$count: text, only with the header, and never as JSON.
func (c *call) count(n int) (*reply, error) {
	if !c.eventual() {
		return nil, bad("Request_BadRequest", "$count is not currently supported.")
	}
	if a := c.r.Header.Get("Accept"); strings.Contains(a, "json") && !strings.Contains(a, "text/plain") && !strings.Contains(a, "*/*") {
		return nil, &refusal{status: http.StatusUnsupportedMediaType, code: "UnsupportedMediaType", message: "A supported MIME type could not be found that matches the acceptable MIME types for the request. The supported type(s) 'text/plain' do not match any of the acceptable MIME types."}
	}
	return &reply{status: http.StatusOK, text: strconv.Itoa(n)}, nil
}
