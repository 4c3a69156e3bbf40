package graph

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/microsoftgraph/msgraph-sdk-go/auditlogs"
)

const (
	signInPage  = 50
	signInPages = 10
)

type signInWire struct {
	ID      string    `json:"id"`
	Created time.Time `json:"createdDateTime"`
	App     string    `json:"appDisplayName"`
	Status  struct {
		Code int `json:"errorCode"`
	} `json:"status"`
	Details []struct {
		Method    string `json:"authenticationMethod"`
		Detail    string `json:"authenticationMethodDetail"`
		Result    string `json:"authenticationStepResultDetail"`
		Succeeded *bool  `json:"succeeded"`
	} `json:"authenticationDetails"`
}

// SignIns needs AuditLog.Read.All and Entra ID P1; without it Graph answers 403
// Authentication_RequestFromNonPremiumTenantOrB2CTenant. Rows arrive minutes late. At most 500 rows come back.
//
// v1.0 has no authenticationDetails, so this asks beta.
func (c *client) SignIns(ctx context.Context, userID string, since time.Time) ([]SignIn, error) {
	const op = "read the sign-in log"
	if uuid.Validate(userID) != nil {
		return nil, badInput(op, "a user of the sign-in log is named by the object id")
	}
	filter := "userId eq '" + userID + "' and createdDateTime ge " + since.UTC().Format(time.RFC3339)
	list, next := []SignIn{}, ""
	for range signInPages {
		rows, after, err := c.signInRows(ctx, op, filter, next)
		if err != nil {
			return nil, err
		}
		list = append(list, rows...)
		if next = after; next == "" {
			break
		}
	}
	slices.SortStableFunc(list, func(a, b SignIn) int { return b.Time.Compare(a.Time) })
	return list, nil
}

type signInRows struct {
	rows []SignIn
	next string
}

func (c *client) signInRows(ctx context.Context, op, filter, next string) ([]SignIn, string, error) {
	p, err := do(ctx, c, op, looks, func(ctx context.Context) (signInRows, error) {
		b := auditlogs.NewSignInsRequestBuilderInternal(nil, c.beta)
		query := &auditlogs.SignInsRequestBuilderGetRequestConfiguration{
			QueryParameters: &auditlogs.SignInsRequestBuilderGetQueryParameters{Filter: &filter, Top: ptr[int32](signInPage)}}
		if next != "" {
			if !sameHost(next, c.beta.GetBaseUrl()) {
				return signInRows{}, errElsewhere
			}
			b, query = b.WithUrl(next), nil // followed as it is
		}
		ri, err := b.ToGetRequestInformation(ctx, query)
		if err != nil {
			return signInRows{}, err
		}
		answer, err := raw(ctx, c.beta, ri)
		if err != nil {
			return signInRows{}, err
		}
		return parseSignIns(answer)
	})
	return p.rows, p.next, err
}

func parseSignIns(b []byte) (signInRows, error) {
	var page struct {
		Value []signInWire `json:"value"`
		Next  string       `json:"@odata.nextLink"`
	}
	if err := unmarshal(b, &page); err != nil {
		return signInRows{}, err
	}
	if page.Value == nil {
		return signInRows{}, errEmpty
	}
	p := signInRows{next: page.Next}
	for _, w := range page.Value {
		s := SignIn{ID: w.ID, Time: w.Created, App: w.App, Code: w.Status.Code}
		for _, d := range w.Details {
			s.Methods = append(s.Methods, SignInMethod{d.Method, d.Detail, d.Result, d.Succeeded != nil && *d.Succeeded})
		}
		p.rows = append(p.rows, s)
	}
	return p, nil
}

// ByPasskey reports whether a passkey signed this person in, this time: the sign-in succeeded, and so did a step with
// a passkey that was not merely remembered from before. Microsoft changed the methods' names twice ("FIDO2 security
// key", "Passkey (device-bound)"), so any name with "fido2" or "passkey" counts.
func (s SignIn) ByPasskey() bool {
	return s.Code == 0 && slices.ContainsFunc(s.Methods, func(m SignInMethod) bool {
		name := strings.ToLower(m.Method)
		return m.Succeeded && (strings.Contains(name, "fido2") || strings.Contains(name, "passkey")) &&
			!strings.Contains(strings.ToLower(m.Result), "previously satisfied")
	})
}

var errElsewhere = &Error{Code: CodeGarbled, Message: "the next page lies on another host; it was not asked"}

func sameHost(a, b string) bool {
	u, err := url.Parse(a)
	v, err2 := url.Parse(b)
	return err == nil && err2 == nil && strings.EqualFold(u.Host, v.Host) && u.Scheme == v.Scheme
}
