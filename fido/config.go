package fido

import (
	"context"

	"keyrollout/internal/secret"
)

// Configurer is what a Session of this package can do beyond Session: settings of keys that have option authnrCfg
// (authenticatorConfig, CTAP 2.1 section 6.11), and the less common part of credential management. Every Session of this package is one.
type Configurer interface {
	// SetMinPIN raises the shortest PIN, in code points; it cannot be lowered again but by a reset. A key with a PIN
	// that may now be too short wants a new one.
	SetMinPIN(ctx context.Context, pin secret.Secret, points int) error
	// ForcePINChange makes the key refuse everything but a change of the PIN until it has been changed: for handing
	// over a key with a temporary PIN. Info.ForcePIN tells.
	ForcePINChange(ctx context.Context, pin secret.Secret) error
	// ToggleAlwaysUV turns option alwaysUv over. Keys may refuse to turn it off.
	ToggleAlwaysUV(ctx context.Context, pin secret.Secret) error
	// Room asks how many resident credentials the key holds and how many more it has room for.
	Room(ctx context.Context, pin secret.Secret) (used, free int, err error)
	// UpdateUser writes r.UserName and r.DisplayName into the resident credential r.ID; r.UserID must be its own.
	UpdateUser(ctx context.Context, pin secret.Secret, r Resident) error
}

// canConfigure reports what of authenticatorConfig is missing.
func (i Info) canConfigure(op, option string) error {
	if !i.Options["authnrCfg"] {
		return &Error{Op: op, Code: CodeUnsupported}
	}
	if _, known := i.Option(option); !known {
		return &Error{Op: op, Code: CodeUnsupported}
	}
	return nil
}

const (
	minPINOp   = "set the shortest PIN"
	forcePINOp = "demand a new PIN"
	alwaysUVOp = "switch always-verify"
	updateOp   = "rename the account"
	roomOp     = "ask for the room left"
)
