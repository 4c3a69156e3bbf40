package practice

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Seed is what a practice tenant is made of: its people and groups, and its nature. Ids are derived from names, so the
// same seed always gives the same ids.
type Seed struct {
	Name   string   `json:"name"`   // of the company
	Domain string   `json:"domain"` // its default verified domain
	People []Person `json:"people"`
	Groups []Group  `json:"groups"`

	// Profiles makes a tenant that Microsoft has migrated to passkey profiles (spring 2026); false is the flat shape.
	Profiles bool `json:"profiles"`
	// Free makes a tenant without Entra ID P1: no sign-in log and no registration report through Graph.
	Free bool `json:"free"`
	// CredentialIDs is how the service writes credential ids; "" = digit, as it does today.
	CredentialIDs IDEncoding `json:"credentialIds"`
	// SignInDelay is how long a sign-in takes to appear in the log. Minutes in Entra; 0 here means a few seconds,
	// negative none.
	SignInDelay time.Duration `json:"signInDelay"`
	// Crowd adds made-up people, for a rehearsal at size.
	Crowd Crowd `json:"crowd"`
	// Quotas throttles as Microsoft documents it; without it nothing is throttled but on demand (see Faults).
	Quotas bool `json:"quotas"`
	// Lag is how far reads lag behind writes.
	Lag time.Duration `json:"lag"`
	// Settle is how long a new passkey takes until it can sign in; about 30 seconds in Entra.
	Settle time.Duration `json:"settle"`
	// ReportDelay is how far the registration report runs behind; up to 36 hours in Entra, an hour if 0.
	ReportDelay time.Duration `json:"reportDelay"`
	// SecurityDefaults are on in tenants that never switched them off. Access policies cannot be enabled beside them.
	SecurityDefaults bool           `json:"securityDefaults"`
	Access           []AccessPolicy `json:"access"` // Conditional Access
	// Apps are the application registrations beside Microsoft's own; Consent is what was consented to, for all of them
	// (null = every right); a Global Administrator consents to more when they sign in.
	Apps    []App    `json:"apps"`
	Consent []string `json:"consent"`
	// Federated makes the default domain one of another sign-in service.
	Federated bool `json:"federated"`
	// Trust lists whose attestation counts, as the FIDO Metadata Service does for Entra.
	Trust []TrustedModel `json:"trust"`
}

// Person is one account.
type Person struct {
	UPN        string   `json:"upn"` // without a domain: at the company's own
	Name       string   `json:"name"`
	Given      string   `json:"given"`
	Surname    string   `json:"surname"`
	Title      string   `json:"title"`
	Department string   `json:"department"`
	Guest      bool     `json:"guest"`
	Disabled   bool     `json:"disabled"`
	Roles      []string `json:"roles"` // directory roles by display name
	Keys       []string `json:"keys"`  // passkeys registered already, by AAGUID; nobody holds them
	// Hidden puts the account into an administrative unit outside the administrators' reach: it answers 404.
	Hidden bool `json:"hidden"`
}

// Group is a group of people, or of groups.
type Group struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Kind        Kind     `json:"kind"`
	Rule        string   `json:"rule"`    // of a dynamic group, in Entra's rule language; shown, not evaluated
	Members     []string `json:"members"` // user principal names (a domain may be left out) or names of groups
}

// Kind is the kind of a group. Only security groups, assigned or dynamic, can be targets of a policy.
type Kind string

const (
	Security     Kind = "security"
	Dynamic      Kind = "dynamic"      // security, members by rule
	Microsoft365 Kind = "microsoft365" // mail-enabled, not security
	MailSecurity Kind = "mailsecurity" // mail-enabled security group
	Distribution Kind = "distribution" // mail-enabled, not security
)

// Delays where the seed says nothing.
const (
	defaultDelay       = 8 * time.Second // of the sign-in log: short enough to be waited out in a rehearsal
	defaultReportDelay = time.Hour
)

