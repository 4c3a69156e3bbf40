package softkey

import (
	"errors"
	"fmt"
)

// status is a CTAP status byte (CTAP 2.1 section 8.2). As an error it is the refusal of a command.
type status byte

const (
	statusOK                  status = 0x00
	errInvalidCommand         status = 0x01
	errInvalidParameter       status = 0x02
	errInvalidLength          status = 0x03
	errUnexpectedType         status = 0x11
	errInvalidCBOR            status = 0x12
	errMissingParameter       status = 0x14
	errLimitExceeded          status = 0x15
	errFPDatabaseFull         status = 0x17
	errLargeBlobStorageFull   status = 0x18
	errCredentialExcluded     status = 0x19
	errUnsupportedAlgorithm   status = 0x26
	errOperationDenied        status = 0x27
	errKeyStoreFull           status = 0x28
	errUnsupportedOption      status = 0x2B
	errInvalidOption          status = 0x2C
	errKeepaliveCancel        status = 0x2D
	errNoCredentials          status = 0x2E
	errUserActionTimeout      status = 0x2F
	errNotAllowed             status = 0x30
	errPINInvalid             status = 0x31
	errPINBlocked             status = 0x32
	errPINAuthInvalid         status = 0x33
	errPINAuthBlocked         status = 0x34
	errPINNotSet              status = 0x35
	errPUATRequired           status = 0x36
	errPINPolicyViolation     status = 0x37
	errRequestTooLarge        status = 0x39
	errUVBlocked              status = 0x3C
	errIntegrityFailure       status = 0x3D
	errInvalidSubcommand      status = 0x3E
	errUVInvalid              status = 0x3F
	errUnauthorizedPermission status = 0x40
	errOther                  status = 0x7F
)

func (s status) Error() string { return fmt.Sprintf("softkey: CTAP status %#02x", byte(s)) }

// statusOf is what goes over the line for an error: the status it carries, else CTAP1_ERR_OTHER.
func statusOf(err error) status {
	if err == nil {
		return statusOK
	}
	var s status
	if errors.As(err, &s) {
		return s
	}
	return errOther
}
