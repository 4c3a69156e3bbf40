package graph

import (
	"context"
	"iter"
	"maps"
	"net/url"
	"slices"
	"strings"

	kiota "github.com/microsoft/kiota-abstractions-go"
)

// rows reads a list page by page, as far as the caller wants to go on. first makes the request for the first page; the
// others are followed as Graph names them. An error ends the list.
func rows[T any](ctx context.Context, c *client, a kiota.RequestAdapter, op string, first func(context.Context) (*kiota.RequestInformation, error)) iter.Seq2[T, error] {
	type page struct {
		Value []T    `json:"value"`
		Next  string `json:"@odata.nextLink"`
	}
	return func(yield func(T, error) bool) {
		var none T
		var headers *kiota.RequestHeaders
		seen := map[string]bool{}
		for next := ""; ; {
			p, err := do(ctx, c, op, looks, func(ctx context.Context) (page, error) {
				var p page
				ri, err := first(ctx)
				if err != nil {
					return p, err
				}
				if headers == nil {
					headers = ri.Headers
				}
				if next != "" {
					if ri, err = following(a, next, headers); err != nil {
						return p, err
					}
				}
				b, err := raw(ctx, a, ri)
				if err != nil {
					return p, err
				}
				if err := unmarshal(b, &p); err != nil {
					return p, err
				}
				if p.Value == nil {
					return p, errEmpty
				}
				return p, nil
			})
			if err != nil {
				yield(none, err)
				return
			}
			for _, v := range p.Value {
				if !yield(v, nil) {
					return
				}
			}
			if next = p.Next; next == "" {
				return
			}
			if seen[next] {
				yield(none, &Error{Op: op, Code: CodeGarbled, Message: "the pages of the list go in a circle"})
				return
			}
			seen[next] = true
		}
	}
}

// following asks for the next page. Advanced queries need their header on every page.
func following(a kiota.RequestAdapter, next string, headers *kiota.RequestHeaders) (*kiota.RequestInformation, error) {
	if !sameHost(next, a.GetBaseUrl()) {
		return nil, &Error{Code: CodeGarbled, Message: "the next page lies on another host; it was not asked"}
	}
	u, err := url.Parse(next)
	if err != nil {
		return nil, err
	}
	ri := kiota.NewRequestInformation()
	ri.Method = kiota.GET
	ri.SetUri(*u)
	ri.Headers.AddAll(headers)
	return ri, nil
}

func sameHost(a, b string) bool {
	u, err := url.Parse(a)
	v, err2 := url.Parse(b)
	return err == nil && err2 == nil && strings.EqualFold(u.Host, v.Host) && u.Scheme == v.Scheme
}

// get is a request that the SDK's packages in use have no builder for.
func get(path string, query map[string]string) func(context.Context) (*kiota.RequestInformation, error) {
	names := slices.Sorted(maps.Keys(query))
	template := "{+baseurl}" + path
	if len(names) > 0 {
		template += "{?" + strings.ReplaceAll(strings.Join(names, ","), "$", "%24") + "}"
	}
	return func(context.Context) (*kiota.RequestInformation, error) {
		ri := kiota.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(kiota.GET, template, map[string]string{})
		for name, v := range query {
			ri.QueryParameters[strings.ReplaceAll(name, "$", "%24")] = v
		}
		ri.Headers.TryAdd("Accept", "application/json")
		return ri, nil
	}
}

// collect takes at most n rows.
func collect[T any](seq iter.Seq2[T, error], n int) ([]T, error) {
	list := []T{}
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		if list = append(list, v); len(list) == n {
			break
		}
	}
	return list, nil
}

// one reads a single object.
func one[T any](ctx context.Context, c *client, op string, request func(context.Context) (*kiota.RequestInformation, error)) (T, error) {
	return do(ctx, c, op, looks, func(ctx context.Context) (T, error) {
		var v T
		ri, err := request(ctx)
		if err != nil {
			return v, err
		}
		b, err := raw(ctx, c.v1, ri)
		if err != nil {
			return v, err
		}
		return v, unmarshal(b, &v)
	})
}
