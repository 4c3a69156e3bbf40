package softkey

// AAGUID is the model identifier of the software key. It is made up (a random UUID whose last six bytes spell "keyrol")
// and belongs to no vendor: a relying party can tell this key from hardware by it.
const AAGUID = "d1a3f6be-5c0e-4a7b-9e43-6b6579726f6c"

// ownAAGUID is AAGUID in bytes.
var ownAAGUID = [16]byte{0xd1, 0xa3, 0xf6, 0xbe, 0x5c, 0x0e, 0x4a, 0x7b, 0x9e, 0x43, 'k', 'e', 'y', 'r', 'o', 'l'}

// Profile is how a software key behaves: what authenticatorGetInfo tells (CTAP 2.1 section 6.4) and the limits behind
// it. Start from one of the functions that return one.
type Profile struct {
	Name string // of the model it behaves like, e.g. "ATKey.Pro CTAP2.1"
	// AAGUID is the software key's own, unless a practice run puts the model's in, for a tenant that is practice too.
	AAGUID [16]byte

	Versions   []string
	Extensions []string
	Transports []string
	Protocols  []uint // PIN/UV auth protocols, preferred first; none: no PIN
	Algorithms []int  // COSE numbers
	Firmware   uint64

	// Options. What is false is left out of getInfo, unless the profile says otherwise there.
	PinUvAuthToken  bool // options pinUvAuthToken: subcommands 6 and 9 of clientPIN
	CredMgmt        bool
	CredMgmtPreview bool
	BioPreview      bool // userVerificationMgmtPreview beside bioEnroll
	Config          bool // authnrCfg with setMinPINLength
	UVBioEnroll     bool // a finger allows to enrol another one
	UVConfig        bool // a finger allows authenticatorConfig
	CanAlwaysUV     bool // the alwaysUv feature exists
	AlwaysUV        bool // and is on when the key leaves the factory
	CanMakeUVNotRqd bool // option makeCredUvNotRqd, true while alwaysUv is off
	CanEnterprise   bool // option ep
	PersistentRO    bool // option perCredMgmtRO (CTAP 2.2): a token that lists credentials outlives the power

	CanLongTouch bool // longTouchForReset (CTAP 2.2) can be switched on, for good
	LongTouch    bool // and is when the key leaves the factory
	CanPINPolicy bool // pinComplexityPolicy (CTAP 2.2) can be switched on, for good
	PINPolicy    bool // and is when the key leaves the factory
	Tells22      bool // getInfo has the members that CTAP 2.2 and 2.3 added and that belong to no option

	PINPolicyURL string // where the policy is explained; "": not told

	// EnterpriseRPs are the sites that the maker arranged enterprise attestation with (enterpriseAttestation 1). Those
	// that a platform arranges it with (2) are the platform's to know.
	EnterpriseRPs []string

	// AttestationFormats (CTAP 2.2), preferred first: "packed", "none". Empty: not told, packed alone.
	AttestationFormats []string

	// Limits.
	MaxMsg      int
	MaxCredList int // 0: not told
	MaxCredID   int // 0: not told
	MaxResident int
	MaxBlob     int // credBlob; 0: extension off
	LargeBlob   int // serialized large-blob array; 0: option off
	MinPIN      int
	MaxMinPINs  int // RP ids of setMinPINLength
	PINTries    int

	// Fingerprint sensor; Fingers 0 means there is none.
	Fingers     int
	Samples     int // good touches per finger
	NameSize    int // bytes of a finger's name
	UVTries     int
	UVInside    int // tries the key makes by itself in one verification
	UVModality  uint
	UVPreferred int // preferredPlatformUvAttempts; 0: not told
}

// hasSensor reports whether the key verifies fingers.
func (p Profile) hasSensor() bool { return p.Fingers > 0 }

// has reports whether an extension is offered.
func (p Profile) has(extension string) bool {
	for _, e := range p.Extensions {
		if e == extension {
			return true
		}
	}
	return false
}
