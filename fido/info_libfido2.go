//go:build cgo

package fido

/*
#include <fido.h>
*/
import "C"

import (
	"context"
	"unsafe"
)

func (s *libraryDriver) info(ctx context.Context) (Info, error) {
	var i Info
	err := s.call(ctx, quickTime, func() C.int {
		ci := C.fido_cbor_info_new()
		if ci == nil {
			return C.FIDO_ERR_INTERNAL
		}
		defer C.fido_cbor_info_free(&ci)
		r := C.fido_dev_get_cbor_info(s.dev, ci)
		if r == C.FIDO_OK {
			i = readInfo(ci)
		}
		return r
	})
	if err != nil {
		return Info{}, err
	}
	if s.line != nil { // libfido2 1.12 has no function for it
		var more goInfo
		s.line.answer(&more)
		i.LongReset = more.LongReset
	}
	return i, nil
}

func readInfo(ci *C.fido_cbor_info_t) Info {
	i := Info{
		Versions:   goTexts(C.fido_cbor_info_versions_ptr(ci), C.fido_cbor_info_versions_len(ci)),
		Extensions: goTexts(C.fido_cbor_info_extensions_ptr(ci), C.fido_cbor_info_extensions_len(ci)),
		Transports: goTexts(C.fido_cbor_info_transports_ptr(ci), C.fido_cbor_info_transports_len(ci)),
		Protocols:  goBytes((*C.uchar)(C.fido_cbor_info_protocols_ptr(ci)), C.fido_cbor_info_protocols_len(ci)),
		Options:    map[string]bool{},
		Firmware:   uint64(C.fido_cbor_info_fwversion(ci)),
		MinPIN:     int(C.fido_cbor_info_minpinlen(ci)),
		ForcePIN:   bool(C.fido_cbor_info_new_pin_required(ci)),
		MaxMsg:     int(C.fido_cbor_info_maxmsgsiz(ci)),
		MaxCredIDs: int(C.fido_cbor_info_maxcredcntlst(ci)),
		MaxCredID:  int(C.fido_cbor_info_maxcredidlen(ci)),
		Residents:  int(C.fido_cbor_info_rk_remaining(ci)),

		MaxLargeBlob: int(C.fido_cbor_info_maxlargeblob(ci)),
		MaxCredBlob:  int(C.fido_cbor_info_maxcredbloblen(ci)),
		MinPINRPs:    int(C.fido_cbor_info_maxrpid_minpinlen(ci)),
		UVAttempts:   int(C.fido_cbor_info_uv_attempts(ci)),
		UVModality:   uint64(C.fido_cbor_info_uv_modality(ci)),
	}
	copy(i.AAGUID[:], goBytes(C.fido_cbor_info_aaguid_ptr(ci), C.fido_cbor_info_aaguid_len(ci)))
	names := goTexts(C.fido_cbor_info_options_name_ptr(ci), C.fido_cbor_info_options_len(ci))
	if len(names) > 0 {
		values := unsafe.Slice(C.fido_cbor_info_options_value_ptr(ci), len(names))
		for k, name := range names {
			i.Options[name] = bool(values[k])
		}
	}
	if certs := goTexts(C.fido_cbor_info_certs_name_ptr(ci), C.fido_cbor_info_certs_len(ci)); len(certs) > 0 {
		i.Certs = map[string]uint64{}
		levels := unsafe.Slice(C.fido_cbor_info_certs_value_ptr(ci), len(certs))
		for k, name := range certs {
			i.Certs[name] = uint64(levels[k])
		}
	}
	for k := range C.fido_cbor_info_algorithm_count(ci) {
		i.Algorithms = append(i.Algorithms, int(C.fido_cbor_info_algorithm_cose(ci, k)))
	}
	return i
}
