package softkey

import "slices"

// Profiles by the names that a command line gives them.
var profiles = []struct {
	name string
	make func() Profile
}{
	{"atkey-pro-2.1", ATKeyPro21},
	{"yubikey-5", YubiKey5},
	{"yubikey-bio", YubiKeyBio},
	{"bare-2.0", Bare20},
	{"complete", Complete},
}

// ProfileNames lists the names that ProfileNamed knows.
func ProfileNames() (names []string) {
	for _, p := range profiles {
		names = append(names, p.name)
	}
	return names
}

// ProfileNamed gives the profile of a name.
func ProfileNamed(name string) (Profile, bool) {
	i := slices.Index(ProfileNames(), name)
	if i < 0 {
		return Profile{}, false
	}
	return profiles[i].make(), true
}

// ATKeyPro21 behaves as an ATKey.Pro CTAP2.1 does when it leaves the factory, after its metadata statement. Its AAGUID
// is the software key's own.
func ATKeyPro21() Profile {
	return Profile{
		Name:       "ATKey.Pro CTAP2.1",
		AAGUID:     ownAAGUID,
		Versions:   []string{"U2F_V2", "FIDO_2_0", "FIDO_2_1", "FIDO_2_1_PRE"},
		Extensions: []string{"credBlob", "credProtect", "hmac-secret", "largeBlobKey", "minPinLength"},
		Transports: []string{"usb"},
		Protocols:  []uint{1, 2},
		Algorithms: []int{algES256, algEdDSA},
		Firmware:   20001,

		PinUvAuthToken: true, CredMgmt: true, CredMgmtPreview: true, BioPreview: true, Config: true, UVBioEnroll: true,
		UVConfig: true, CanAlwaysUV: true, AlwaysUV: true, CanMakeUVNotRqd: true,

		MaxMsg: 2048, MaxCredList: 20, MaxCredID: 64, MaxResident: 100, MaxBlob: 256, LargeBlob: 1024,
		MinPIN: 4, MaxMinPINs: 10, PINTries: 8,

		Fingers: 10, Samples: 12, NameSize: 64, UVTries: 5, UVInside: 3, UVModality: 2,
	}
}

// YubiKey5 behaves as a YubiKey 5 with firmware 5.7 does, after its metadata statement: a PIN, no sensor. ES384, which
// that model has too, is left out.
func YubiKey5() Profile {
	return Profile{
		Name:       "YubiKey 5",
		AAGUID:     ownAAGUID,
		Versions:   []string{"U2F_V2", "FIDO_2_0", "FIDO_2_1_PRE", "FIDO_2_1"},
		Extensions: []string{"credProtect", "hmac-secret", "largeBlobKey", "credBlob", "minPinLength"},
		Transports: []string{"usb"},
		Protocols:  []uint{2, 1},
		Algorithms: []int{algES256, algEdDSA},
		Firmware:   329473,

		PinUvAuthToken: true, CredMgmt: true, CredMgmtPreview: true, Config: true, CanAlwaysUV: true,
		CanMakeUVNotRqd: true,

		MaxMsg: 1280, MaxCredList: 8, MaxCredID: 128, MaxResident: 100, MaxBlob: 32, LargeBlob: 4096,
		MinPIN: 4, MaxMinPINs: 1, PINTries: 8,
	}
}

// YubiKeyBio behaves as a YubiKey Bio does, after its metadata statement: five fingers, names of 15 bytes, three tries
// that the platform counts, no U2F. The number of touches per finger is not published; five is made up.
func YubiKeyBio() Profile {
	return Profile{
		Name:       "YubiKey Bio",
		AAGUID:     ownAAGUID,
		Versions:   []string{"FIDO_2_0", "FIDO_2_1_PRE", "FIDO_2_1"},
		Extensions: []string{"credProtect", "hmac-secret", "largeBlobKey", "credBlob", "minPinLength"},
		Transports: []string{"usb"},
		Protocols:  []uint{2, 1},
		Algorithms: []int{algES256, algEdDSA},
		Firmware:   328965,

		PinUvAuthToken: true, CredMgmt: true, CredMgmtPreview: true, BioPreview: true, Config: true, CanAlwaysUV: true,
		AlwaysUV: true, CanMakeUVNotRqd: true,

		MaxMsg: 1200, MaxCredList: 8, MaxCredID: 128, MaxResident: 25, MaxBlob: 32, LargeBlob: 1024,
		MinPIN: 4, MaxMinPINs: 1, PINTries: 8,

		Fingers: 5, Samples: 5, NameSize: 15, UVTries: 3, UVInside: 1, UVModality: 2, UVPreferred: 3,
	}
}

// Bare20 behaves as a plain CTAP 2.0 key does: a PIN under protocol one, resident keys, hmac-secret; nothing can be
// listed, configured or enrolled.
func Bare20() Profile {
	return Profile{
		Name:       "FIDO_2_0 key",
		AAGUID:     ownAAGUID,
		Versions:   []string{"FIDO_2_0"},
		Extensions: []string{"hmac-secret"},
		Protocols:  []uint{1},
		Algorithms: []int{algES256},
		MaxMsg:     1200, MaxResident: 25, MinPIN: 4, PINTries: 8,
	}
}

// Complete is no model: all that the software key can, with the parts of CTAP 2.2 and 2.3 that clients use.
func Complete() Profile {
	p := ATKeyPro21()
	p.Name = "everything"
	// The shorter first: CTAP sorts no lists, but there are tests that think so.
	p.Versions = []string{"U2F_V2", "FIDO_2_0", "FIDO_2_1", "FIDO_2_3", "FIDO_2_1_PRE"}
	p.Extensions = append(p.Extensions, "hmac-secret-mc", "thirdPartyPayment", "pinComplexityPolicy")
	p.Algorithms = append(p.Algorithms, algRS256)
	p.Firmware = 1
	p.AlwaysUV = false
	p.CanEnterprise, p.PersistentRO = true, true
	p.CanLongTouch, p.CanPINPolicy, p.Tells22 = true, true, true
	p.AttestationFormats = []string{formatPacked, formatNone}
	p.MaxMsg, p.MaxCredID, p.LargeBlob = maxMessage, 64, 4096
	return p
}
