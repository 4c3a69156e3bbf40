package graph

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	answerLimit  = 32 << 20    // bytes of an answer; Graph's pages are far smaller
	attemptLimit = time.Minute // for one request, its answer included
)

var errTooLong = errors.New("the answer does not end")

// exchange is what one attempt looked like on the wire. The SDK tells of an answer that it cannot parse neither status
// nor headers; wire notes them below it.
type exchange struct {
	op string // what is being done

	mu     sync.Mutex
	sent   bool // the request was handed to the network
	status int  // of the last answer; 0 = none
	header http.Header
}

type exchangeKey struct{}

// noted prepares ctx so that wire notes the exchange.
func noted(ctx context.Context, op string) (context.Context, *exchange) {
	x := &exchange{op: op, header: http.Header{}}
	return context.WithValue(ctx, exchangeKey{}, x), x
}

// seen is a copy of what is known by now; a request given up may still be running.
func (x *exchange) seen() (sent bool, status int, header http.Header) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.sent, x.status, x.header
}

// wire is the lowest part of the pipeline.
type wire struct{ next http.RoundTripper }

func (w wire) RoundTrip(req *http.Request) (*http.Response, error) {
	x, _ := req.Context().Value(exchangeKey{}).(*exchange)
	if x == nil {
		x = &exchange{}
	}
	x.mu.Lock()
	x.sent, x.status, x.header = true, 0, http.Header{}
	x.mu.Unlock()

	ctx, cancel := context.WithTimeout(req.Context(), attemptLimit)
	resp, err := w.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	// The SDK takes length 0 for "no body" and returns nil without an error; transports that are not net/http's leave
	// it 0 when they do not know.
	if resp.ContentLength == 0 && resp.Body != http.NoBody && resp.StatusCode != http.StatusNoContent {
		resp.ContentLength = -1
	}
	resp.Body = &limited{resp.Body, answerLimit, cancel}
	x.mu.Lock()
	x.status, x.header = resp.StatusCode, resp.Header.Clone()
	x.mu.Unlock()
	return resp, nil
}

// limited ends in errTooLong where an io.LimitReader would pretend that the answer ended.
type limited struct {
	io.ReadCloser
	left   int
	cancel context.CancelFunc
}

func (l *limited) Close() error {
	defer l.cancel()
	return l.ReadCloser.Close()
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	l.left -= n
	if l.left < 0 {
		return n, errTooLong
	}
	return n, err
}
