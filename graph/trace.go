package graph

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Trace writes the HTTP that passes through next to w, for a support case. It is built to be sent to strangers: of
// headers, query and bodies only what is listed here appears, of everything else its kind and length; people are
// "(person)", and a token, pass, challenge or key never appears. w is written in one piece per exchange.
func Trace(next http.RoundTripper, w io.Writer) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &tracer{next: next, w: w}
}

type tracer struct {
	next http.RoundTripper
	mu   sync.Mutex
	w    io.Writer
}

// traceLimit is how much of a body is looked at, in bytes.
const traceLimit = 256 << 10

// Headers that say something about the service and nothing about people.
var tracedHeaders = []string{"Content-Type", "Content-Encoding", "Consistencylevel", "Client-Request-Id", "Request-Id", "Retry-After",
	"Date", "User-Agent", "Sdkversion", "X-Ms-Resource-Unit", "X-Ms-Throttle-Limit-Percentage", "X-Ms-Throttle-Scope",
	"X-Ms-Throttle-Information", "X-Ms-Throttle-Priority", "X-Ms-Ags-Diagnostic"}

// Properties whose text is one of the service's own words, or an id of a thing that is no person.
var tracedProperties = []string{"@odata.type", "@odata.context", "code", "request-id", "client-request-id", "date", "state", "targettype",
	"enforcementtype", "attestationenforcement", "passkeytypes", "passkeytype", "attestationlevel", "aaguid", "aaguids", "allowedaaguids",
	"methodusabilityreason", "startdatetime", "createddatetime", "challengetimeoutdatetime", "activitydatetime", "defaultpasskeyprofile",
	"allowedpasskeyprofiles", "grouptypes", "usertype", "type", "policyversion", "policymigrationstate", "allowedcombinations",
	"builtincontrols", "operator", "authenticationtype", "skupartnumber", "capabilitystatus", "serviceplanname", "provisioningstatus",
	"methodsregistered", "authenticationmethod", "authenticationstepresultdetail", "activitydisplayname", "loggedbyservice", "attestation",
	"userverification", "authenticatorattachment", "credentialprotectionpolicy", "error", "grant_type", "token_type"}

func (t *tracer) RoundTrip(r *http.Request) (*http.Response, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "> %s %s\n", r.Method, tracedURL(r.URL))
	writeHeaders(&out, '>', r.Header)
	if r.Body != nil && r.Body != http.NoBody {
		b, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(b))
		fmt.Fprintf(&out, "> %s\n", tracedBody(b, r.Header))
	}
	begin := time.Now()
	resp, err := t.next.RoundTrip(r)
	took := time.Since(begin).Round(time.Millisecond)
	if err != nil {
		fmt.Fprintf(&out, "< no answer after %v: %T\n", took, err) // its words may name addresses
		t.write(&out)
		return nil, err
	}
	fmt.Fprintf(&out, "< %d after %v\n", resp.StatusCode, took)
	writeHeaders(&out, '<', resp.Header)
	if resp.Body != nil && resp.Body != http.NoBody {
		b, err := io.ReadAll(io.LimitReader(resp.Body, traceLimit))
		if err != nil {
			fmt.Fprintf(&out, "< the answer broke off after %d bytes\n", len(b))
		} else {
			fmt.Fprintf(&out, "< %s\n", tracedBody(b, resp.Header))
		}
		resp.Body = again{io.MultiReader(bytes.NewReader(b), ends{resp.Body, err}), resp.Body}
	}
	t.write(&out)
	return resp, nil
}

func (t *tracer) write(out *bytes.Buffer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out.WriteByte('\n')
	t.w.Write(out.Bytes()) // a trace that cannot be written must not stop the work
}

// again is a body that was read once and is read as it was.
type again struct {
	io.Reader
	io.Closer
}

// ends goes on with the body, or repeats the error that broke it off.
type ends struct {
	io.Reader
	err error
}

func (e ends) Read(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	return e.Reader.Read(p)
}

func writeHeaders(out *bytes.Buffer, mark byte, h http.Header) {
	for _, name := range tracedHeaders {
		if v := h.Get(name); v != "" {
			fmt.Fprintf(out, "%c %s: %s\n", mark, name, v)
		}
	}
}

var quoted = regexp.MustCompile(`'[^']*'|"[^"]*"`)

// tracedURL keeps what is asked for and hides who: names in the path, words in quotes.
func tracedURL(u *url.URL) string {
	parts := strings.Split(u.Path, "/")
	for i := range parts[1:] {
		switch {
		case parts[i] == "users" && uuid.Validate(parts[i+1]) != nil:
			parts[i+1] = "(person)"
		case strings.HasSuffix(parts[i], "Methods") && !strings.HasPrefix(parts[i+1], "creationOptions") && uuid.Validate(parts[i+1]) != nil:
			parts[i+1] = "(id)"
		}
	}
	s := u.Scheme + "://" + u.Host + strings.Join(parts, "/")
	var query []string
	for name, values := range u.Query() {
		v := "(hidden)"
		if slices.Contains([]string{"$select", "$top", "$count", "$expand", "$orderby"}, name) {
			v = strings.Join(values, ",")
		} else if name == "$filter" || name == "$search" {
			v = quoted.ReplaceAllString(strings.Join(values, ","), "'…'")
		}
		query = append(query, name+"="+v)
	}
	if slices.Sort(query); len(query) > 0 {
		s += "?" + strings.Join(query, "&")
	}
	return s
}

// tracedBody is a body with everything hidden that is not known to be harmless.
func tracedBody(b []byte, h http.Header) string {
	if h.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err == nil {
			b, err = io.ReadAll(io.LimitReader(z, traceLimit))
		}
		if err != nil {
			return "(a compressed body that cannot be read)"
		}
	}
	var v any
	if json.Unmarshal(b, &v) != nil {
		return fmt.Sprintf("(%d bytes that are no JSON)", len(b))
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if e.Encode(hidden(v, "")) != nil {
		return "(a body that cannot be shown)"
	}
	return strings.TrimSpace(out.String())
}

// hidden replaces all texts but those under listed properties and ids of GUID form. Numbers and truths stay.
func hidden(v any, name string) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			x[k] = hidden(e, k)
		}
	case []any:
		for i, e := range x {
			x[i] = hidden(e, name)
		}
	case string:
		if slices.Contains(tracedProperties, strings.ToLower(name)) && len(x) < 200 || strings.EqualFold(name, "id") && uuid.Validate(x) == nil {
			return x
		}
		if name == "@odata.nextLink" {
			if u, err := url.Parse(x); err == nil {
				return tracedURL(u)
			}
		}
		return fmt.Sprintf("(%d characters)", len([]rune(x)))
	}
	return v
}
