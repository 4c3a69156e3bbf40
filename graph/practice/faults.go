package practice

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is one thing that goes wrong, on demand: for the next Count requests that match. Scripts write it as
//
//	throttled POST /fido2Methods x2
//
// the name, then (if wanted) a method, a part of the path, and how often; once if nothing is said, "x*" for ever.
type Fault struct {
	Name  string
	Match string // method, a blank, and part of the path; either may be left out
	Count int    // how many requests it meets; negative = for ever
}

// faultKinds are the names, with what they do.
var faultKinds = []struct{ name, does string }{
	{"unauthorized", "401: the token has run out"},
	{"token-revoked", "401 with a claims challenge: the sign-in has to be shown again (continuous access evaluation)"},
	{"forbidden", "403: a right or a role is missing"},
	{"not-found", "404: as if it did not exist, or outside the administrator's unit"},
	{"throttled", "429 with Retry-After"},
	{"throttled-silent", "429 without Retry-After"},
	{"server-error", "500"},
	{"unavailable", "503 with Retry-After"},
	{"garbage", "200 with a page of HTML, as captive portals and proxies answer"},
	{"half", "the answer breaks off in the middle"},
	{"nothing", "the connection closes without an answer; the request was not looked at"},
	{"lost-answer", "the request is carried out, and its answer is lost"},
	{"slow", "the answer takes three seconds"},
	{"lag", "a read answers from before the last change"},
}

// FaultNames lists what can go wrong.
func FaultNames() []string {
	names := make([]string, len(faultKinds))
	for i, k := range faultKinds {
		names[i] = k.name
	}
	return names
}

// ParseFault reads the written form.
func ParseFault(s string) (Fault, error) {
	words := strings.Fields(s)
	if len(words) == 0 {
		return Fault{}, fmt.Errorf("which fault? one of: %s", strings.Join(FaultNames(), ", "))
	}
	f := Fault{Name: words[0], Count: 1}
	if !slices.Contains(FaultNames(), f.Name) {
		return Fault{}, fmt.Errorf("there is no fault %q; there are: %s", f.Name, strings.Join(FaultNames(), ", "))
	}
	words = words[1:]
	if n := len(words); n > 0 && words[n-1] == "x*" {
		f.Count, words = -1, words[:n-1]
	} else if n > 0 && len(words[n-1]) > 1 && words[n-1][0] == 'x' {
		count, err := strconv.Atoi(words[n-1][1:])
		if err != nil || count < 1 {
			return Fault{}, fmt.Errorf("fault %q: how often? %q is not x1, x2 … or x*", f.Name, words[n-1])
		}
		f.Count, words = count, words[:n-1]
	}
	if len(words) > 2 {
		return Fault{}, fmt.Errorf("fault %q: %q is more than a method and a part of the path", f.Name, strings.Join(words, " "))
	}
	f.Match = strings.Join(words, " ")
	return f, nil
}

// String is the written form.
func (f Fault) String() string {
	s := f.Name
	if f.Match != "" {
		s += " " + f.Match
	}
	if f.Count < 0 {
		return s + " x*"
	}
	return s + " x" + strconv.Itoa(f.Count)
}

func (f Fault) matches(method, path string) bool {
	want, part, both := strings.Cut(f.Match, " ")
	if !both && strings.HasPrefix(want, "/") {
		want, part = "", want
	}
	return (want == "" || strings.EqualFold(want, method)) && strings.Contains(strings.ToLower(path), strings.ToLower(part))
}

// Faults is a list of faults waiting for their requests. The zero value is empty; it is safe for concurrent use.
type Faults struct {
	mu   sync.Mutex
	list []Fault
}

// Add queues a fault in its written form.
func (f *Faults) Add(s string) error {
	fault, err := ParseFault(s)
	if err != nil {
		return err
	}
	f.AddFault(fault)
	return nil
}

// AddFault queues a fault.
func (f *Faults) AddFault(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, fault)
}

// Clear takes all faults away.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// Left lists the faults that have not met all their requests yet: a script that ends with some left was wrong about
// what happens.
func (f *Faults) Left() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.list)
}

// take finds the fault for a request and counts it.
func (f *Faults) take(method, path string) *Fault {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		if !f.list[i].matches(method, path) {
			continue
		}
		fault := f.list[i]
		if f.list[i].Count > 0 {
			if f.list[i].Count--; f.list[i].Count == 0 {
				f.list = slices.Delete(f.list, i, i+1)
			}
		}
		return &fault
	}
	return nil
}

// cut says how much of an answer arrives.
type cut int

const (
	cutNone cut = iota
	cutHalf
	cutAll
)

// slowness of the fault "slow", and the Retry-After of "throttled".
const (
	slowness   = 3 * time.Second
	retryAfter = "2"
)

// instead is the answer of a fault that keeps the request from being looked at.
func (f Fault) instead(c *call) *answer {
	throttled := &refusal{status: http.StatusTooManyRequests, code: "TooManyRequests", message: "Too many requests.", reason: "fault on demand: " + f.Name}
	switch f.Name {
	case "unauthorized":
		return c.refuse(errExpired.because("fault on demand: %s", f.Name))
	case "token-revoked":
		a := c.refuse((&refusal{status: http.StatusUnauthorized, code: "InvalidAuthenticationToken", message: "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp"}).
			because("fault on demand: %s", f.Name))
		claims := fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, c.now.Unix())
		a.header.Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="%s"`,
			base64.StdEncoding.EncodeToString([]byte(claims))))
		return a
	case "forbidden":
		return c.refuse(errDenied.because("fault on demand: %s", f.Name))
	case "not-found":
		return c.refuse(notFound("resource", c.r.URL.Path).because("fault on demand: %s", f.Name))
	case "throttled":
		a := c.refuse(throttled)
		a.header.Set("Retry-After", retryAfter)
		return a
	case "throttled-silent":
		return c.refuse(throttled)
	case "server-error":
		return c.refuse(&refusal{status: http.StatusInternalServerError, code: "InternalServerError",
			message: "An internal server error occurred. The operation failed.", reason: "fault on demand: " + f.Name})
	case "unavailable":
		a := c.refuse(&refusal{status: http.StatusServiceUnavailable, code: "serviceNotAvailable",
			message: "The service is unavailable.", reason: "fault on demand: " + f.Name})
		a.header.Set("Retry-After", retryAfter)
		return a
	case "garbage":
		h := http.Header{}
		h.Set("Content-Type", "text/html; charset=utf-8")
		return &answer{status: http.StatusOK, header: h,
			body: []byte("<!DOCTYPE html><html><head><title>Sign in to the network</title></head><body>Please accept the terms.</body></html>")}
	case "nothing":
		return &answer{cut: cutAll}
	}
	return nil
}

// spoil is what a fault does to the answer of a request that was carried out.
func (f Fault) spoil(a *answer) {
	switch f.Name {
	case "half":
		a.cut = cutHalf
		if len(a.body) == 0 {
			a.cut = cutAll // half of an answer without a body is none
		}
	case "lost-answer":
		a.cut = cutAll
	case "slow":
		a.wait = slowness
	}
}
