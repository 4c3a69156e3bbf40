package softkey

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"io"
	"slices"
)

// info is the answer of authenticatorGetInfo (CTAP 2.1 section 6.4).
type info struct {
	Versions     []string        `cbor:"1,keyasint"`
	Extensions   []string        `cbor:"2,keyasint,omitempty"`
	AAGUID       []byte          `cbor:"3,keyasint"`
	Options      map[string]bool `cbor:"4,keyasint"`
	MaxMsg       int             `cbor:"5,keyasint,omitempty"`
	Protocols    []uint          `cbor:"6,keyasint,omitempty"`
	MaxCredList  int             `cbor:"7,keyasint,omitempty"`
	MaxCredID    int             `cbor:"8,keyasint,omitempty"`
	Transports   []string        `cbor:"9,keyasint,omitempty"`
	Algorithms   []algorithm     `cbor:"10,keyasint,omitempty"`
	LargeBlob    int             `cbor:"11,keyasint,omitempty"`
	ForcePIN     *bool           `cbor:"12,keyasint,omitempty"`
	MinPIN       int             `cbor:"13,keyasint,omitempty"`
	Firmware     uint64          `cbor:"14,keyasint,omitempty"`
	MaxBlob      int             `cbor:"15,keyasint,omitempty"`
	MaxMinPINs   int             `cbor:"16,keyasint,omitempty"`
	UVPreferred  int             `cbor:"17,keyasint,omitempty"`
	UVModality   uint            `cbor:"18,keyasint,omitempty"`
	RemainingRKs *int            `cbor:"20,keyasint,omitempty"`
	Formats      []string        `cbor:"22,keyasint,omitempty"`

	// Since CTAP 2.2.
	UVCount      *uint    `cbor:"23,keyasint,omitempty"`
	LongTouch    *bool    `cbor:"24,keyasint,omitempty"`
	Identifier   []byte   `cbor:"25,keyasint,omitempty"` // encIdentifier
	ForReset     []string `cbor:"26,keyasint,omitempty"` // transportsForReset
	PINPolicy    *bool    `cbor:"27,keyasint,omitempty"`
	PINPolicyURL []byte   `cbor:"28,keyasint,omitempty"`
	MaxPIN       int      `cbor:"29,keyasint,omitempty"`
	StoreState   []byte   `cbor:"30,keyasint,omitempty"` // encCredStoreState, CTAP 2.3
	Config       []uint   `cbor:"31,keyasint,omitempty"` // authenticatorConfigCommands, CTAP 2.3
}

// algorithm is a PublicKeyCredentialParameters.
type algorithm struct {
	Alg  int    `cbor:"alg"`
	Type string `cbor:"type"`
}

// getInfo is authenticatorGetInfo. A bare FIDO_2_0 key leaves out what CTAP 2.1 added.
func (k *Key) getInfo() (info, error) {
	p := k.o.Profile
	i := info{
		Versions: k.versions(), Extensions: p.Extensions, AAGUID: p.AAGUID[:], Options: k.options(), MaxMsg: p.MaxMsg,
		Protocols: p.Protocols, MaxCredList: p.MaxCredList, MaxCredID: p.MaxCredID, Transports: p.Transports,
		Firmware: p.Firmware,
	}
	if !p.PinUvAuthToken {
		return i, nil
	}
	for _, a := range p.Algorithms {
		i.Algorithms = append(i.Algorithms, algorithm{a, publicKeyType})
	}
	if p.has("credBlob") {
		i.MaxBlob = p.MaxBlob
	}
	i.LargeBlob, i.UVPreferred, i.UVModality = p.LargeBlob, p.UVPreferred, p.UVModality
	force := k.st.ForcePIN
	i.ForcePIN, i.MinPIN = &force, k.st.MinPIN
	if p.Config {
		i.MaxMinPINs = p.MaxMinPINs
	}
	for _, f := range p.AttestationFormats {
		if f != formatNone { // every key that tells formats can do without one
			i.Formats = append(i.Formats, f)
		}
	}
	free := k.room()
	i.RemainingRKs = &free
	return i, k.addInfo22(&i)
}

// versions leaves U2F out where it cannot be used: with alwaysUv on a key that has nothing but a PIN (section 7.2.4).
func (k *Key) versions() []string {
	p := k.o.Profile
	if !k.st.AlwaysUV || p.hasSensor() {
		return p.Versions
	}
	return slices.DeleteFunc(slices.Clone(p.Versions), func(v string) bool { return v == versionU2F })
}

