package graph

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
)

// Codes of errors that are not Graph's own.
const (
	CodeNoAnswer  = "no-answer"         // the tenant could not be reached, or said nothing
	CodeCutOff    = "cut-off"           // the answer ended in the middle
	CodeGarbled   = "garbled"           // the answer is not what Graph sends
	CodeSignIn    = "sign-in-failed"    // no token for the request
	CodeShape     = "unknown-shape"     // the tenant's values cannot be written back without loss
	CodeMigrated  = "shape-changed"     // the tenant changed between flat policy and passkey profiles
	CodeMoved     = "changed-meanwhile" // somebody else changed the same list since it was read
	CodeBadInput  = "bad-input"         // refused before anything was sent
	codeThrottled = "TooManyRequests"
	// CodePracticeDisk: the practice tenant's own machine cannot keep its state. Nothing was changed.
	CodePracticeDisk = "practice-not-kept"
)

// errEmpty is a success without the content that was asked for.
var errEmpty = errors.New("the answer is empty")

// explain turns what the SDK says and what the wire saw into an *Error.
func (c *client) explain(op string, e effect, x *exchange, err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		named := *own
		named.Op = op
		return &named
	}
	sent, status, header := x.seen()
	f := &Error{Op: op, Status: status, RequestID: header.Get("request-id"), RetryIn: retryAfter(header, c.clock())}
	var odata *odataerrors.ODataError
	switch {
	case status >= 400:
		if errors.As(err, &odata) {
			f.fill(odata)
		}
		if f.Code == "" && f.Message == "" {
			f.Code, f.Message = statusCode(status), statusWords(status, header)
		}
		f.Unknown = status >= 500 && f.Code != CodePracticeDisk
	case status != 0 && (errors.Is(err, io.ErrUnexpectedEOF) || isNet(err)):
		f.Code, f.Message, f.Err, f.Unknown = CodeCutOff, "the answer ended in the middle", err, true
	case status != 0:
		f.Code, f.Message, f.Err, f.Unknown = CodeGarbled, "the answer is not what Graph sends", err, true
		if isPage(header) {
			f.Message = "a web page came instead of Graph's answer: a proxy or a network's sign-in page stands in between"
		}
	case !sent && errors.Is(err, errPanic):
		f.Code, f.Message, f.Err = CodeBadInput, "the request could not be made", err
	case !sent: // the token comes first, and nothing else can fail before the request leaves
		f.Code, f.Message, f.Err = CodeSignIn, "no token was obtained", err
	default:
		f.Code, f.Message, f.Err, f.Unknown = CodeNoAnswer, "no answer came", err, !neverArrived(err)
	}
	f.Unknown = f.Unknown && e != looks
	return f
}

func (e *Error) fill(o *odataerrors.ODataError) {
	m := o.GetErrorEscaped()
	if m == nil {
		return
	}
	e.Code, e.Message = deref(m.GetCode()), deref(m.GetMessage())
	if in := m.GetInnerError(); in != nil && deref(in.GetRequestId()) != "" {
		e.RequestID = *in.GetRequestId()
	}
}

// statusCode names an error that came without one of Graph's own.
func statusCode(status int) string {
	if status == http.StatusTooManyRequests {
		return codeThrottled
	}
	return strings.ReplaceAll(http.StatusText(status), " ", "")
}

func statusWords(status int, h http.Header) string {
	if isPage(h) {
		return "a web page came instead of Graph's error: a proxy or a network's sign-in page may stand in between"
	}
	return "no reason was given"
}

func isPage(h http.Header) bool {
	return strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "text/html")
}

func isNet(err error) bool {
	var n net.Error
	return errors.As(err, &n) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// neverArrived reports whether the request certainly did not reach the tenant.
func neverArrived(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns) || errors.As(err, &cert) || errors.As(err, &unknown)
}

// unmarshal is json.Unmarshal for an answer that has to hold something.
func unmarshal(b []byte, v any) error {
	if len(b) == 0 {
		return errEmpty
	}
	return json.Unmarshal(b, v)
}

func deref[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

func badInput(op, message string) *Error { return &Error{Op: op, Code: CodeBadInput, Message: message} }

// named refuses an empty id, which would make another address of the request.
func named(op string, ids ...string) error {
	if slices.Contains(ids, "") {
		return badInput(op, "it is not said of whom or of what")
	}
	return nil
}

// refusal is the *Error in err, or nil.
func refusal(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// under tells an error as that of a larger operation.
func under(op string, err error) error {
	if e := refusal(err); e != nil {
		c := *e
		c.Op = op
		return &c
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &Error{Op: op, Code: CodeShape, Message: "the policy cannot be written back", Err: err}
}
