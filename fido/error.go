package fido

import (
	"errors"
	"fmt"
)

// Code is a CTAP status byte (CTAP 2.1 section 8.2), or one of libfido2's own numbers when negative.
type Code int

const (
	CodeInvalidCommand   Code = 0x01
	CodeInvalidParameter Code = 0x02
	CodeInvalidLength    Code = 0x03
	CodeTimeout          Code = 0x05
	CodeChannelBusy      Code = 0x06
	CodeUnexpectedType   Code = 0x11
	CodeInvalidCBOR      Code = 0x12
	CodeMissingParameter Code = 0x14
	CodeLimitExceeded    Code = 0x15
	CodeUnsupportedExt   Code = 0x16
	CodeFingersFull      Code = 0x17
	CodeExcluded         Code = 0x19
	CodeAlgorithm        Code = 0x26
	CodeDenied           Code = 0x27
	CodeKeyFull          Code = 0x28
	CodeUnsupportedOpt   Code = 0x2B
	CodeInvalidOption    Code = 0x2C
	CodeCancelled        Code = 0x2D
	CodeNoCredentials    Code = 0x2E
	CodeUserTimeout      Code = 0x2F
	CodeNotAllowed       Code = 0x30
	CodePINInvalid       Code = 0x31
	CodePINBlocked       Code = 0x32
	CodeAuthInvalid      Code = 0x33
	CodePINPowerCycle    Code = 0x34 // PIN_AUTH_BLOCKED: three wrong in a row, unplug first
	CodePINNotSet        Code = 0x35
	CodePUATRequired     Code = 0x36
	CodePINPolicy        Code = 0x37
	CodeTokenExpired     Code = 0x38
	CodeTooLarge         Code = 0x39
	CodeActionTimeout    Code = 0x3A
	CodeUPRequired       Code = 0x3B
	CodeUVBlocked        Code = 0x3C
	CodeSubcommand       Code = 0x3E
	CodeUVInvalid        Code = 0x3F
	CodePermission       Code = 0x40
	CodeOther            Code = 0x7F

	CodeGone        Code = -1   // the line to the key broke: libfido2 TX, RX
	CodeGarbled     Code = -3   // the key's answer cannot be read: libfido2 RX_NOT_CBOR, RX_INVALID_CBOR
	CodeInternal    Code = -9   // libfido2 itself, or what it was asked for
	CodeUnsupported Code = -100 // this build, or this key, cannot do that
	CodeBusy        Code = -101 // another program holds the key
	CodeNoAccess    Code = -102 // no permission on the device file
	CodeNotFound    Code = -103 // no such key

	CodeTouchesRefused Code = -104 // an enrolment ended because touch after touch was refused
	CodeNotFIDO        Code = -105 // a device, but nothing behind it speaks FIDO
)

// Error is a key's refusal, or the loss of the key.
type Error struct {
	Op   string // what was being done, e.g. "set PIN"
	Code Code
	Err  error // the cause, where there is one
	// Unsure: the key was to change something, and no answer that can be read says whether it did.
	Unsure bool
}

// ErrSilent is the cause of CodeActionTimeout where the key gave no answer, instead of this one.
var ErrSilent = errors.New("no answer in time")

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("key: %s: %v: %v", e.Op, e.Code, e.Err)
	}
	return fmt.Sprintf("key: %s: %v", e.Op, e.Code)
}

func (e *Error) Unwrap() error { return e.Err }

// UnreadError is a listing that is not whole: at these sites the key holds credentials that could not be read. Either its
// answer cannot be read, or it cut the site's name (CTAP 2.1 section 6.8.7) and finds nothing under what it shows of it.
type UnreadError struct{ RPIDs []string }

func (e *UnreadError) Error() string {
	return fmt.Sprintf("key: list the credentials: those at %q could not be read", e.RPIDs)
}

// HeldBy is the cause of CodeBusy where the program that holds the key is known.
type HeldBy struct {
	Program string // as the system calls the process; its own choice
	PID     int
}

func (h *HeldBy) Error() string { return fmt.Sprintf("%s, process %d", h.Program, h.PID) }

// is reports whether err is the key's refusal with that code.
func is(err error, c Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == c
}

// none takes "no credentials" for an empty list.
func none(err error) error {
	if is(err, CodeNoCredentials) {
		return nil
	}
	return err
}
