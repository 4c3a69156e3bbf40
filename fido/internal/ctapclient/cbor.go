package ctapclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// Status is the key's refusal: a CTAP status byte (CTAP 2.1 section 8.2).
type Status byte

func (s Status) Error() string { return fmt.Sprintf("status 0x%02X", byte(s)) }

var (
	enc = must(cbor.CTAP2EncOptions().EncMode())
	dec = must(cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, MaxNestedLevels: 8}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // options of our own, wrong in every run
	}
	return v
}

// Encode writes v in CTAP2's canonical CBOR.
func Encode(v any) ([]byte, error) { return enc.Marshal(v) }

// Decode reads CTAP2's CBOR.
func Decode(b []byte, v any) error { return dec.Unmarshal(b, v) }

// WellFormed says whether b begins with a whole CBOR item of at most eight levels. What follows it does not matter.
func WellFormed(b []byte) bool {
	var item cbor.RawMessage
	_, err := dec.UnmarshalFirst(b, &item)
	return err == nil
}

// Do sends one CBOR command and reads its answer into out, which may be nil. params may be nil. A refusal is a Status.
func (c *Client) Do(ctx context.Context, command byte, params, out any, limit time.Duration) error {
	m := []byte{command}
	if params != nil {
		b, err := enc.Marshal(params)
		if err != nil {
			return err
		}
		m = append(m, b...)
	}
	answer, err := c.transact(ctx, cmdCBOR, m, limit)
	switch {
	case err != nil:
		return err
	case len(answer) == 0:
		return ErrGarbled
	case answer[0] != 0:
		return Status(answer[0])
	case out == nil:
		return nil
	}
	if err := dec.Unmarshal(answer[1:], out); err != nil {
		return errors.Join(ErrGarbled, err)
	}
	return nil
}
