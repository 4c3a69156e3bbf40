//go:build cgo

package fido_test

import "keyrollout/fido"

func init() { pathOpeners["libfido2"] = fido.OpenByLibfido2 }
