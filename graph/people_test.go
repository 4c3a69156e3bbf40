package graph

import (
	"encoding/base64"
	"reflect"
	"strings"
	"testing"
	"time"

	"keyrollout/internal/secret"
)

func TestOrganization(t *testing.T) {
	tenant, s := play(t, reply(200, `{"value":[null,{"id":"t1","displayName":"Contoso","verifiedDomains":[{"name":"contoso.onmicrosoft.com","isDefault":false},{"name":"contoso.com","isDefault":true}]}]}`), reply(200, `{"value":[]}`))
	o, err := tenant.Organization(t.Context())
	if want := (Organization{ID: "t1", Name: "Contoso", Domain: "contoso.com"}); err != nil || o != want {
		t.Errorf("got %+v, %v", o, err)
	}
	if s.asked[0].header.Get("User-Agent") != "keyrollout/test" || s.asked[0].version != "v1.0" {
		t.Errorf("asked %+v", s.asked[0])
	}
	if _, err := tenant.Organization(t.Context()); refusal(err) == nil || refusal(err).Code != CodeGarbled {
		t.Errorf("got %v", err)
	}
}

func TestMe(t *testing.T) {
	tenant, s := play(t, reply(200, `{"id":"`+someUser+`","displayName":"Admin","userPrincipalName":"admin@contoso.com","userType":"Member","accountEnabled":true}`))
	u, err := tenant.Me(t.Context())
	if want := (User{ID: someUser, Name: "Admin", UPN: "admin@contoso.com"}); err != nil || u != want || s.asked[0].path != "/me" {
		t.Errorf("got %+v, %v from %s", u, err, s.asked[0].path)
	}
}

