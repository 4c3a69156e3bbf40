package main

import (
	"context"
	"encoding/base64"
	"strconv"

	"keyrollout/steps"
)

// settings is what  key config show  tells.
type settings struct {
	Can      bool // the key has settings at all: option authnrCfg
	MinPIN   int
	ForcePIN bool
	AlwaysUV *bool // nil: the key does not know it
}

func showSettings(ctx context.Context, w *steps.World) (any, []steps.Text, error) {
	i, err := steps.Settings(ctx, w)
	if err != nil {
		return nil, nil, err
	}
	s := settings{Can: i.Options["authnrCfg"], MinPIN: i.MinPIN, ForcePIN: i.ForcePIN}
	lines := []steps.Text{steps.T("shortest PIN: %d characters", i.MinPIN)}
	if i.ForcePIN {
		lines = append(lines, steps.T("new PIN: demanded before anything else"))
	} else {
		lines = append(lines, steps.T("new PIN: not demanded"))
	}
	if on, known := i.Option("alwaysUv"); known {
		s.AlwaysUV = &on
		lines = append(lines, steps.T("always verify: %s", steps.AlwaysUVWords(on)))
	}
	if !s.Can {
		lines = append(lines, steps.T("This key lets none of it be changed (no authenticatorConfig)."))
	}
	return s, lines, nil
}

func setMinPIN(ctx context.Context, w *steps.World, args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return usageError{steps.T("%q is no number of characters", args[0])}
	}
	return steps.SetMinPIN(ctx, w, n)
}

func setAlwaysUV(ctx context.Context, w *steps.World, args []string) error {
	switch args[0] {
	case "on", "off":
		return steps.SetAlwaysUV(ctx, w, args[0] == "on")
	}
	return usageError{steps.T("always-uv is on or off, not %q", args[0])}
}

func renameResident(ctx context.Context, w *steps.World, args []string) error {
	id, err := credentialID(args[0])
	if err != nil {
		return err
	}
	return steps.RenameResident(ctx, w, id, args[1])
}

// credentialID reads an id as  key credentials list  prints it.
func credentialID(s string) ([]byte, error) {
	id, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, usageError{steps.T("%q is no id as  keyrollout key credentials list  prints them", s)}
	}
	return id, nil
}

// room is what  key credentials room  tells.
type room struct{ Used, Free int }

func showRoom(ctx context.Context, w *steps.World) (any, []steps.Text, error) {
	used, free, err := steps.Room(ctx, w)
	return room{used, free}, []steps.Text{steps.RoomText(used, free)}, err
}
