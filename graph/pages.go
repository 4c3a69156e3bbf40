package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"keyrollout/internal/secret"
)

// The pages of the practice tenant: this program plays the browser. The protocol is the practice tenant's own, all
// JSON under /practice/pages of its host; a real tenant knows nothing of it.
const pagesPath = "/practice/pages/"

// NewPages plays the browser against the practice tenant at base (its scheme and host; a path is ignored) through rt.
func NewPages(base string, rt http.RoundTripper) Pages {
	registerJSON()
	if rt == nil {
		rt = http.DefaultTransport
	}
	root := strings.TrimRight(base, "/")
	if i := strings.Index(root, "://"); i >= 0 {
		if host, _, ok := strings.Cut(root[i+3:], "/"); ok {
			root = root[:i+3] + host
		}
	}
	return pages{root + pagesPath, &http.Client{Transport: wire{rt}}}
}

type pages struct {
	root string
	http *http.Client
}

func (p pages) SignInWithPass(ctx context.Context, upn string, pass secret.Secret) (SecurityInfo, error) {
	const op = "sign in with a pass"
	name, err := json.Marshal(upn)
	if err != nil {
		return nil, badInput(op, "the name cannot be sent")
	}
	value := jsonString(pass)
	defer clear(value)
	body := make([]byte, 0, len(name)+len(value)+64) // never grows, so no copy of the pass is left behind
	body = append(append(append(body, `{"upn":`...), name...), `,"temporaryAccessPass":`...)
	body = append(append(body, value...), '}')
	defer clear(body)
	var a struct {
		Session secretText `json:"session"`
	}
	if err := p.post(ctx, op, "pass-sign-in", secret.Secret{}, body, &a); err != nil {
		return nil, err
	}
	if secret.Secret(a.Session).Empty() {
		return nil, &Error{Op: op, Code: CodeGarbled, Message: "the page opened no session", Unknown: true}
	}
	return securityInfo{p, secret.Secret(a.Session)}, nil
}

func (p pages) SignInOptions(ctx context.Context, upn string) (RequestOptions, error) {
	const op = "begin a sign-in"
	var a struct {
		Challenge string `json:"challenge"`
		RPID      string `json:"rpId"`
		Allow     []struct {
			ID string `json:"id"`
		} `json:"allowCredentials"`
	}
	err := p.postJSON(ctx, op, "sign-in-options", secret.Secret{}, map[string]string{"upn": upn}, &a)
	if err != nil {
		return RequestOptions{}, err
	}
	if a.Challenge == "" || a.RPID == "" {
		return RequestOptions{}, &Error{Op: op, Code: CodeGarbled, Message: "the page gave no challenge"}
	}
	o := RequestOptions{Challenge: a.Challenge, RPID: a.RPID}
	for _, c := range a.Allow {
		o.Allow = append(o.Allow, CredentialIDs(c.ID)...)
	}
	return o, nil
}

func (p pages) SignIn(ctx context.Context, a SignInAnswer) error {
	return p.postJSON(ctx, "sign in with the key", "sign-in", secret.Secret{}, map[string]string{
		"upn": a.UPN, "id": encode(a.CredentialID), "clientDataJSON": encode(a.ClientDataJSON),
		"authenticatorData": encode(a.AuthenticatorData), "signature": encode(a.Signature), "userHandle": encode(a.UserHandle),
	}, nil)
}

// securityInfo is the page after the sign-in.
type securityInfo struct {
	pages
	session secret.Secret
}

func (s securityInfo) CreationOptions(ctx context.Context) (CreationOptions, error) {
	const op = "begin a registration in Security info"
	var b json.RawMessage
	if err := s.post(ctx, op, "security-info/creation-options", s.session, []byte("{}"), &b); err != nil {
		return CreationOptions{}, err
	}
	o, err := safely(ctx, func(context.Context) (CreationOptions, error) { return ParseCreationOptions(b) })
	if err != nil {
		return CreationOptions{}, &Error{Op: op, Code: CodeGarbled, Message: "the page's options cannot be read", Err: err}
	}
	return o, nil
}

func (s securityInfo) RegisterPasskey(ctx context.Context, r Registration) (Passkey, error) {
	const op = "register the passkey in Security info"
	body, err := r.body(op)
	if err != nil {
		return Passkey{}, err
	}
	var b json.RawMessage
	if err := s.postJSON(ctx, op, "security-info/passkeys", s.session, body, &b); err != nil {
		return Passkey{}, err
	}
	k, err := safely(ctx, func(context.Context) (Passkey, error) { return parsePasskey(b) })
	if err != nil {
		return Passkey{}, &Error{Op: op, Code: CodeGarbled, Message: "the page's answer cannot be read", Unknown: true, Err: err}
	}
	return k, nil
}

func (p pages) postJSON(ctx context.Context, op, path string, session secret.Secret, in, out any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return badInput(op, "the request cannot be written")
	}
	return p.post(ctx, op, path, session, b, out)
}

// post sends once, never again: every page changes something. A nil out ignores the answer's content.
func (p pages) post(ctx context.Context, op, path string, session secret.Secret, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.root+path, bytes.NewReader(body))
	if err != nil {
		return badInput(op, "the practice tenant's address is no address")
	}
	req.Header.Set("Content-Type", "application/json")
	session.Use(func(b []byte) {
		if len(b) > 0 {
			req.Header.Set("Authorization", "Bearer "+string(b)) // a header is a string
		}
	})
	resp, err := p.http.Do(req)
	if err != nil {
		return &Error{Op: op, Code: CodeNoAnswer, Message: "no answer came", Unknown: !neverArrived(err), Err: err}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	defer clear(answer)
	e := &Error{Op: op, Status: resp.StatusCode, RequestID: resp.Header.Get("request-id"), RetryIn: retryAfter(resp.Header, time.Now())}
	switch {
	case resp.StatusCode >= 400:
		return e.pageError(answer, resp.Header)
	case err != nil:
		e.Code, e.Message, e.Unknown, e.Err = CodeCutOff, "the answer ended in the middle", true, err
		return e
	case out == nil:
		return nil
	case unmarshal(answer, out) != nil:
		e.Code, e.Message, e.Unknown = CodeGarbled, "the page's answer cannot be read", true
		return e
	}
	return nil
}

// pageError reads an error body in Graph's form.
func (e *Error) pageError(b []byte, h http.Header) *Error {
	var w struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Inner   struct {
				RequestID string `json:"request-id"`
			} `json:"innerError"`
		} `json:"error"`
	}
	if json.Unmarshal(b, &w) == nil {
		e.Code, e.Message = w.Error.Code, w.Error.Message
		if w.Error.Inner.RequestID != "" {
			e.RequestID = w.Error.Inner.RequestID
		}
	}
	if e.Code == "" && e.Message == "" {
		e.Code, e.Message = statusCode(e.Status), statusWords(e.Status, h)
	}
	e.Unknown = e.Status >= 500 && e.Code != CodePracticeDisk
	return e
}
