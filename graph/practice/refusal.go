package practice

import (
	"fmt"
	"net/http"
)

// refusal is an error answer: what the client reads, and what only LastRefusal tells.
type refusal struct {
	status        int
	code, message string
	reason        string // precise; empty = the message says it all
}

func (r *refusal) Error() string {
	if r.reason != "" {
		return r.reason
	}
	return r.code + ": " + r.message
}

// notKept tells that this machine, and not the service it plays, cannot go on: the disk is full, or another process has
// the state. The code is no code of Graph's.
func notKept(err error) *refusal {
	return &refusal{status: http.StatusInsufficientStorage, code: "practice-not-kept", message: err.Error(), reason: "the state could not be kept: " + err.Error()}
}

// because adds the precise reason to a vague answer.
func (r *refusal) because(format string, a ...any) *refusal {
	c := *r
	c.reason = fmt.Sprintf(format, a...)
	return &c
}

func bad(code, format string, a ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, code: code, message: fmt.Sprintf(format, a...)}
}

// The answers below are Graph's own words where they are public; see the error table in the Graph documentation and
// "Microsoft Graph error responses and resource types".
var (
	errToken    = &refusal{status: http.StatusUnauthorized, code: "InvalidAuthenticationToken", message: "Access token is empty."}
	errExpired  = &refusal{status: http.StatusUnauthorized, code: "InvalidAuthenticationToken", message: "Lifetime validation failed, the token is expired."}
	errDenied   = &refusal{status: http.StatusForbidden, code: "Authorization_RequestDenied", message: "Insufficient privileges to complete the operation."}
	errAccess   = &refusal{status: http.StatusForbidden, code: "accessDenied", message: "Request Authorization failed"}
	errMethod   = &refusal{status: http.StatusMethodNotAllowed, code: "methodNotAllowed", message: "The method is not allowed for this resource."}
	errPayload  = bad("BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	errNoType   = bad("BadRequest", "Write requests (excluding DELETE) must contain the Content-Type header declaration.")
	errTooBig   = &refusal{status: http.StatusRequestEntityTooLarge, code: "RequestEntityTooLarge", message: "The request body is too large."}
	errInternal = &refusal{status: http.StatusInternalServerError, code: "generalException", message: "An internal error occurred. The change was not made."}
	errPremium  = &refusal{status: http.StatusForbidden, code: "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
		message: "Neither tenant is B2C or tenant doesn't have premium license"}
	// errRegistration is the one answer to every refused registration: the service does not say why (webauthn-interop
	// and field reports agree that its text is of no help).
	errRegistration = bad("badRequest", "The passkey could not be registered.")
)

func notFound(kind, id string) *refusal {
	return &refusal{status: http.StatusNotFound, code: "Request_ResourceNotFound",
		message: fmt.Sprintf("Resource '%s' does not exist or one of its queried reference-property objects are not present.", id),
		reason:  fmt.Sprintf("there is no %s %q", kind, id)}
}
