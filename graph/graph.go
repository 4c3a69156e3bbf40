// Package graph is the tenant: the passkey and Temporary Access Pass policies of a Microsoft Entra tenant, its people
// and groups, their passes and passkeys, and the sign-in log.
//
// Start at Tenant, which says what can be asked in the domain's own words. New answers it with Microsoft's Graph SDK,
// imported nowhere else; subpackage practice is a tenant of its own that speaks the same HTTP, so that one
// implementation serves both. LogIn signs in to a real tenant, Inspector reads what a check of one needs, Trace writes
// down what passes for a support case.
//
// Every call goes through do (retry.go), which repeats what may be repeated and turns every failure into an *Error, and
// over wire (wire.go), which notes what really happened below the SDK. Policies are changed as JSON: see lossless.go.
package graph

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"keyrollout/internal/secret"
)

// Tenant is what keyrollout asks of an Entra tenant. Errors are *Error unless the context ended.
type Tenant interface {
	Organization(ctx context.Context) (Organization, error)
	// Me is the person (or application, then with an empty UPN) that is signed in.
	Me(ctx context.Context) (User, error)

	FIDO2Policy(ctx context.Context) (FIDO2Policy, error)
	// SetFIDO2Policy writes p in the shape the tenant uses. Arrays go whole: p must come from FIDO2Policy, changed.
	SetFIDO2Policy(ctx context.Context, p FIDO2Policy) error
	PassPolicy(ctx context.Context) (PassPolicy, error)
	SetPassPolicy(ctx context.Context, p PassPolicy) error

	// FindUsers searches names and user principal names; at most ten come back.
	FindUsers(ctx context.Context, query string) ([]User, error)
	// User finds one by id or user principal name.
	User(ctx context.Context, idOrUPN string) (User, error)
	// FindGroups searches security groups by name; at most ten come back.
	FindGroups(ctx context.Context, query string) ([]Group, error)
	Group(ctx context.Context, id string) (Group, error)
	// MemberOf tells which of the groups (at most 20) the user is in, directly or through another group.
	MemberOf(ctx context.Context, userID string, groupIDs []string) ([]string, error)

	Passes(ctx context.Context, userID string) ([]Pass, error)
	// IssuePass is not repeated when its answer is lost: read Passes to learn what happened. It replaces the pass the
	// user has, so ask Passes first.
	IssuePass(ctx context.Context, userID string, r PassRequest) (Pass, error)
	RevokePass(ctx context.Context, userID, passID string) error

	// CreationOptions begins a registration on behalf of a user; the challenge lives five minutes.
	CreationOptions(ctx context.Context, userID string) (CreationOptions, error)
	// RegisterPasskey is not repeated when its answer is lost: read Passkeys to learn what happened.
	RegisterPasskey(ctx context.Context, userID string, r Registration) (Passkey, error)
	Passkeys(ctx context.Context, userID string) ([]Passkey, error)
	DeletePasskey(ctx context.Context, userID, passkeyID string) error

	// SignIns reads the interactive sign-ins of a user since a time, newest first.
	SignIns(ctx context.Context, userID string, since time.Time) ([]SignIn, error)
}

// Pages are the pages a person visits in a browser: sign-in and Security info. In a real tenant the person visits
// them; in the practice tenant this program plays the browser through this interface.
type Pages interface {
	// SignInWithPass opens Security info with a Temporary Access Pass.
	SignInWithPass(ctx context.Context, upn string, pass secret.Secret) (SecurityInfo, error)
	// SignInOptions begins a passwordless sign-in with a security key.
	SignInOptions(ctx context.Context, upn string) (RequestOptions, error)
	// SignIn hands in the assertion. A nil error means Microsoft's side accepted it.
	SignIn(ctx context.Context, a SignInAnswer) error
}

// SecurityInfo is the Security info page of the person who signed in.
type SecurityInfo interface {
	CreationOptions(ctx context.Context) (CreationOptions, error)
	RegisterPasskey(ctx context.Context, r Registration) (Passkey, error)
}

// Organization names the tenant.
type Organization struct {
	ID, Name string
	Domain   string // the default verified domain
	Practice bool   // the made-up company
}

// User is one person.
type User struct {
	ID, UPN, Name string
	Guest         bool
	Disabled      bool
}

// Group is a group, security or not.
type Group struct {
	ID, Name    string
	Security    bool
	Dynamic     bool
	MailEnabled bool
	Members     int // transitive users; -1 = not counted
}

// AllUsers is the target id that stands for everyone.
const AllUsers = "all_users"

