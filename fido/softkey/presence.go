package softkey

import (
	"context"
	"time"

	"keyrollout/matcher"
)

// Reason says what a touch is for.
type Reason int

const (
	Presence Reason = iota // any touch: user presence
	Verify                 // a finger that has to be recognised
	Enrol                  // a sample of a finger being enrolled
)

func (r Reason) String() string {
	return [...]string{"touch", "verify finger", "enrol finger"}[r]
}

// TouchRequest asks for one touch of the sensor.
type TouchRequest struct {
	Reason Reason
	RPID   string // the site that asks, or ""
	Sample int    // Enrol: which capture this is, from 1
	Tries  int    // Verify: wrong fingers that are left, this one included, until the key takes none any more
	Long   bool   // Presence: the finger has to stay, for some five seconds or more
	// Knows reports whether an enrolled finger is recognised in a picture, at no try's cost: for a hand that touches by
	// itself and has to take the right finger. nil where it does not matter.
	Knows func(matcher.Image) bool
}

// Touch is what the sensor saw.
type Touch struct {
	Image *matcher.Image // not needed for Presence
	None  bool           // nobody touched in time
	Held  bool           // the finger stayed as long as a long touch takes
	// Sensor is what the sensor itself has to say about the capture and no image shows: TooFast, TooSlow, NoLift. The
	// zero value (Good) lets the matcher judge the image.
	Sensor matcher.Verdict
}

// Toucher is the finger on the sensor: a person in front of the screen, or a script. Touch blocks until there is a
// touch. Its context ends when the client cancels, time is up or the key is pulled out; an error counts as pulled out.
type Toucher interface {
	Touch(ctx context.Context, r TouchRequest) (Touch, error)
}

// Light is what the key's LED shows. Colour is one of blue, green, red, cyan, white, off.
type Light struct {
	Colour string
	Blink  bool
}

// The colours of AuthenTrend's guide.
var (
	lightPower  = Light{"blue", false}
	lightVerify = Light{"blue", true}
	lightGood   = Light{"green", false}
	lightBad    = Light{"red", false}
	lightTouch  = Light{"cyan", true}
	lightEnrol  = Light{"white", true}
	lightAlone  = Light{"green", true} // verify an enrolled finger to enrol another without a computer
	lightOff    = Light{"off", false}
)

func (k *Key) light(l Light) {
	if k.o.Light != nil {
		k.o.Light(l)
	}
}

// touch waits for one touch, for d at most (0: the key's own time-out). While it waits the client is told that a touch
// is needed. A Toucher that ignores its context is left behind, not waited for.
func (k *Key) touch(ctx context.Context, r TouchRequest, d time.Duration) (Touch, error) {
	if d <= 0 {
		d = k.o.TouchTimeout
	}
	switch {
	case r.Reason == Enrol && k.alone:
		k.light(lightEnrol)
	case r.Reason != Verify:
		k.light(lightTouch)
	case k.alone:
		k.light(lightAlone)
	default:
		k.light(lightVerify)
	}
	k.waiting.Store(true)
	defer k.waiting.Store(false)
	limit, stop := context.WithTimeout(ctx, d)
	defer stop()
	type result struct {
		t   Touch
		err error
	}
	got := make(chan result, 1)
	go func() {
		t, err := k.o.Toucher.Touch(limit, r)
		got <- result{t, err}
	}()
	select {
	case <-limit.Done():
		if ctx.Err() != nil {
			return Touch{}, errKeepaliveCancel
		}
		return Touch{None: true}, nil
	case g := <-got:
		switch {
		case ctx.Err() != nil:
			return Touch{}, errKeepaliveCancel
		case limit.Err() != nil:
			return Touch{None: true}, nil
		case g.err != nil:
			k.pulled = true
			k.hid.plug(false)
			return Touch{}, errKeepaliveCancel
		}
		return g.t, nil
	}
}

// presence asks for user presence (section 6.1.2, "evidence of user interaction"). Nobody touching is refused with the
// given status: it differs between commands.
func (k *Key) presence(ctx context.Context, rpID string, late status) error {
	return k.askPresence(ctx, TouchRequest{Reason: Presence, RPID: rpID}, late)
}

func (k *Key) askPresence(ctx context.Context, r TouchRequest, late status) error {
	defer k.light(lightPower)
	t, err := k.touch(ctx, r, 0)
	switch {
	case err != nil:
		return err
	case t.None:
		return late
	case r.Long && !t.Held:
		return errOperationDenied
	}
	k.light(lightGood)
	return nil
}
