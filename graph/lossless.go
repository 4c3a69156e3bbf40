package graph

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// How a policy is changed without losing what this program does not know: every array element is taken from the
// tenant's own JSON, only the fields that change are replaced, and an element whose known fields hold unknown values
// goes back as it came or not at all.

// body is a PATCH; fields are those of one object that this program knows.
type (
	body   map[string]any
	fields map[string]any
)

const enabled = "enabled"

func stateOf(on bool) string {
	if on {
		return enabled
	}
	return "disabled"
}

// rewritten is a whole array: elements of base that did not change as they came, changed ones with their unknown
// properties kept, new ones with what is known.
func rewritten[T interface{ fields() fields }](raws []json.RawMessage, base, want []T, is, same func(a, b T) bool) ([]json.RawMessage, error) {
	list := make([]json.RawMessage, 0, len(want)) // an empty array is [], which empties the list; null would not
	for _, w := range want {
		i := slices.IndexFunc(base, func(b T) bool { return is(b, w) })
		if i >= 0 && same(base[i], w) {
			list = append(list, raws[i])
			continue
		}
		var from json.RawMessage
		var known fields
		if i >= 0 {
			from, known = raws[i], base[i].fields()
		}
		e, err := overlay(from, known, w.fields())
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// overlay replaces in from, which was read as known, what differs in want. It refuses with CodeShape where from holds a
// value that known does not express: who does not understand the whole would only guess.
func overlay(from json.RawMessage, known, want fields) (json.RawMessage, error) {
	if len(from) == 0 || bytes.Equal(bytes.TrimSpace(from), []byte("null")) {
		if _, ok := want["id"]; ok && want["passkeyTypes"] == nil {
			want = maps.Clone(want)
			want["targetType"] = "group" // the only kind there is
		}
		return json.Marshal(want)
	}
	object := map[string]json.RawMessage{}
	if err := json.Unmarshal(from, &object); err != nil {
		return nil, err
	}
	for name, k := range known {
		if !expresses(k, object[name]) {
			return nil, &Error{Code: CodeShape, Message: "the tenant holds a value of " + name + " that this version does not know; change it in the portal"}
		}
	}
	for name, w := range want {
		if reflect.DeepEqual(w, known[name]) {
			continue
		}
		if nested, ok := w.(fields); ok {
			k, _ := known[name].(fields)
			b, err := overlay(object[name], k, nested)
			if err != nil {
				return nil, err
			}
			object[name] = b
			continue
		}
		b, err := json.Marshal(w)
		if err != nil {
			return nil, err
		}
		object[name] = b
	}
	return json.Marshal(object)
}

// expresses reports whether the known value says all that the raw one says.
func expresses(known any, b json.RawMessage) bool {
	if len(b) == 0 || string(b) == "null" {
		return true // absent: the service's default, which is not touched unless changed
	}
	switch k := known.(type) {
	case fields:
		object := map[string]json.RawMessage{}
		if json.Unmarshal(b, &object) != nil {
			return false
		}
		for name, v := range k {
			if !expresses(v, object[name]) {
				return false
			}
		}
		return true
	case []uuid.UUID:
		var s []string
		return json.Unmarshal(b, &s) == nil && len(s) == len(k)
	case string:
		var s string
		if json.Unmarshal(b, &s) != nil {
			return false
		}
		return s == k || slices.Equal(slices.Sorted(slices.Values(flags(s))), slices.Sorted(slices.Values(flags(k))))
	case uuid.UUID:
		var s string
		return json.Unmarshal(b, &s) == nil && strings.EqualFold(s, k.String())
	}
	return true // booleans and numbers: parsing has held them against their type
}

// unmoved refuses to replace an array that somebody else changed since it was read; unless it already is what it is to
// become, as after a change whose answer was lost.
func unmoved(b body, base, now json.RawMessage) error {
	var was, is map[string]any
	if json.Unmarshal(base, &was) != nil || json.Unmarshal(now, &is) != nil {
		return nil
	}
	for key, v := range b {
		if _, whole := v.([]json.RawMessage); !whole && key != "keyRestrictions" {
			continue
		}
		if !reflect.DeepEqual(was[key], is[key]) && !reflect.DeepEqual(plain(v), is[key]) {
			return &Error{Code: CodeMoved, Message: key + " was changed by somebody else since it was read; nothing was written"}
		}
	}
	return nil
}

// plain is a value as it looks when read back.
func plain(v any) (p any) {
	if b, err := json.Marshal(v); err == nil {
		_ = json.Unmarshal(b, &p)
	}
	return p
}

// kept takes properties from a configuration as they came.
func kept(from json.RawMessage, keys []string) (body, error) {
	object := map[string]json.RawMessage{}
	if err := unmarshal(from, &object); err != nil {
		return nil, err
	}
	b := body{}
	for _, k := range keys {
		if v, ok := object[k]; ok && string(v) != "null" {
			b[k] = v
		}
	}
	return b, nil
}

func each[T any](raws []json.RawMessage, parse func(json.RawMessage) (T, error)) ([]T, error) {
	var list []T
	for _, r := range raws {
		v, err := parse(r)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// flags splits a flags value; blanks after the commas are allowed.
func flags(s string) (list []string) {
	for f := range strings.SplitSeq(s, ",") {
		if f = strings.TrimSpace(f); f != "" {
			list = append(list, f)
		}
	}
	return list
}

func parseIDs(list []string) (ids []uuid.UUID) {
	for _, s := range list {
		if id, err := uuid.Parse(s); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