// addInfo22 adds what CTAP 2.2 and 2.3 did.
func (k *Key) addInfo22(i *info) (err error) {
	p := k.o.Profile
	if p.CanLongTouch {
		long := k.st.LongTouch
		i.LongTouch = &long
	}
	if p.CanPINPolicy {
		policy := k.st.PINPolicy
		i.PINPolicy, i.PINPolicyURL = &policy, []byte(p.PINPolicyURL)
	}
	if !p.Tells22 {
		return nil
	}
	if p.hasSensor() {
		count := k.st.UVCount
		i.UVCount = &count
	}
	i.ForReset, i.MaxPIN, i.Config = p.Transports, maxPIN, p.configCommands()
	if !p.PersistentRO {
		return nil
	}
	if i.Identifier, err = k.forLister("encIdentifier", k.identifier); err != nil {
		return err
	}
	i.StoreState, err = k.forLister("encCredStoreState", k.storeState)
	return err
}

// forLister encrypts sixteen bytes for whoever has the persistent token: iv ‖ AES-128-CBC, under a key that HKDF makes
// of the token (CTAP 2.2 section 6.4). The iv is new each time, so that nobody else can tell the key again by it.
func (k *Key) forLister(name string, value func() ([]byte, error)) ([]byte, error) {
	v, err := value()
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, k.st.ListToken, make([]byte, 32), name, 16)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 2*aes.BlockSize)
	iv := b[:aes.BlockSize]
	if _, err := io.ReadFull(k.o.Rand, iv); err != nil {
		return nil, err
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(b[aes.BlockSize:], v)
	return b, nil
}

// identifier tells this key from all others. It comes of the seed: a reset makes another key of it.
func (k *Key) identifier() ([]byte, error) { return k.derive("identifier", nil, aes.BlockSize) }

// storeState differs whenever a listing of the credentials would. It is made of what is listed, so that it needs no
// place of its own in the state and no write can forget it.
func (k *Key) storeState() ([]byte, error) {
	key, err := k.derive("store state", nil, 32)
	if err != nil {
		return nil, err
	}
	h := hmac.New(sha256.New, key)
	for _, c := range k.discoverable() {
		b, err := encoder.Marshal([]any{c.ID, c.RPID, c.RPName, c.UserID, c.UserName, c.DisplayName})
		if err != nil {
			return nil, err
		}
		h.Write(b)
	}
	return h.Sum(nil)[:aes.BlockSize], nil
}

// options is the options map: absent = cannot, false = not set up, true = set up or supported.
func (k *Key) options() map[string]bool {
	p := k.o.Profile
	o := map[string]bool{"plat": false, "rk": true, "up": true}
	if len(p.Protocols) > 0 {
		o["clientPin"] = k.st.PIN != nil
	}
	if p.hasSensor() {
		enrolled := len(k.st.Fingers) > 0
		o["uv"], o["bioEnroll"] = enrolled, enrolled
		if p.BioPreview {
			o["userVerificationMgmtPreview"] = enrolled
		}
		if p.UVBioEnroll {
			o["uvBioEnroll"] = true
		}
	}
	if p.PinUvAuthToken {
		o["pinUvAuthToken"] = true
		o["noMcGaPermissionsWithClientPin"] = false
	}
	if p.LargeBlob > 0 {
		o["largeBlobs"] = true
	}
	if p.CanEnterprise {
		o["ep"] = k.st.Enterprise
	}
	if p.Config {
		o["authnrCfg"], o["setMinPINLength"] = true, true
		if p.UVConfig && p.hasSensor() {
			o["uvAcfg"] = true
		}
	}
	if p.CredMgmt {
		o["credMgmt"] = true
	}
	if p.PersistentRO {
		o["perCredMgmtRO"] = true
	}
	if p.CredMgmtPreview {
		o["credentialMgmtPreview"] = true
	}
	if p.CanMakeUVNotRqd {
		o["makeCredUvNotRqd"] = !k.st.AlwaysUV // section 7.2.3: never both
	}
	if p.CanAlwaysUV {
		o["alwaysUv"] = k.st.AlwaysUV
	}
	return o
}

// protected reports whether some form of user verification is set up (section 6.1.2).
func (k *Key) protected() bool { return k.st.PIN != nil || len(k.st.Fingers) > 0 }
