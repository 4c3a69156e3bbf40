// Package ctapclient is the platform's side of CTAP in Go alone: CTAPHID over a line of reports (hid.go), CBOR commands
// (cbor.go), and the PIN (pin.go). Builds without cgo, and so without libfido2, drive keys by it.
package ctapclient

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"os"
	"time"
)

const (
	reportSize = 64
	initData   = reportSize - 7 // data bytes in the first report of a message
	contData   = reportSize - 5 // and in the others
	maxMessage = initData + 128*contData

	broadcast = 0xFFFFFFFF

	cmdInit      = 0x06
	cmdCBOR      = 0x10
	cmdCancel    = 0x11
	cmdKeepalive = 0x3B
	cmdError     = 0x3F

	capCBOR = 0x04

	// Grace is how long a key may take to answer a cancel; it is repeated every cancelGap, because a key listens only
	// while it works.
	Grace     = 2 * time.Second
	cancelGap = 100 * time.Millisecond
)

var (
	ErrGone    = errors.New("the line broke")
	ErrGarbled = errors.New("the answer cannot be read")
	ErrTimeout = errors.New("the key waited too long")
	ErrU2F     = errors.New("the key speaks U2F only")
)

// Link is a line of reports, as in package fido.
type Link interface {
	Write(report [reportSize]byte) error
	Read(d time.Duration) ([reportSize]byte, error)
	Close() error
}

// Client is a channel to one key. Its calls are not concurrent.
type Client struct {
	link    Link
	channel uint32
	lost    error // why nothing more can be asked
}

// Open takes a channel (CTAPHID_INIT, CTAP 2.1 section 11.2.9.1.3). The link stays the caller's to close.
func Open(ctx context.Context, l Link, limit time.Duration) (*Client, error) {
	c := &Client{link: l, channel: broadcast}
	var nonce [8]byte
	_, _ = rand.Read(nonce[:]) // never fails
	for range 8 {
		b, err := c.transact(ctx, cmdInit, nonce[:], limit)
		if err != nil {
			return nil, err
		}
		if len(b) < 17 {
			return nil, ErrGarbled
		}
		if [8]byte(b) != nonce {
			continue // an answer to another client
		}
		if b[16]&capCBOR == 0 {
			return nil, ErrU2F
		}
		c.channel = binary.BigEndian.Uint32(b[8:])
		return c, nil
	}
	return nil, ErrGone
}

// transact sends one message and returns the answer to it. When ctx ends, or limit has passed, the key is told to stop;
// if it does not within Grace, the client is lost, since a late answer would be taken for the next one.
func (c *Client) transact(ctx context.Context, cmd byte, data []byte, limit time.Duration) ([]byte, error) {
	if c.lost != nil {
		return nil, errors.Join(ErrGone, c.lost)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := c.send(cmd, data); err != nil {
		return nil, err
	}
	r := receiver{c: c, cmd: cmd, ctx: ctx, limit: time.Now().Add(limit)}
	return r.answer()
}

func (c *Client) send(cmd byte, data []byte) error {
	if len(data) > maxMessage {
		return Status(0x39) // as a key would say: REQUEST_TOO_LARGE
	}
	var r [reportSize]byte
	binary.BigEndian.PutUint32(r[:], c.channel)
	r[4] = cmd | 0x80
	binary.BigEndian.PutUint16(r[5:], uint16(len(data)))
	n := copy(r[7:], data)
	for seq := byte(0); ; seq++ {
		if err := c.link.Write(r); err != nil {
			return ErrGone
		}
		if n >= len(data) {
			return nil
		}
		clear(r[4:])
		r[4] = seq
		n += copy(r[5:], data[n:])
	}
}

// receiver waits for the answer to one message.
type receiver struct {
	c     *Client
	cmd   byte
	ctx   context.Context
	limit time.Time

	why     error     // set when the key has been told to stop
	giveUp  time.Time // then
	message []byte
	want    int
	seq     byte
}

func (r *receiver) answer() ([]byte, error) {
	for {
		if err := r.stop(); err != nil {
			return nil, err
		}
		report, err := r.c.link.Read(cancelGap)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			continue
		case err != nil:
			return nil, r.instead(ErrGone)
		case binary.BigEndian.Uint32(report[:]) != r.c.channel:
			continue
		}
		done, err := r.take(report)
		if err != nil {
			return nil, r.instead(err)
		}
		if done && r.why != nil && (r.want == 0 || r.message[0] != 0) {
			return nil, r.why // the answer to a cancel; one that says "done" counts as done
		}
		if done {
			return r.message[:r.want], nil
		}
	}
}

// stop tells the key to stop when it is time, and gives up on one that does not.
func (r *receiver) stop() error {
	if r.why == nil {
		switch {
		case r.ctx.Err() != nil:
			r.why = r.ctx.Err()
		case time.Now().After(r.limit):
			r.why = ErrTimeout
		default:
			return nil
		}
		r.giveUp = time.Now().Add(Grace)
		if r.cmd == cmdInit { // nothing to cancel yet
			r.giveUp = time.Now()
		}
	}
	if !time.Now().Before(r.giveUp) {
		r.c.lost = r.why
		return r.why
	}
	if err := r.c.send(cmdCancel, nil); err != nil {
		return r.why
	}
	return nil
}

// instead gives the reason why the key was stopped for what it said then.
func (r *receiver) instead(err error) error {
	if r.why != nil {
		return r.why
	}
	return err
}

// take adds one report of the answer; done when it is complete.
func (r *receiver) take(report [reportSize]byte) (done bool, err error) {
	if report[4]&0x80 == 0 { // continuation
		if r.message == nil {
			return false, nil // of something nobody waits for
		}
		if report[4] != r.seq {
			return false, ErrGone
		}
		r.seq++
		r.message = append(r.message, report[5:]...)
		return len(r.message) >= r.want, nil
	}
	switch cmd := report[4] & 0x7F; {
	case cmd == cmdKeepalive:
		return false, nil
	case cmd == cmdError:
		return false, Status(report[7])
	case cmd != r.cmd:
		return false, ErrGone
	}
	r.want = int(binary.BigEndian.Uint16(report[5:]))
	if r.want > maxMessage {
		return false, ErrGarbled
	}
	r.message, r.seq = append([]byte{}, report[7:]...), 0
	return len(r.message) >= r.want, nil
}
