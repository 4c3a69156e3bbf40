package main

import "golang.org/x/sys/windows"

// systemLanguage is the first language that the person chose for Windows, as ja-JP; empty where it does not tell.
func systemLanguage() string {
	const byName = 8 // MUI_LANGUAGE_NAME, winnls.h
	all, err := windows.GetUserPreferredUILanguages(byName)
	if err != nil || len(all) == 0 {
		return ""
	}
	return all[0]
}
