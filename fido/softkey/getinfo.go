package softkey

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
}

// algorithm is a PublicKeyCredentialParameters.
type algorithm struct {
	Alg  int    `cbor:"alg"`
	Type string `cbor:"type"`
}

// getInfo is authenticatorGetInfo. A bare FIDO_2_0 key leaves out what CTAP 2.1 added.
func (k *Key) getInfo() info {
	p := k.o.Profile
	i := info{
		Versions: p.Versions, Extensions: p.Extensions, AAGUID: p.AAGUID[:], Options: k.options(), MaxMsg: p.MaxMsg,
		Protocols: p.Protocols, MaxCredList: p.MaxCredList, MaxCredID: p.MaxCredID, Transports: p.Transports,
		Firmware: p.Firmware,
	}
	if !p.PinUvAuthToken {
		return i
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
	i.Formats = p.AttestationFormats
	free := k.room()
	i.RemainingRKs = &free
	return i
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