// An application has no /me; its token tells who it is.
func TestMeOfAnApplication(t *testing.T) {
	no := func(r *httpRequest) (*httpResponse, error) {
		return reply(400, graphError("BadRequest", "/me request is only valid with delegated authentication flow."))(r)
	}
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"idtyp":"app","oid":"sp1","app_displayname":"Rollout robot"}`))
	for token, want := range map[string]User{"h." + claims + ".s": {ID: "sp1", Name: "Rollout robot"}, "opaque": {}} {
		tenant, err := New(Options{Bearer: secret.New([]byte(token)), Transport: roundTrip(no)})
		if err != nil {
			t.Fatal(err)
		}
		if u, err := tenant.Me(t.Context()); u != want || (err == nil) != (want.ID != "") {
			t.Errorf("%s: got %+v, %v", token, u, err)
		}
	}
}

type roundTrip func(*httpRequest) (*httpResponse, error)

func (f roundTrip) RoundTrip(r *httpRequest) (*httpResponse, error) { return f(r) }

func TestFindUsers(t *testing.T) {
	rows := `{"value":[{"id":"1","displayName":"Änn \"A\"","userPrincipalName":"ann@contoso.com"},{"id":"2","userPrincipalName":"bob_x#EXT#@contoso.com"},{"id":"3","userType":"Guest","accountEnabled":false}]}`
	tenant, s := play(t, reply(403, graphError("Authorization_RequestDenied", "Insufficient privileges")), reply(200, rows))
	list, err := tenant.FindUsers(t.Context(), `  Änn  "A"\ `)
	want := []User{{ID: "1", Name: `Änn "A"`, UPN: "ann@contoso.com"}, {ID: "2", UPN: "bob_x#EXT#@contoso.com", Guest: true}, {ID: "3", Guest: true, Disabled: true}}
	if err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("got %+v, %v", list, err)
	}
	q := s.asked[1]
	if q.query.Get("$search") != `"displayName:Änn \"A\"\\" OR "userPrincipalName:Änn \"A\"\\"` || q.query.Get("$top") != "10" ||
		q.query.Get("$count") != "true" || q.header.Get("ConsistencyLevel") != "eventual" || q.query.Get("$select") != "id,displayName,userPrincipalName" {
		t.Errorf("asked %+v", q)
	}
	if s.asked[0].query.Get("$select") != "id,displayName,userPrincipalName,userType,accountEnabled" {
		t.Errorf("asked %+v", s.asked[0])
	}
	if _, err := tenant.FindUsers(t.Context(), " "); refusal(err).Code != CodeBadInput {
		t.Errorf("got %v", err)
	}
	if _, err := tenant.User(t.Context(), ""); refusal(err).Code != CodeBadInput {
		t.Errorf("got %v", err)
	}
}

func TestGroups(t *testing.T) {
	group := `{"id":"` + pilots + `","displayName":"Pilots","securityEnabled":true,"mailEnabled":false,"groupTypes":["DynamicMembership"]}`
	tenant, s := play(t, reply(200, `{"value":[`+group+`]}`), reply(200, group), reply(200, `{"@odata.count":42,"value":[{"id":"1"}]}`),
		reply(200, group), reply(403, graphError("Authorization_RequestDenied", "")))
	list, err := tenant.FindGroups(t.Context(), "pil")
	want := Group{ID: pilots, Name: "Pilots", Security: true, Dynamic: true, Members: -1}
	if err != nil || len(list) != 1 || list[0] != want || s.asked[0].query.Get("$filter") != "securityEnabled eq true" || s.asked[0].query.Get("$search") != `"displayName:pil"` {
		t.Errorf("got %+v, %v", list, err)
	}
	want.Members = 42
	if g, err := tenant.Group(t.Context(), pilots); err != nil || g != want {
		t.Errorf("got %+v, %v", g, err)
	}
	if s.asked[2].path != "/groups/"+pilots+"/transitiveMembers/microsoft.graph.user" || s.asked[2].query.Get("$count") != "true" || s.asked[2].header.Get("ConsistencyLevel") != "eventual" {
		t.Errorf("asked %+v", s.asked[2])
	}
	want.Members = -1
	if g, err := tenant.Group(t.Context(), pilots); err != nil || g != want {
		t.Errorf("got %+v, %v", g, err)
	}
	if _, err := tenant.Group(t.Context(), "../users"); refusal(err).Code != CodeBadInput {
		t.Errorf("got %v", err)
	}
}

func TestMemberOf(t *testing.T) {
	tenant, s := play(t, reply(200, `{"value":["`+pilots+`"]}`))
	in, err := tenant.MemberOf(t.Context(), someUser, []string{AllUsers, pilots, pilots, "other"})
	if err != nil || !reflect.DeepEqual(in, []string{AllUsers, pilots}) {
		t.Errorf("got %v, %v", in, err)
	}
	if s.asked[0].path != "/users/"+someUser+"/checkMemberGroups" || s.asked[0].body != `{"groupIds":["`+pilots+`","other"]}` {
		t.Errorf("asked %+v", s.asked[0])
	}
	if in, err := tenant.MemberOf(t.Context(), someUser, nil); err != nil || len(in) != 0 {
		t.Errorf("got %v, %v", in, err)
	}
	if _, err := tenant.MemberOf(t.Context(), someUser, strings.Split("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u", ",")); refusal(err).Code != CodeBadInput {
		t.Errorf("got %v", err)
	}
}

func TestSignIns(t *testing.T) {
	row := func(id, at string) string {
		return `{"id":"` + id + `","createdDateTime":"` + at + `","appDisplayName":"My Apps","status":{"errorCode":0},"authenticationDetails":[{"authenticationMethod":"FIDO2 security key","authenticationMethodDetail":null,"succeeded":true,"authenticationStepResultDetail":"MFA completed in Azure AD"}]}`
	}
	tenant, s := play(t,
		reply(200, `{"value":[`+row("a", "2026-11-22T08:30:00Z")+`],"@odata.nextLink":"https://graph.microsoft.com/beta/auditLogs/signIns?$skiptoken=x%2By"}`),
		reply(200, `{"value":[`+row("b", "2026-11-22T08:40:00Z")+`]}`),
		reply(200, `{"value":[],"@odata.nextLink":"https://evil.example/beta/auditLogs/signIns"}`),
		reply(403, graphError("Authentication_RequestFromNonPremiumTenantOrB2CTenant", "Neither tenant is B2C or tenant doesn't have premium license")))
	since := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	list, err := tenant.SignIns(t.Context(), someUser, since)
	if err != nil || len(list) != 2 || list[0].ID != "b" || list[1].App != "My Apps" || !list[0].ByPasskey() || list[0].Methods[0].Result != "MFA completed in Azure AD" {
		t.Fatalf("got %+v, %v", list, err)
	}
	if q := s.asked[0]; q.version != "beta" || q.path != "/auditLogs/signIns" || q.query.Get("$filter") != "userId eq '"+someUser+"' and createdDateTime ge 2026-11-22T08:00:00Z" {
		t.Errorf("asked %+v", q)
	}
	if s.asked[1].query.Get("$skiptoken") != "x+y" {
		t.Errorf("asked %+v", s.asked[1])
	}
	if _, err := tenant.SignIns(t.Context(), someUser, since); refusal(err) == nil || refusal(err).Code != CodeGarbled || len(s.asked) != 3 {
		t.Errorf("got %v", err)
	}
	if _, err := tenant.SignIns(t.Context(), someUser, since); refusal(err) == nil || refusal(err).Status != 403 {
		t.Errorf("got %v", err)
	}
	if _, err := tenant.SignIns(t.Context(), "ann@contoso.com' or 1 eq 1", since); refusal(err).Code != CodeBadInput {
		t.Errorf("got %v", err)
	}
}

func TestByPasskey(t *testing.T) {
	for _, c := range []struct {
		code              int
		method, result    string
		succeeded, expect bool
	}{
		{0, "FIDO2 security key", "MFA completed in Azure AD", true, true},
		{0, "Passkey (device-bound)", "MFA requirement satisfied by strong authentication", true, true},
		{0, "Passkey (synced)", "", true, true},
		{0, "passkey (device-bound) [security key]", "", true, true},
		{0, "FIDO2 security key", "Previously satisfied", true, false},
		{0, "Previously satisfied", "MFA requirement satisfied by claim in the token", true, false},
		{0, "FIDO2 security key", "", false, false},
		{50074, "FIDO2 security key", "", true, false},
		{0, "Temporary Access Pass", "", true, false},
		{0, "Password", "", true, false},
		{0, "Windows Hello for Business", "", true, false},
	} {
		s := SignIn{Code: c.code, Methods: []SignInMethod{{Method: "Password", Succeeded: true}, {c.method, "", c.result, c.succeeded}}}
		if s.ByPasskey() != c.expect {
			t.Errorf("%+v: %v", c, !c.expect)
		}
	}
	if (SignIn{}).ByPasskey() {
		t.Error("no methods, no proof")
	}
}

func TestOptions(t *testing.T) {
	token := secret.New([]byte("x"))
	for name, o := range map[string]Options{
		"no credential": {}, "two credentials": {Bearer: token, Credential: staticToken{token}},
		"no version": {BaseURL: "https://graph.microsoft.com", Bearer: token}, "no host": {BaseURL: "/v1.0", Bearer: token},
		"no address": {BaseURL: "http://a b/v1.0", Bearer: token},
	} {
		if tenant, err := New(o); err == nil || tenant != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The token goes to the tenant's host, over TLS or to this machine only.
func TestTokenStaysHome(t *testing.T) {
	tenant, err := New(Options{BaseURL: "http://graph.example/v1.0", Bearer: secret.New([]byte("x")), Transport: roundTrip(func(r *httpRequest) (*httpResponse, error) {
		t.Error("sent " + r.URL.String())
		return reply(200, "{}")(r)
	})})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tenant.Organization(t.Context()); refusal(err) == nil || refusal(err).Code != CodeSignIn {
		t.Errorf("got %v", err)
	}
}
