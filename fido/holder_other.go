//go:build unix && !linux

package fido

import "os"

func holder(*os.File) *HeldBy { return nil }
