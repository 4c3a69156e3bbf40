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

func (s *session) SetMinPIN(ctx context.Context, pin secret.Secret, points int) error {
	const op = "set the shortest PIN"
	if points < 4 || points > MaxPIN {
		return &Error{Op: op, Code: CodeInvalidParameter}
	}
	return s.configure(ctx, op, "setMinPINLength", pin, func() error { return s.d.minPIN(ctx, pin, points) })
}

func (s *session) ForcePINChange(ctx context.Context, pin secret.Secret) error {
	return s.configure(ctx, "demand a new PIN", "setMinPINLength", pin, func() error { return s.d.forcePIN(ctx, pin) })
}

func (s *session) ToggleAlwaysUV(ctx context.Context, pin secret.Secret) error {
	return s.configure(ctx, "switch always-verify", "alwaysUv", pin, func() error { return s.d.alwaysUV(ctx, pin) })
}

// configure asks something of authenticatorConfig, which option says that the key has.
func (s *session) configure(ctx context.Context, op, option string, pin secret.Secret, ask func() error) error {
	if _, known := s.info.Option(option); !known || !s.info.Options["authnrCfg"] {
		return &Error{Op: op, Code: CodeUnsupported}
	}
	if err := s.change(op, pin, ask); err != nil {
		return err
	}
	return s.reread(ctx)
}
