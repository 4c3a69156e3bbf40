package fido

import "fmt"

const (
	enrolOp    = "enrol the finger"
	sampleTime = 20000 // milliseconds that the key waits for one touch before it reports SampleNoActivity
	nameSize   = 64    // bytes of a fingerprint's name where the key does not tell (CTAP 2.1 section 6.7.1)

	// An enrolment that does not get on is ended: nobody there, or a finger or sensor that will not do.
	maxIdle    = 5  // waits in a row without a touch
	maxRefused = 25 // refused touches in a row
	maxExists  = 5  // of them with "already enrolled"
)

// touchJudge follows an enrolment touch by touch.
type touchJudge struct{ idle, refused, exists int }

// touch passes a sample on and says whether the enrolment is done, or that it ends here without success.
func (j *touchJudge) touch(s Sample, on func(Sample)) (done bool, err error) {
	if on != nil {
		on(s)
	}
	switch s.Status {
	case SampleGood:
		*j = touchJudge{}
		return s.Remaining == 0, nil
	case SampleDatabaseFull:
		return false, &Error{Op: enrolOp, Code: CodeFingersFull}
	case SampleNoActivity:
		if j.idle++; j.idle >= maxIdle {
			return false, &Error{Op: enrolOp, Code: CodeUserTimeout}
		}
		return false, nil
	case SampleExists:
		j.exists++
	}
	j.idle = 0
	if j.refused++; j.refused >= maxRefused || j.exists >= maxExists {
		return false, &Error{Op: enrolOp, Code: CodeTouchesRefused,
			Err: fmt.Errorf("%d touches in a row, the last one: %v", j.refused, s.Status)}
	}
	return false, nil
}

// shorterNames lists what to try as a name: the name, then what fits the key with the shortest names that was seen.
// An empty name is not sent at all.
func shorterNames(name string) []string {
	const short = 15 // bytes: YubiKey Bio
	var out []string
	for _, n := range []int{nameSize, short} {
		s := cutText(name, n)
		if s != "" && (len(out) == 0 || out[0] != s) {
			out = append(out, s)
		}
	}
	return out
}

// cutText cuts s to at most n bytes without splitting a character.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// sensorKind names fingerprintKind of the sensor (CTAP 2.1 section 6.7.2).
func sensorKind(n int) string {
	if n == 2 {
		return "swipe"
	}
	return "touch"
}
