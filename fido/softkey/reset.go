package softkey

import (
	"context"
	"time"
)

// resetWindow is how long after plugging in a key may be reset (CTAP 2.1 section 6.6).
const resetWindow = 10 * time.Second

// reset is authenticatorReset (section 6.6): within ten seconds of being plugged in, with a touch, which has to be a long
// one where longTouchForReset is on (CTAP 2.2 section 6.6). It wipes everything but what the factory wrote.
func (k *Key) reset(ctx context.Context) error {
	if since := k.o.Clock().Sub(k.since); since < 0 || since > resetWindow {
		return errNotAllowed
	}
	if err := k.askPresence(ctx, TouchRequest{Reason: Presence, Long: k.st.LongTouch}, errUserActionTimeout); err != nil {
		return err
	}
	s, err := factory(k.o.Profile, k.o.Rand)
	if err != nil {
		return err
	}
	s.Batch = k.st.Batch
	k.st = s
	if err := k.commit(); err != nil {
		return err
	}
	k.voidToken()
	since := k.since
	k.volatile = volatile{since: since, agreements: freshAgreements(), channel: k.channel}
	return nil
}