// Target is one entry of a policy's include or exclude list.
type Target struct {
	ID                   string // a group id, or AllUsers
	RegistrationRequired bool
	Profiles             []uuid.UUID // allowed passkey profiles; only in the profiles shape, never dropped there
}

// KeyRestrictions limit which models register and sign in. They act at every sign-in, not only at registration.
type KeyRestrictions struct {
	Enforced bool
	Allow    bool // true: only these; false: all but these
	AAGUIDs  []uuid.UUID
}

// PasskeyProfile is one set of rules in the profiles shape.
type PasskeyProfile struct {
	ID                  uuid.UUID
	Name                string
	DeviceBound, Synced bool
	Attestation         bool // enforced at registration
	Restrictions        KeyRestrictions
}

// FIDO2Policy is the passkey (FIDO2) policy. Profiles not empty = the tenant was migrated to passkey profiles, which
// then decide; else the flat Attestation and Restrictions do.
type FIDO2Policy struct {
	Enabled        bool
	SelfService    bool // must be on even for registration on behalf of a user
	Include        []Target
	Exclude        []Target
	Attestation    bool            // flat shape
	Restrictions   KeyRestrictions // flat shape
	Profiles       []PasskeyProfile
	DefaultProfile uuid.UUID

	// Raw is the answer as Graph gave it, for undo and for comparing after a write.
	Raw json.RawMessage
}

// Migrated reports whether the tenant uses passkey profiles.
func (p FIDO2Policy) Migrated() bool { return len(p.Profiles) > 0 }

// PassPolicy is the Temporary Access Pass policy. Lifetimes are whole minutes, 10 minutes to 30 days.
type PassPolicy struct {
	Enabled               bool
	Include, Exclude      []Target
	Default, Minimum, Max time.Duration
	Length                int // characters, 8..48
	Once                  bool
	Raw                   json.RawMessage
}

// PassRequest asks for a pass. Zero Start means now, zero Lifetime the policy's default.
type PassRequest struct {
	Start    time.Time
	Lifetime time.Duration
	Once     bool
}

// Pass is a Temporary Access Pass. Value is set only in the answer of IssuePass, and only there.
type Pass struct {
	ID       string
	Value    secret.Secret
	Created  time.Time
	Start    time.Time
	Lifetime time.Duration
	Once     bool
	Usable   bool
	Reason   string // methodUsabilityReason: EnabledByPolicy, DisabledByPolicy, Expired, NotYetValid, OneTimeUsed
}

// CreationOptions are WebAuthn PublicKeyCredentialCreationOptions as the tenant sends them.
type CreationOptions struct {
	Challenge             string // text exactly as received; it goes into clientDataJSON unchanged
	Expires               time.Time
	RPID, RPName          string
	UserID                []byte
	UserName, DisplayName string
	Algorithms            []int    // COSE, in order
	Exclude               [][]byte // both readings of an ambiguous id are in it
	HMACSecret            bool
	CredProtect           int // 0 = not asked
}

// Registration is the answer of a key, to be registered.
type Registration struct {
	DisplayName       string // 1..30 characters
	CredentialID      []byte
	ClientDataJSON    []byte
	AttestationObject []byte
}

// Passkey is a registered passkey.
type Passkey struct {
	ID           string
	CredentialID []byte // decoded from the id; nil where it cannot be
	AAGUID       uuid.UUID
	Name         string
	Model        string
	Attested     bool
	Synced       bool
	Created      time.Time
}

// RequestOptions are WebAuthn PublicKeyCredentialRequestOptions of the sign-in page.
type RequestOptions struct {
	Challenge string
	RPID      string
	Allow     [][]byte
}

// SignInAnswer is the signed answer of a key to RequestOptions.
type SignInAnswer struct {
	UPN               string
	CredentialID      []byte
	ClientDataJSON    []byte
	AuthenticatorData []byte
	Signature         []byte
	UserHandle        []byte
}

// SignIn is one row of the sign-in log.
type SignIn struct {
	ID      string
	Time    time.Time
	App     string
	Code    int // 0 = success
	Methods []SignInMethod
}

// SignInMethod is one authentication step of a sign-in.
type SignInMethod struct {
	Method, Detail, Result string
	Succeeded              bool
}

// Error is a refusal of the tenant, or the failure to reach it.
type Error struct {
	Op        string // what was being done, e.g. "issue a pass"
	Status    int    // HTTP status; 0 = no answer
	Code      string // Graph's error code
	Message   string // Graph's words
	RequestID string // for a support case
	RetryIn   time.Duration
	// Unknown is true when a change was sent and the answer lost: read back to learn what happened.
	Unknown bool
	Err     error
}
