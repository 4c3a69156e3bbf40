package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/internal/state"
)

// A software key at a device path says so in a file, serving-PID.json in the software key's directory, for as long as it
// holds the lock beside it. What it says is all that is listed of it: to ask the key itself would break into what its
// client is doing, for a device path carries one client at a time.
const servingPattern = "serving-*.json"

type serving struct{ Path, Model, AAGUID string }

// announceKey tells other programs of this user where the key is served, until withdraw.
func (a *app) announceKey(path string, d fido.Device) (withdraw func(), err error) {
	dir, err := a.stateDir()
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, "softkey")
	if err := state.Ensure(dir); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, strings.Replace(servingPattern, "*", fmt.Sprint(os.Getpid()), 1))
	unlock, err := state.Lock(lockOf(file))
	if err != nil {
		return nil, err
	}
	withdraw = func() { forgetServing(file, unlock) }
	b, err := json.Marshal(serving{path, d.Product, softkey.AAGUID})
	if err == nil {
		err = state.WriteFile(file, b)
	}
	if err != nil {
		withdraw()
		return nil, err
	}
	return withdraw, nil
}

func lockOf(file string) string { return strings.TrimSuffix(file, ".json") + ".lock" }

// forgetServing removes what announceKey wrote. What stays when that fails is found to be stale by its lock.
func forgetServing(file string, unlock func() error) {
	_ = os.Remove(file)
	_ = os.Remove(lockOf(file))
	_ = unlock()
}

// servedKeys lists the software keys that this user serves now, as far as that can be found out: a list of keys must not
// fail for it. Files of programs that are gone are removed.
func (a *app) servedKeys() (keys []listedKey) {
	dir, err := state.Dir(a.env, runtime.GOOS) // not made where it is missing: nobody serves there
	if err != nil {
		return nil
	}
	files, _ := filepath.Glob(filepath.Join(dir, "softkey", servingPattern))
	for _, f := range files {
		unlock, err := state.Lock(lockOf(f))
		if err == nil {
			forgetServing(f, unlock)
		}
		if !errors.Is(err, state.ErrInUse) {
			continue
		}
		var s serving
		if b, err := os.ReadFile(f); err != nil || json.Unmarshal(b, &s) != nil || s.Path == "" {
			continue // it is only just beginning, or ending
		}
		keys = append(keys, listedKey{Device: fido.Device{Path: s.Path, Manufacturer: "keyrollout", Product: s.Model, Software: true},
			Model: s.Model, AAGUID: s.AAGUID})
	}
	return keys
}
