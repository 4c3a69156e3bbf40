package graph

import (
	"context"
	"iter"
	"time"
)

// Inspector is what a check of a tenant asks beyond the rollout itself. What New returns is one too. It only reads.
//
// Lists come page by page: break off when enough was seen. An error ends a list.
type Inspector interface {
	// Methods are all authentication methods and the registration campaign. Policy.Read.AuthenticationMethod.
	Methods(ctx context.Context) (Methods, error)
	// SecurityDefaults reports whether they are on. Policy.Read.All.
	SecurityDefaults(ctx context.Context) (bool, error)
	// AccessRules are the Conditional Access policies. Policy.Read.All; one request a second for the whole tenant.
	AccessRules(ctx context.Context) ([]AccessRule, error)
	// Strengths are the authentication strengths, built in or not. Policy.Read.AuthenticationMethod.
	Strengths(ctx context.Context) ([]Strength, error)
	// Licences are the subscriptions of the tenant. LicenseAssignment.Read.All.
	Licences(ctx context.Context) ([]Licence, error)
	// Domains of the tenant. Domain.Read.All.
	Domains(ctx context.Context) ([]EntraDomain, error)

	// GroupMembers are the people of a group, also through other groups. GroupMember.ReadBasic.All.
	GroupMembers(ctx context.Context, groupID string) iter.Seq2[User, error]
	// Everybody are all accounts of the tenant, as far as the caller reads on. User.ReadBasic.All.
	Everybody(ctx context.Context) iter.Seq2[User, error]
	// PasskeysOf are the passkeys of many people. UserAuthMethod-Passkey.Read.All.
	PasskeysOf(ctx context.Context, userIDs []string) iter.Seq2[Holder, error]
	// Registered is who has registered what; up to 36 hours old, without disabled accounts. AuditLog.Read.All, P1.
	Registered(ctx context.Context) iter.Seq2[Registered, error]
	// Audits are the changes to methods and their policy since a time, newest first. AuditLog.Read.All.
	Audits(ctx context.Context, since time.Time) iter.Seq2[Audit, error]

	// Skew is how far the tenant's clock is ahead of this machine's.
	Skew() (d time.Duration, known bool)
}

var _ Inspector = (*client)(nil)

// Methods is the authentication methods policy as a whole.
type Methods struct {
	Migration string // preMigration, migrationInProgress, migrationComplete; empty = not told
	Campaign  Campaign
	Enabled   map[string]bool // by method: "Fido2", "Sms", "Voice", …
}

// Campaign nudges people at sign-in to register a method.
type Campaign struct {
	State  string   // enabled, disabled, default
	Method string   // targeted: fido2, microsoftAuthenticator
	Snooze int      // days
	Groups []Target // whom it nudges
}

// AccessRule is one Conditional Access policy, as far as a rollout has to know it.
type AccessRule struct {
	ID, Name string
	State    string // enabled, disabled, enabledForReportingButNotEnforced

	IncludeUsers, ExcludeUsers   []string // ids, "All", "None", "GuestsOrExternalUsers"
	IncludeGroups, ExcludeGroups []string
	IncludeRoles, ExcludeRoles   []string
	Apps                         []string // included applications: ids, "All", "None", "Office365"
	Actions                      []string // user actions: "urn:user:registersecurityinfo"
	Flows                        []string // authentication flows: "deviceCodeFlow"

	Operator string   // AND, OR
	Grants   []string // mfa, block, compliantDevice, …
	Strength *Strength
}

// RegisterSecurityInfo is the user action of setting up a sign-in method.
const RegisterSecurityInfo = "urn:user:registersecurityinfo"

// Strength is an authentication strength: the combinations of methods that satisfy it.
type Strength struct {
	ID, Name     string
	BuiltIn      bool
	Combinations []string // "fido2", "temporaryAccessPassOneTime", "password,sms", …
}

// Licence is one subscription of the tenant.
type Licence struct {
	Name     string // part number, "AAD_PREMIUM"
	Enabled  bool
	Seats    int
	Used     int
	Services []string // service plans in it that are on
}

// EntraDomain is a domain of the tenant.
type EntraDomain struct {
	Name      string
	Default   bool
	Verified  bool
	Federated bool // people sign in elsewhere; a Temporary Access Pass comes first
}

// Registered is what one person has registered.
type Registered struct {
	User         User
	Admin        bool
	Passwordless bool // can sign in without a password
	MFA          bool
	Methods      []string // "passKeyDeviceBound", "mobilePhone", …; new names come up
	Updated      time.Time
}

// Audit is one entry of the audit log.
type Audit struct {
	ID, Activity, Category string
	Time                   time.Time
	By                     string // user principal name, or the application's name
	TargetID, TargetUPN    string // the id may be empty while the name is set
	Success                bool
	Reason                 string
	Details                map[string]string
}

// AAGUID is the model of the key that was registered, which proves what the key said of itself; empty when the entry
// is not a registration.
func (a Audit) AAGUID() string { return a.Details["AAGuid"] }
