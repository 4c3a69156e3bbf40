package practice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"
)

// ServeHTTP answers over a network connection.
func (t *Tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := t.answer(r)
	if a.wait > 0 && t.sleep(r.Context(), a.wait) != nil {
		return
	}
	if a.cut == cutAll {
		panic(http.ErrAbortHandler) // net/http closes the connection without a word
	}
	for k, v := range a.header {
		w.Header()[k] = v
	}
	body := a.body
	if a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	if a.cut == cutHalf {
		body = body[:len(body)/2]
	}
	w.Write(body)
	if a.cut == cutHalf {
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// Transport answers in process, without a port: put it under the Graph SDK's middleware, or into an http.Client.
func (t *Tenant) Transport() http.RoundTripper { return transport{t} }

type transport struct{ t *Tenant }

// errClosed is what a client sees when the connection ends before the answer.
var errClosed = fmt.Errorf("practice tenant: the connection was closed: %w", io.ErrUnexpectedEOF)

func (tr transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	a := tr.t.answer(r)
	if a.wait > 0 {
		if err := tr.t.sleep(r.Context(), a.wait); err != nil {
			return nil, err
		}
	}
	if a.cut == cutAll {
		return nil, errClosed
	}
	var body io.Reader = bytes.NewReader(a.body)
	if a.cut == cutHalf {
		body = io.MultiReader(bytes.NewReader(a.body[:len(a.body)/2]), broken{})
	}
	if r.Method == http.MethodHead {
		body = bytes.NewReader(nil)
	}
	// ContentLength 0 tells the SDK that there is no body, and it then returns nil without an error; so the true length
	// is set, always.
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)),
		StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: &watched{io.NopCloser(body), r.Context()}, ContentLength: int64(len(a.body)), Request: r,
	}, nil
}

// broken is the end of a connection in the middle of a body.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errClosed }

// watched ends the body with the request's context, as a network connection does.
type watched struct {
	io.ReadCloser
	ctx context.Context
}

func (w *watched) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.ReadCloser.Read(p)
}

func realSleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ErrNotLoopback refuses to show the practice tenant to a network.
var ErrNotLoopback = errors.New("practice tenant: only loopback addresses, unless told otherwise (ListenAnywhere)")

// Listen serves the tenant on a loopback address ("127.0.0.1:0" picks a port; "" is that) until ctx ends, and returns
// its URL at once.
func (t *Tenant) Listen(ctx context.Context, addr string) (url string, err error) {
	if addr, err = loopback(addr); err != nil {
		return "", err
	}
	return listen(ctx, addr, ownHost(t))
}

// loopback completes an address, and refuses one that others can reach.
func loopback(addr string) (string, error) {
	if addr == "" {
		return "127.0.0.1:0", nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", fmt.Errorf("%w: %s", ErrNotLoopback, addr)
	}
	return addr, nil
}

// ListenAnywhere serves on any address. The practice tenant asks nobody for a password: never on a network that others
// use.
func (t *Tenant) ListenAnywhere(ctx context.Context, addr string) (url string, err error) {
	return listen(ctx, addr, t)
}

func listen(ctx context.Context, addr string, h http.Handler) (url string, err error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	serve(ctx, ln, h)
	return "http://" + ln.Addr().String(), nil
}

func serve(ctx context.Context, ln net.Listener, h http.Handler) {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go srv.Serve(ln)
	context.AfterFunc(ctx, func() { srv.Close() })
}
