package softkey

import (
	"context"
	"errors"
	"fmt"

	"keyrollout/matcher"
)

// Errors of an enrolment on the key itself.
var (
	ErrNoSensor  = errors.New("softkey: this key has no fingerprint sensor")
	ErrOccupied  = errors.New("softkey: the key is doing something else, or is not plugged in")
	ErrNoFinger  = errors.New("softkey: nobody touched the sensor; nothing was kept")
	ErrWrongHand = errors.New("softkey: the finger was not recognised; nothing was changed")
	ErrNoRoom    = errors.New("softkey: no room for another finger")
)

// EnrolAlone is the enrolment an ATKey.Pro does without a computer and without a PIN, after three presses of its button,
// as AuthenTrend documents it: where a finger is enrolled already the light flashes green until one is recognised; then
// it flashes white, green or red after each touch, until there are enough good ones, and stays cyan. told hears of every
// touch and of what remains. Clients find the key busy meanwhile; the end of ctx is one more press of the button.
func (k *Key) EnrolAlone(ctx context.Context, told func(v matcher.Verdict, remaining int)) error {
	if !k.o.Profile.hasSensor() {
		return ErrNoSensor
	}
	ctx, release, ok := k.hid.occupy(ctx)
	if !ok {
		return ErrOccupied
	}
	defer release()
	k.mu.Lock()
	defer k.unlock()
	if k.agreements == nil {
		return ErrOccupied
	}
	k.alone = true
	defer func() { k.alone = false }()
	if len(k.st.Fingers) > 0 {
		if err := k.verifyUser(ctx, "", k.o.Profile.UVInside); err != nil {
			return aloneError(ctx, err)
		}
	}
	if err := k.enrolAlone(ctx, told); err != nil {
		k.enrolment = nil
		k.light(lightPower)
		return aloneError(ctx, err)
	}
	k.light(Light{"cyan", false})
	return nil
}

func (k *Key) enrolAlone(ctx context.Context, told func(matcher.Verdict, int)) error {
	if err := k.newEnrolment(); err != nil {
		return err
	}
	for e := k.enrolment; e.run.Remaining() > 0; {
		status, err := k.capture(ctx, bioParams{})
		switch {
		case err != nil:
			return err
		case matcher.Verdict(status) == matcher.NoContact:
			return errUserActionTimeout
		}
		if told != nil {
			told(matcher.Verdict(status), e.run.Remaining())
		}
	}
	return k.enrolEnd()
}

// aloneError puts a refusal into words: nobody reads CTAP's statuses here.
func aloneError(ctx context.Context, err error) error {
	var s status
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !errors.As(err, &s):
		return err
	}
	switch s {
	case errUserActionTimeout:
		return ErrNoFinger
	case errFPDatabaseFull:
		return ErrNoRoom
	case errUVInvalid, errUVBlocked:
		return ErrWrongHand
	}
	return fmt.Errorf("softkey: enrolment: %w", err)
}
