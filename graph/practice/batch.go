package practice

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// $batch: up to 20 requests in one, each with an answer of its own ("Combine multiple HTTP requests using JSON
// batching"). The outer answer is 200 whatever happens inside.

const batchLimit = 20

type batchItem struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
	Depends []string          `json:"dependsOn"`
}

func (c *call) batch() (*reply, error) {
	var in struct {
		Requests []batchItem `json:"requests"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if n := len(in.Requests); n == 0 || n > batchLimit {
		return nil, bad("BadRequest", "Number of batch request steps must be between 1 and %d.", batchLimit)
	}
	done := map[string]int{} // status by id
	for _, item := range in.Requests {
		if _, twice := done[item.ID]; item.ID == "" || twice || item.Method == "" || item.URL == "" {
			return nil, bad("BadRequest", "Every request of a batch needs an id of its own, a method and a url.")
		}
		done[item.ID] = 0
	}
	responses := []any{}
	for _, item := range in.Requests {
		status, header, body := c.step(item, done)
		done[item.ID] = status
		one := object{"id": item.ID, "status": status, "headers": header}
		if body != nil {
			one["body"] = body
		}
		responses = append(responses, one)
	}
	return ok(object{"responses": responses})
}

// step carries out one request of the batch. A request that depends on one that failed, or that comes later, is 424.
func (c *call) step(item batchItem, done map[string]int) (int, map[string]string, any) {
	if slices.ContainsFunc(item.Depends, func(id string) bool { return done[id] < 200 || done[id] > 299 }) {
		return http.StatusFailedDependency, map[string]string{}, object{"error": object{"code": "FailedDependency", "message": "A request that this one depends on failed."}}
	}
	sub, err := c.inner(item)
	if err != nil {
		return http.StatusBadRequest, map[string]string{}, object{"error": object{"code": "BadRequest", "message": err.Error()}}
	}
	a := sub.perform(c.t.faults.take(item.Method, sub.r.URL.Path), nil)
	header := map[string]string{}
	for _, k := range []string{"Content-Type", "Retry-After", "Location"} {
		if v := a.header.Get(k); v != "" {
			header[k] = v
		}
	}
	if a.cut != cutNone {
		return http.StatusGatewayTimeout, header, nil
	}
	if len(a.body) == 0 {
		return a.status, header, nil
	}
	var body any
	if json.Unmarshal(a.body, &body) != nil {
		body = string(a.body)
	}
	return a.status, header, body
}

// inner makes the request that a step stands for: in the version of the batch, with the batch's own token unless it
// brings one.
func (c *call) inner(item batchItem) (*call, error) {
	u, err := url.Parse("/" + c.version() + "/" + strings.TrimPrefix(item.URL, "/"))
	if err != nil {
		return nil, err
	}
	u.Scheme, u.Host = c.r.URL.Scheme, c.r.URL.Host
	r := &http.Request{Method: strings.ToUpper(item.Method), URL: u, Host: c.r.Host, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(item.Body))}
	r = r.WithContext(c.r.Context())
	r.Header.Set("Authorization", c.r.Header.Get("Authorization"))
	for k, v := range item.Headers {
		if !strings.EqualFold(k, "Accept-Encoding") {
			r.Header.Set(k, v)
		}
	}
	if strings.HasSuffix(strings.ToLower(u.Path), "/$batch") {
		return nil, bad("BadRequest", "A batch cannot hold a batch.")
	}
	sub := c.t.newCall(r)
	sub.body = item.Body
	return sub, nil
}
