package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

// servedKeys lists the software keys that this user serves now. Files of programs that are gone are removed.
func (a *app) servedKeys() ([]listedKey, error) {
	dir, err := a.stateDir()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "softkey", servingPattern))
	if err != nil {
		return nil, err
	}
	var keys []listedKey
	for _, f := range files {
		unlock, err := state.Lock(lockOf(f))
		if err == nil {
			forgetServing(f, unlock)
			continue
		}
		if !errors.Is(err, state.ErrInUse) {
			return nil, err
		}
		var s serving
		b, err := os.ReadFile(f)
		if err == nil {
			err = json.Unmarshal(b, &s)
		}
		if err != nil || s.Path == "" {
			continue // it is only just beginning, or ending
		}
		keys = append(keys, listedKey{Device: fido.Device{Path: s.Path, Manufacturer: "keyrollout", Product: s.Model, Software: true},
			Model: s.Model, AAGUID: s.AAGUID})
	}
	return keys, nil
}
