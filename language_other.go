//go:build !windows

package main

// systemLanguage: the environment tells it.
func systemLanguage() string { return "" }
