package graph

import (
	"context"
	"encoding/json"

	kiota "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	kjson "github.com/microsoft/kiota-serialization-json-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
)

// onError makes the SDK parse error bodies.
var onError = kiota.ErrorMappings{"XXX": odataerrors.CreateODataErrorFromDiscriminatorValue}

// raw sends a request of the SDK's builders and returns the answer's bytes as they came. It serves where the SDK's
// types lose something: policies, secrets, POSTs that the SDK lacks, and beta.
func raw(ctx context.Context, a kiota.RequestAdapter, ri *kiota.RequestInformation) ([]byte, error) {
	v, err := a.SendPrimitive(ctx, ri, "[]byte", onError)
	if err != nil {
		return nil, err
	}
	b, _ := v.([]byte)
	if len(b) == 0 {
		return nil, errEmpty
	}
	return b, nil
}

// sending turns a GET of the SDK's builders into another method with a body.
func sending(ri *kiota.RequestInformation, m kiota.HttpMethod, body any) (*kiota.RequestInformation, error) {
	ri.Method = m
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	ri.SetStreamContentAndContentType(b, "application/json")
	return ri, nil
}

// got refuses the nil that the SDK returns, without an error, for an answer without content.
func got[T comparable](v T, err error) (T, error) {
	var none T
	if err == nil && v == none {
		return none, errEmpty
	}
	return v, err
}

// listed refuses an answer without a list, which the SDK shows like an empty one: "nothing there" must be said, not
// inferred.
func listed[T any](rows []T) ([]T, error) {
	if rows == nil {
		return nil, errEmpty
	}
	return rows, nil
}

// modelOf reads one of the SDK's models from JSON.
func modelOf[T serialization.Parsable](b []byte, create serialization.ParsableFactory) (T, error) {
	var none T
	node, err := kjson.NewJsonParseNodeFactory().GetRootParseNode("application/json", b)
	if err != nil {
		return none, err
	}
	v, err := node.GetObjectValue(create)
	if err != nil {
		return none, err
	}
	m, ok := v.(T)
	if !ok {
		return none, errEmpty
	}
	return m, nil
}

// eventual are the headers of Graph's advanced queries ($search, $count): without them they are refused.
func eventual() *kiota.RequestHeaders {
	h := kiota.NewRequestHeaders()
	h.Add("ConsistencyLevel", "eventual")
	return h
}

func ptr[T any](v T) *T { return &v }
