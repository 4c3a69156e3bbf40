package graph

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	kiota "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/auditlogs"
)

const (
	signInPage = 50
	signInRows = 500
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
	query := &auditlogs.SignInsRequestBuilderGetRequestConfiguration{QueryParameters: &auditlogs.SignInsRequestBuilderGetQueryParameters{
		Filter: ptr("userId eq '" + userID + "' and createdDateTime ge " + since.UTC().Format(time.RFC3339)), Top: ptr[int32](signInPage)}}
	wires, err := collect(rows[signInWire](ctx, c, c.beta, op, func(ctx context.Context) (*kiota.RequestInformation, error) {
		return auditlogs.NewSignInsRequestBuilderInternal(nil, c.beta).ToGetRequestInformation(ctx, query)
	}), signInRows)
	if err != nil {
		return nil, err
	}
	list := []SignIn{}
	for _, w := range wires {
		s := SignIn{ID: w.ID, Time: w.Created, App: w.App, Code: w.Status.Code}
		for _, d := range w.Details {
			s.Methods = append(s.Methods, SignInMethod{d.Method, d.Detail, d.Result, deref(d.Succeeded)})
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b SignIn) int { return b.Time.Compare(a.Time) })
	return list, nil
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