// fill puts the defaults in.
func (s *Seed) fill() {
	if s.Name == "" {
		s.Name = CompanyName
	}
	if s.Domain == "" {
		s.Domain = Domain
	}
	if s.CredentialIDs == "" {
		s.CredentialIDs = IDDigit
	}
	if s.SignInDelay == 0 {
		s.SignInDelay = defaultDelay
	}
	if s.ReportDelay == 0 {
		s.ReportDelay = defaultReportDelay
	}
}

// tenantID names the tenant: derived from its domain.
func (s *Seed) tenantID() uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceDNS, []byte(strings.ToLower(s.Domain)))
}

// idOf derives the id of a person, group or other thing from its name.
func (s *Seed) idOf(kind, name string) string {
	return uuid.NewSHA1(s.tenantID(), []byte(kind+":"+strings.ToLower(name))).String()
}

// upn completes a user principal name with the company's domain.
func (s *Seed) upn(name string) string {
	if strings.Contains(name, "@") {
		return name
	}
	return name + "@" + s.Domain
}

// check finds what cannot be, and what cannot stand together.
func (s *Seed) check() error {
	if !slices.Contains([]IDEncoding{IDDigit, IDPadded, IDPlain}, s.CredentialIDs) {
		return fmt.Errorf("there is no encoding of credential ids %q; there are: %s, %s, %s", s.CredentialIDs, IDDigit, IDPadded, IDPlain)
	}
	if s.Crowd.People < 0 {
		return errors.New("a crowd is less than nobody")
	}
	if strings.ContainsAny(s.Domain, " \t@/") || !strings.Contains(s.Domain, ".") {
		return fmt.Errorf("%q is no domain: contoso.example is one", s.Domain)
	}
	kinds := []Kind{"", Security, Dynamic, Microsoft365, MailSecurity, Distribution}
	for _, g := range s.Groups {
		if !slices.Contains(kinds, g.Kind) {
			return fmt.Errorf("the group %q is of a kind that does not exist, %q; there are security, dynamic, microsoft365, mailsecurity, distribution", g.Name, g.Kind)
		}
	}
	for _, a := range s.Access {
		if s.SecurityDefaults && a.state() == "enabled" {
			return fmt.Errorf("the Conditional Access policy %q cannot be enabled while security defaults are on", a.Name)
		}
		for _, name := range append(append([]string{}, a.Groups...), a.Except...) {
			if !slices.ContainsFunc(s.Groups, func(g Group) bool { return strings.EqualFold(g.Name, name) }) {
				return fmt.Errorf("the Conditional Access policy %q names a group that does not exist: %q", a.Name, name)
			}
		}
	}
	return nil
}

// upnLetters are those of Entra's "userPrincipalName population" page, and letters of other scripts, which it takes over
// from a directory on the premises.
var upnLetters = regexp.MustCompile(`^[\p{L}\p{M}\p{N}'._!#^~-]+$`)

// check finds what cannot be in a seed.
func (p Person) check() error {
	if p.UPN == "" || p.Name == "" {
		return fmt.Errorf("a person needs a user principal name and a name: upn %q, name %q", p.UPN, p.Name)
	}
	if local, domain, _ := strings.Cut(p.UPN, "@"); !upnLetters.MatchString(local) || strings.ContainsAny(domain, "@ \t/") {
		return fmt.Errorf("%q is no user principal name: letters, digits and  ' . - _ ! # ^ ~  before one @", p.UPN)
	}
	for _, k := range p.Keys {
		if uuid.Validate(k) != nil {
			return fmt.Errorf("%s: a key is told by its AAGUID, not %q", p.UPN, k)
		}
	}
	for _, r := range p.Roles {
		if !slices.Contains(allRoles, r) {
			return fmt.Errorf("%s: there is no role %q here; there are: %s", p.UPN, r, strings.Join(allRoles, ", "))
		}
	}
	return nil
}
