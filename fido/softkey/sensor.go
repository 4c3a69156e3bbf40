package softkey

import (
	"context"
	"errors"

	"keyrollout/matcher"
)

// maxUnclear bounds the unusable touches of one verification: they cost no try, but they do not go on for ever.
const maxUnclear = 10

// fingers reads the enrolled fingers out of the state.
func (k *Key) fingers() ([]*matcher.Finger, error) {
	fs := make([]*matcher.Finger, len(k.st.Fingers))
	for i, f := range k.st.Fingers {
		fs[i] = new(matcher.Finger)
		if err := fs[i].UnmarshalBinary(f.Data); err != nil {
			return nil, err
		}
	}
	return fs, nil
}

func knows(fs []*matcher.Finger) func(matcher.Image) bool {
	return func(i matcher.Image) bool {
		index, _, err := matcher.Verify(i, fs...)
		return err == nil && index >= 0
	}
}

// verifyUser is performBuiltInUv (CTAP 2.1 section 6.5.3.1): up to so many tries inside the key. A try is taken off in
// the store before a finger is compared. A picture in which nothing can be compared costs no try.
func (k *Key) verifyUser(ctx context.Context, rpID string, tries int) error {
	fs, err := k.fingers()
	if err != nil {
		return err
	}
	defer k.light(lightPower)
	for unclear := 0; tries > 0 && unclear < maxUnclear; {
		if k.st.UVTries == 0 {
			return errUVBlocked
		}
		t, err := k.touch(ctx, TouchRequest{Reason: Verify, RPID: rpID, Tries: k.st.UVTries, Knows: knows(fs)}, 0)
		switch {
		case err != nil:
			return err
		case t.None:
			return errUserActionTimeout
		case t.Image == nil || t.Sensor != matcher.Good:
			k.seen(t, false)
			unclear++
			continue
		}
		k.st.UVTries--
		k.st.UVCount++
		if err := k.commit(); err != nil {
			return err
		}
		index, _, err := matcher.Verify(*t.Image, fs...)
		k.seen(t, err == nil && index >= 0)
		var unusable *matcher.Refusal
		switch {
		case errors.As(err, &unusable):
			k.st.UVTries++
			k.st.UVCount--
			if err := k.commit(); err != nil {
				return err
			}
			unclear++
		case err != nil:
			return err
		case index >= 0:
			k.st.UVTries = k.o.Profile.UVTries
			return k.commit()
		default:
			tries--
		}
	}
	if k.st.UVTries == 0 {
		return errUVBlocked
	}
	return errUVInvalid
}

// seen shows a print and the LED's verdict on it.
func (k *Key) seen(t Touch, good bool) {
	if t.Image != nil && k.o.Picture != nil {
		k.o.Picture(*t.Image, good)
	}
	if good {
		k.light(lightGood)
	} else {
		k.light(lightBad)
	}
}
