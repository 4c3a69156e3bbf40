//go:build !linux && !windows

package fido

// AccessTo says why a key cannot be opened by this user: nothing is known to stand between them here.
func AccessTo(path string) Access { return Access{Path: path} }
