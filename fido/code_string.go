package fido

import "fmt"

// codeText says each code in one short sentence without a full stop, to stand after "key: set the PIN: ".
var codeText = map[Code]string{
	CodeInvalidCommand:   "the key does not know this function",
	CodeInvalidParameter: "the key does not take this value",
	CodeInvalidLength:    "the key does not take this length",
	CodeTimeout:          "the key waited too long for the rest of the question",
	CodeChannelBusy:      "the key is busy with another program",
	CodeUnexpectedType:   "the key did not understand the question",
	CodeInvalidCBOR:      "the key did not understand the question",
	CodeMissingParameter: "the key misses something in the question",
	CodeLimitExceeded:    "that is more than the key takes",
	CodeUnsupportedExt:   "the key does not know this extension",
	CodeFingersFull:      "the key has no room for another fingerprint",
	CodeExcluded:         "the key is already registered for this account",
	CodeAlgorithm:        "the key has none of the wanted algorithms",
	CodeDenied:           "refused, or not touched in time",
	CodeKeyFull:          "the key is full",
	CodeUnsupportedOpt:   "the key cannot do that",
	CodeInvalidOption:    "the key does not take this option",
	CodeCancelled:        "stopped",
	CodeNoCredentials:    "the key has no sign-in for this account",
	CodeUserTimeout:      "nobody touched the key in time",
	CodeNotAllowed:       "the key does not allow that now",
	CodePINInvalid:       "wrong PIN",
	CodePINBlocked:       "the PIN is locked for good; only a reset helps",
	CodeAuthInvalid:      "the key did not accept the proof of the PIN",
	CodePINPowerCycle:    "three wrong PINs in a row; unplug the key and plug it in again",
	CodePINNotSet:        "the key has no PIN yet",
	CodePUATRequired:     "the key wants its PIN or a finger first",
	CodePINPolicy:        "the key does not take this PIN",
	CodeTokenExpired:     "the PIN was entered too long ago",
	CodeTooLarge:         "the question is too long for the key",
	CodeActionTimeout:    "the key waited too long",
	CodeUPRequired:       "the key wants a touch",
	CodeUVBlocked:        "the fingerprint is locked; use the PIN",
	CodeSubcommand:       "the key does not know this function",
	CodeUVInvalid:        "the finger was not recognised",
	CodePermission:       "the key did not permit that with this PIN entry",
	CodeOther:            "the key gave no reason",

	CodeGone:           "the key is gone, or the line to it broke",
	CodeGarbled:        "the key's answer cannot be read",
	CodeInternal:       "this program asked in a way that cannot work",
	CodeUnsupported:    "that cannot be done with this key or this program",
	CodeBusy:           "another program holds the key",
	CodeNoAccess:       "no permission on the key's device file",
	CodeNotFound:       "there is no such key",
	CodeTouchesRefused: "too many touches were refused",
	CodeNotFIDO:        "nothing at this path speaks FIDO",
}

// String says the code as a short English sentence.
func (c Code) String() string {
	if t, ok := codeText[c]; ok {
		return t
	}
	if c < 0 {
		return fmt.Sprintf("unknown error %d", int(c))
	}
	return fmt.Sprintf("the key answered with status 0x%02X", int(c))
}

var sampleText = map[SampleStatus]string{
	SampleGood:         "good",
	SampleTooHigh:      "too high: move the finger down",
	SampleTooLow:       "too low: move the finger up",
	SampleTooLeft:      "too far left: move the finger right",
	SampleTooRight:     "too far right: move the finger left",
	SampleTooFast:      "too fast: leave the finger a little longer",
	SampleTooSlow:      "too slow: lift the finger sooner",
	SamplePoorQuality:  "poor print: wipe the finger and the sensor",
	SampleTooSkewed:    "crooked: straighten the finger",
	SampleTooShort:     "too little: cover more of the sensor",
	SampleMergeFailure: "the prints do not fit together: the same finger?",
	SampleExists:       "this finger is already enrolled",
	SampleDatabaseFull: "no room for another fingerprint",
	SampleNoActivity:   "nobody touched the sensor",
	SampleNoLift:       "lift the finger and touch again",
}

// String says the verdict and what to do about it.
func (s SampleStatus) String() string {
	if t, ok := sampleText[s]; ok {
		return t
	}
	return fmt.Sprintf("not accepted (status 0x%02X)", byte(s))
}
