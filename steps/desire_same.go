package steps

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// same reports whether two answers of Graph say the same of a policy: whatever the order of keys and lists, the case
// of ids and the annotations of the one request.
func same(a, b json.RawMessage) bool { return reflect.DeepEqual(plain(a), plain(b)) }

// plain is JSON without what says nothing: annotations, nulls, order.
func plain(b json.RawMessage) any {
	var v any
	if json.Unmarshal(b, &v) != nil {
		return string(b)
	}
	return tidy(v)
}

func tidy(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			if x != nil && !strings.Contains(k, "@odata.") {
				out[k] = tidy(x)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, x := range v {
			out = append(out, tidy(x))
		}
		slices.SortFunc(out, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }) // maps print sorted
		return out
	case string:
		if id, err := uuid.Parse(v); err == nil {
			return id.String()
		}
	}
	return v
}
