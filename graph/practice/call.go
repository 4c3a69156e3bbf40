package practice

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxBody is more than any request needs: the longest is a passkey with a chain of certificates.
const maxBody = 1 << 20

// call is one request being handled.
type call struct {
	t     *Tenant
	st    *state // the state to answer from: the current one, or past when reads lag
	past  *state // an older state that reads of the directory answer from; nil = the current one
	r     *http.Request
	now   time.Time
	beta  bool
	vars  map[string]string // what stood in the braces of the route's path
	query url.Values
	body  []byte
	who   *caller

	index map[string][]*passkey // by user, where a call asks about everybody

	changed bool // the state was changed and has to be kept
	keep    bool // keep the change even though the call is refused (a spent challenge, a row of the log)

	requestID, clientRequestID string
}

// reply is a successful answer.
type reply struct {
	status int
	body   any    // JSON; nil = none
	text   string // text/plain, for $count
	html   []byte
	kind   string // content type in place of HTML's
	formTo string // where else a form of the page may end
	to     string // where a browser is sent on
}

func ok(body any) (*reply, error)      { return &reply{status: http.StatusOK, body: body}, nil }
func created(body any) (*reply, error) { return &reply{status: http.StatusCreated, body: body}, nil }
func noContent() (*reply, error)       { return &reply{status: http.StatusNoContent}, nil }

// answer is what goes over the wire, whole; a fault may cut it.
type answer struct {
	status int
	header http.Header
	body   []byte
	cut    cut
	wait   time.Duration
}

// answer handles one request from beginning to end. It never waits.
func (t *Tenant) answer(r *http.Request) *answer {
	fault := t.faults.take(r.Method, r.URL.Path)
	body, bodyErr := readBody(r)
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.newCall(r)
	c.body = body
	return c.perform(fault, bodyErr)
}

// newCall begins a request, with the tenant locked.
func (t *Tenant) newCall(r *http.Request) *call {
	c := &call{t: t, st: t.st, r: r, now: t.now(), query: r.URL.Query(), clientRequestID: r.Header.Get("client-request-id")}
	if id, err := t.newID(); err == nil {
		c.requestID = id
	}
	return c
}

// perform carries the request out and keeps what it changed, or takes it back. It is called with the tenant locked.
func (c *call) perform(fault *Fault, bodyErr error) *answer {
	t := c.t
	if fault != nil {
		if a := fault.instead(c); a != nil {
			return a
		}
		if fault.Name == "lag" && c.r.Method == http.MethodGet {
			if st, err := readState(t.before); err == nil {
				c.past = st
			}
		}
	}
	if a := c.throttle(); a != nil {
		return a
	}
	if st := c.lagging(); st != nil {
		c.past = st
	}
	rep, err := c.run(bodyErr)
	if c.changed && (err == nil || c.keep) {
		if serr := t.save(); serr != nil {
			t.rollback()
			rep, err = nil, notKept(serr)
		}
	} else if c.changed {
		t.rollback()
	}
	var a *answer
	if err != nil {
		a = c.refuse(err)
	} else {
		a = c.accept(rep)
	}
	if fault != nil {
		fault.spoil(a)
	}
	return a
}

func (c *call) run(bodyErr error) (*reply, error) {
	rt, err := c.route()
	if err != nil {
		return nil, err
	}
	if bodyErr != nil {
		return nil, bodyErr
	}
	if err := c.authorize(rt); err != nil {
		return nil, err
	}
	if c.past != nil && !rt.open { // the directory lags; who has just signed in is signed in
		c.st = c.past
	}
	return rt.do(c)
}

// refuse turns an error into Graph's error body, or into the sign-in endpoint's.
func (c *call) refuse(err error) *answer {
	var o *oauthError
	if errors.As(err, &o) {
		c.t.refused = o.Error()
		return c.accept(&reply{status: o.status, body: o.body(c)})
	}
	var r *refusal
	if !errors.As(err, &r) {
		r = errInternal.because("%v", err)
	}
	c.t.refused = r.Error()
	inner := object{"date": c.now.Format("2006-01-02T15:04:05"), "request-id": c.requestID}
	inner["client-request-id"] = c.clientRequestID
	if c.clientRequestID == "" {
		inner["client-request-id"] = c.requestID
	}
	a := c.accept(&reply{status: r.status, body: object{"error": object{"code": r.code, "message": r.message, "innerError": inner}}})
	if r.status == http.StatusUnauthorized {
		a.header.Set("WWW-Authenticate", `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"`)
	}
	return a
}

// accept writes a reply in the form Graph gives it.
func (c *call) accept(rep *reply) *answer {
	a := &answer{status: rep.status, header: http.Header{}}
	a.header.Set("request-id", c.requestID)
	if c.clientRequestID != "" {
		a.header.Set("client-request-id", c.clientRequestID)
	}
	a.header.Set("Date", c.t.clock().UTC().Format(http.TimeFormat))
	a.header.Set("Cache-Control", "no-store")
	switch {
	case rep.to != "":
		a.header.Set("Location", rep.to)
	case rep.html != nil:
		a.header.Set("Content-Type", "text/html; charset=utf-8")
		a.header.Set("Content-Security-Policy", pagePolicy(rep.formTo))
		a.header.Set("Referrer-Policy", "no-referrer")
		if rep.kind != "" {
			a.header.Set("Content-Type", rep.kind)
		}
		a.header.Set("X-Content-Type-Options", "nosniff")
		a.body = rep.html
	case rep.text != "":
		a.header.Set("Content-Type", "text/plain")
		a.body = []byte(rep.text)
	case rep.body != nil:
		a.header.Set("Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
		a.header.Set("OData-Version", "4.0")
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(rep.body); err != nil {
			a.status, a.body = http.StatusInternalServerError, nil
			return a
		}
		a.body = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	}
	if len(a.body) > 0 && acceptsGzip(c.r.Header.Get("Accept-Encoding")) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(a.body)
		z.Close()
		a.body = b.Bytes()
		a.header.Set("Content-Encoding", "gzip")
		a.header.Set("Vary", "Accept-Encoding")
	}
	return a
}

func acceptsGzip(h string) bool {
	for part := range strings.SplitSeq(h, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(name, "gzip") {
			q, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
			if !found {
				return true
			}
			v, err := strconv.ParseFloat(q, 64)
			return err == nil && v > 0
		}
	}
	return false
}

// readBody takes the whole body in, unpacked: the Graph SDK compresses every request.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	var src io.Reader = r.Body
	switch enc := strings.ToLower(r.Header.Get("Content-Encoding")); enc {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(r.Body)
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, errPayload.because("the body is not gzip as its header says: %v", err)
		}
		src = z
	default:
		return nil, &refusal{status: http.StatusUnsupportedMediaType, code: "UnsupportedMediaType", message: "The content encoding is not supported."}
	}
	b, err := io.ReadAll(io.LimitReader(src, maxBody+1))
	if err != nil {
		return nil, errPayload.because("the body could not be read: %v", err)
	}
	if len(b) > maxBody {
		return nil, errTooBig
	}
	return b, nil
}

// decode reads the JSON body into v.
func (c *call) decode(v any) error {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return errPayload.because("the body is empty")
	}
	media, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if media != "application/json" {
		return errNoType
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return errPayload.because("the body is not the JSON that belongs here: %v", err)
	}
	return nil
}
