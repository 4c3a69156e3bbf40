package graph

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	kiota "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

// Holder is a person with their passkeys. Err, an *Error, says why they could not be read for this person alone.
type Holder struct {
	UserID   string
	Passkeys []Passkey
	Err      error
}

// batchSize is how many requests Graph takes in one.
const batchSize = 20

type batchAnswer struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// Self stands for the id of who is signed in: Graph tells nobody their own methods by their id.
const Self = "me"

// PasskeysOf reads the passkeys of many people, twenty in one request. It needs UserAuthMethod-Passkey.Read.All. What
// is wrong with one person is told with that person; an error of the whole ends the list.
func (c *client) PasskeysOf(ctx context.Context, userIDs []string) iter.Seq2[Holder, error] {
	const op = "list the passkeys of many users"
	return func(yield func(Holder, error) bool) {
		for group := range slices.Chunk(userIDs, batchSize) {
			answers, err := c.batch(ctx, op, group, func(id string) string {
				if id == Self {
					return "/me/authentication/fido2Methods"
				}
				return "/users/" + url.PathEscape(id) + "/authentication/fido2Methods"
			})
			if err != nil {
				yield(Holder{}, err)
				return
			}
			for i, id := range group {
				h := Holder{UserID: id}
				h.Passkeys, h.Err = c.passkeysIn(answers[i])
				if !yield(h, nil) {
					return
				}
			}
		}
	}
}

// passkeysIn reads one answer of a batch.
func (c *client) passkeysIn(a batchAnswer) ([]Passkey, error) {
	const op = "list the passkeys of a user"
	if a.Status != http.StatusOK {
		return nil, c.partError(op, a)
	}
	list, err := safely(context.Background(), func(context.Context) ([]Passkey, error) {
		r, err := modelOf[models.Fido2AuthenticationMethodCollectionResponseable](a.Body, models.CreateFido2AuthenticationMethodCollectionResponseFromDiscriminatorValue)
		if err != nil {
			return nil, err
		}
		return passkeysOf(r)
	})
	if err != nil {
		return nil, &Error{Op: op, Status: a.Status, Code: CodeGarbled, Message: "the answer is not what Graph sends", Err: err}
	}
	return list, nil
}

// batch sends a GET for each id and returns the answers in the order of the ids. Parts that were throttled are asked
// again, only they.
func (c *client) batch(ctx context.Context, op string, ids []string, path func(id string) string) ([]batchAnswer, error) {
	answers := make([]batchAnswer, len(ids))
	open := make([]int, len(ids))
	for i := range ids {
		open[i] = i
	}
	for n := 1; ; n++ {
		var ask []map[string]string
		for _, i := range open {
			ask = append(ask, map[string]string{"id": strconv.Itoa(i), "method": "GET", "url": path(ids[i])})
		}
		got, err := c.sendBatch(ctx, op, ask)
		if err != nil {
			return nil, err
		}
		var again []int
		var wait time.Duration
		for _, i := range open {
			a, ok := got[strconv.Itoa(i)]
			if !ok {
				return nil, &Error{Op: op, Status: http.StatusOK, Code: CodeGarbled, Message: "the answer leaves out a part of what was asked"}
			}
			answers[i] = a
			if a.Status == http.StatusOK || n == attempts {
				continue
			}
			if d, ok := pause(c.partError(op, a), n); ok {
				again, wait = append(again, i), max(wait, d)
			}
		}
		if open = again; len(open) == 0 {
			return answers, nil
		}
		c.waiting(op, wait)
		if err := c.sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

func (c *client) sendBatch(ctx context.Context, op string, ask []map[string]string) (map[string]batchAnswer, error) {
	return do(ctx, c, op, looks, func(ctx context.Context) (map[string]batchAnswer, error) {
		ri, err := get("/$batch", nil)(ctx)
		if err == nil {
			ri, err = sending(ri, kiota.POST, map[string]any{"requests": ask})
		}
		if err != nil {
			return nil, err
		}
		b, err := raw(ctx, c.v1, ri)
		if err != nil {
			return nil, err
		}
		var w struct {
			Responses []batchAnswer `json:"responses"`
		}
		if err := unmarshal(b, &w); err != nil {
			return nil, err
		}
		if w.Responses == nil {
			return nil, errors.New("a batch without responses")
		}
		answers := map[string]batchAnswer{}
		for _, a := range w.Responses {
			answers[a.ID] = a
		}
		return answers, nil
	})
}

// partError is the error of one part of a batch.
func (c *client) partError(op string, a batchAnswer) *Error {
	h := http.Header{}
	for name, v := range a.Headers {
		h.Set(name, v)
	}
	e := &Error{Op: op, Status: a.Status, RequestID: h.Get("request-id"), RetryIn: retryAfter(h, c.clock())}
	e = e.pageError(a.Body, h)
	e.Unknown = false // it only looked
	return e
}
