// Package fido speaks to security keys: it finds them, sets and changes PINs, enrols fingerprints, makes credentials
// and asks for assertions.
//
// Start at Keys, which finds keys and opens them, and at Session, which is one visit to one key. Session is implemented
// once (session.go), above a driver that puts CTAP's questions one by one. There are two: over libfido2 (*_libfido2.go,
// the only cgo of the project), and in Go alone (*_ctap.go) for builds without cgo. Both pass the same tests.
//
// Reports go over a Link. OpenHID makes one to a key in a USB port or behind a pseudo-terminal (hid_linux.go, with
// sysfs_linux.go to find the keys; hid_windows.go; hid_other.go is where there is none), the software key in this
// process has its own. So libfido2 reads on Linux only answers that were checked first (link_libfido2.go), and a build
// without it drives attached keys as well. Where there is no OpenHID, as on macOS, libfido2 opens keys by itself, and a
// build without cgo says that it cannot.
//
// Around that stand: what a PIN must be (pin.go), the models by AAGUID (models.go; metadata.go reads newer ones), who
// may open a device file (access_linux.go, access_windows.go), choosing among several keys (choose.go), waiting for one
// (watch.go) and knowing one again (identity.go). A Session of this package is also a Configurer and a Toucher.
//
// Subpackage softkey is a whole authenticator behind the CTAPHID packet layer.
//
// # Windows
//
// hid_windows.go was written without Windows at hand, and was run under Wine only, in November 2026. Under Wine 8 on
// Debian's kernel in qemu, with the software key as a USB key (/dev/uhid) that Wine shows by its hidraw bus,
// keyrollout.exe listed the key, set its PIN, enrolled a finger, made a credential and had it sign (the signature was
// verified), deleted it, kept a second keyrollout out, noticed how the key was pulled out and plugged in again, and
// shared it with another machine. Wine cannot show what Windows does to a program that is no administrator's, nor
// Windows' own sign-in at the same key.
//
// The tests run under Wine 10: older ones lack bcryptprimitives.dll, and cannot remove a file as Go does. Only those that
// write to /dev/full or call go fail there, for reasons of Wine's:
//
//	GOOS=windows CGO_ENABLED=0 go test -exec wine ./fido ./fido/softkey ./internal/state ./tui ./steps .
package fido

import (
	"context"
	"time"

	"keyrollout/internal/secret"
)

// ReportSize is the length of a CTAPHID report in bytes (CTAP 2.1 section 11.2.4), without a report id.
const ReportSize = 64

// Link is a line to one key that carries CTAPHID reports. The software key offers one in process.
// Read blocks until a report arrives, d has passed (os.ErrDeadlineExceeded) or the key is gone (io.EOF); a negative d
// waits for ever. Both are safe to call from two goroutines, one each.
type Link interface {
	Write(report [ReportSize]byte) error
	Read(d time.Duration) ([ReportSize]byte, error)
	Close() error
}

// Device is a key that can be opened: one that is attached, one at a device path, or the software key.
type Device struct {
	Path         string // what Open needs; "softkey:" for the software key in this process
	VendorID     uint16
	ProductID    uint16
	Manufacturer string
	Product      string
	Serial       string // where the key tells one; most do not
	Software     bool   // never passed off as hardware
}

// Keys finds keys and opens them.
type Keys interface {
	// List names the keys that are there now. None is no error.
	List(ctx context.Context) ([]Device, error)
	// Open begins a visit. The session must be closed.
	Open(ctx context.Context, d Device) (Session, error)
}

// Session is one visit to one key. Calls are not concurrent; every call ends early when its context does, and then
// cancels what the key was doing. Errors are *Error unless the context ended.
// An empty PIN means: verify the user by the key's own means (finger).
type Session interface {
	Device() Device
	Info(ctx context.Context) (Info, error)
	Retries(ctx context.Context) (Retries, error)

	SetPIN(ctx context.Context, pin secret.Secret) error
	ChangePIN(ctx context.Context, old, new secret.Secret) error

	Sensor(ctx context.Context) (Sensor, error)
	// Enrol enrols one finger, telling on of every touch as it is judged; the last one has Remaining 0. Touches that
	// are refused do not count. When it ends early nothing is kept on the key. A Fingerprint with an ID beside an error
	// is on the key: the key was lost afterwards.
	Enrol(ctx context.Context, pin secret.Secret, name string, on func(Sample)) (Fingerprint, error)
	Fingerprints(ctx context.Context, pin secret.Secret) ([]Fingerprint, error)
	RenameFingerprint(ctx context.Context, pin secret.Secret, id []byte, name string) error
	RemoveFingerprint(ctx context.Context, pin secret.Secret, id []byte) error

	Make(ctx context.Context, pin secret.Secret, r MakeRequest) (Credential, error)
	Assert(ctx context.Context, pin secret.Secret, r AssertRequest) ([]Assertion, error)
	// Credentials lists the resident credentials of a relying party, of all when rpID is empty; with an *UnreadError where
	// those of some cannot be read.
	Credentials(ctx context.Context, pin secret.Secret, rpID string) ([]Resident, error)
	DeleteCredential(ctx context.Context, pin secret.Secret, id []byte) error

	// Reset wipes the key: credentials, PIN, fingerprints. Keys allow it within 10 s of being plugged in, with a touch.
	Reset(ctx context.Context) error
	Close() error
}

// Info is what a key says of itself (authenticatorGetInfo, CTAP 2.1 section 6.4).
type Info struct {
	Versions   []string
	Extensions []string
	AAGUID     [16]byte
	Options    map[string]bool // absent = the key cannot; false = can, not set up; true = set up
	Protocols  []byte          // PIN/UV auth protocols, preferred first
	Algorithms []int           // COSE algorithm numbers
	Transports []string
	Firmware   uint64
	MinPIN     int // code points; 4 when the key does not say
	ForcePIN   bool
	MaxMsg     int
	MaxCredIDs int // longest exclude or allow list; 0 = not told
	MaxCredID  int // bytes of the longest credential id; 0 = not told
	Residents  int // resident credentials that still fit; -1 = not told

	MaxLargeBlob int               // bytes of the large-blob array; 0 = none
	MaxCredBlob  int               // bytes of a credBlob; 0 = none
	MinPINRPs    int               // relying parties that may be told the shortest PIN
	UVAttempts   int               // tries of the key's own verification that a platform should make; 0 = not told
	UVModality   uint64            // bits of the FIDO registry's USER_VERIFY constants; 2 = fingerprint
	Certs        map[string]uint64 // certifications, e.g. "FIDO": 1
	LongReset    bool              // a reset wants a long touch (longTouchForReset, CTAP 2.2); false also where libfido2 opens the key by itself
}

// Option reports an option's value and whether the key names it at all.
func (i Info) Option(name string) (set, known bool) { set, known = i.Options[name]; return }

// HasPIN reports whether a PIN is set.
func (i Info) HasPIN() bool { return i.Options["clientPin"] }

// CanEnrol reports whether fingerprints can be enrolled through this computer (CTAP 2.1, or its preview).
func (i Info) CanEnrol() bool {
	_, a := i.Options["bioEnroll"]
	_, b := i.Options["userVerificationMgmtPreview"]
	return a || b
}

// HasFinger reports whether at least one fingerprint is enrolled.
func (i Info) HasFinger() bool {
	return i.Options["bioEnroll"] || i.Options["userVerificationMgmtPreview"]
}

// CanListCredentials reports whether resident credentials can be listed and deleted.
func (i Info) CanListCredentials() bool {
	return i.Options["credMgmt"] || i.Options["credentialMgmtPreview"]
}

// Retries are the tries left before the key locks. PIN is -1 where the key knows no PIN, UV where it does not count
// fingers: it has no sensor, or it is old.
type Retries struct{ PIN, UV int }

// Sensor describes the fingerprint sensor (CTAP 2.1 section 6.7.2).
type Sensor struct {
	Kind     string // "touch" or "swipe"
	Samples  int    // touches per finger
	NameSize int    // longest name in bytes
}

// SampleStatus is the key's verdict on one touch: lastEnrollSampleStatus, CTAP 2.1 section 6.7.4, table of codes.
type SampleStatus byte

const (
	SampleGood         SampleStatus = 0x00
	SampleTooHigh      SampleStatus = 0x01
	SampleTooLow       SampleStatus = 0x02
	SampleTooLeft      SampleStatus = 0x03
	SampleTooRight     SampleStatus = 0x04
	SampleTooFast      SampleStatus = 0x05
	SampleTooSlow      SampleStatus = 0x06
	SamplePoorQuality  SampleStatus = 0x07
	SampleTooSkewed    SampleStatus = 0x08
	SampleTooShort     SampleStatus = 0x09
	SampleMergeFailure SampleStatus = 0x0A
	SampleExists       SampleStatus = 0x0B
	SampleDatabaseFull SampleStatus = 0x0C
	SampleNoActivity   SampleStatus = 0x0D
	SampleNoLift       SampleStatus = 0x0E
)

// Sample is one touch of an enrolment.
type Sample struct {
	Status    SampleStatus
	Remaining int // good touches still wanted
}

// Fingerprint is one enrolled finger.
type Fingerprint struct {
	ID   []byte
	Name string
}

// MakeRequest asks for a resident credential (WebAuthn create, CTAP authenticatorMakeCredential).
type MakeRequest struct {
	RPID, RPName          string
	UserID                []byte // at most 64 bytes
	UserName, DisplayName string
	ClientDataHash        [32]byte
	Algorithms            []int // COSE, in the server's order
	Exclude               [][]byte
	HMACSecret            bool
	CredProtect           int // 0 = not asked, 1..3
}

// Credential is a new credential with its attestation.
type Credential struct {
	ID       []byte
	AAGUID   [16]byte
	Format   string // "packed", "none", …
	AuthData []byte // raw authenticator data
	// AttestationObject is the CBOR map {fmt, attStmt, authData} that a relying party wants.
	AttestationObject []byte
}

// AssertRequest asks for assertions (WebAuthn get, CTAP authenticatorGetAssertion).
type AssertRequest struct {
	RPID           string
	ClientDataHash [32]byte
	Allow          [][]byte // empty: resident credentials of the relying party
	VerifyUser     bool
	Silent         bool // without a touch: only whether the key knows a credential. Keys answer it once a PIN is given
}

// Assertion is one signed answer.
type Assertion struct {
	CredentialID []byte
	AuthData     []byte
	Signature    []byte
	UserID       []byte
	UserName     string
}

// Resident is a resident credential as the key lists it.
type Resident struct {
	ID          []byte
	RPID        string
	UserID      []byte
	UserName    string
	DisplayName string
	CredProtect int // 0 = not told, 1..3
}
