package matcher

// Verdict is what can be said of one touch of the sensor. The numbers are those of CTAP 2.1's lastEnrollSampleStatus
// (section 6.7.5 of the specification), so that a software key can pass them on; nothing else here knows CTAP.
type Verdict int

// The verdicts, in CTAP's order. TooFast, TooSlow and NoLift are about the capture, not about the picture: a matcher
// that sees only finished images never says them, the sensor's driver does.
const (
	Good         Verdict = iota // clear, and (while enrolling) of the finger that is enrolled
	TooHigh                     // the finger lies too high: the print leaves the picture at the top, the bottom is empty
	TooLow                      // the same at the bottom
	TooLeft                     // the same at the left
	TooRight                    // the same at the right
	TooFast                     // lifted before the image settled
	TooSlow                     // sweep sensors only
	PoorQuality                 // ridges not clear: dry, wet, dirty, smeared
	TooSkewed                   // turned too far against the touches before
	TooShort                    // too little of the finger on the sensor
	MergeFailure                // clear, but fits none of the touches before
	Exists                      // the finger is enrolled already
	DatabaseFull                // no room for another finger
	NoContact                   // nothing touched the sensor
	NoLift                      // the finger was not lifted in between
)

var verdictNames = [...]string{
	"good", "too high", "too low", "too far left", "too far right", "too fast", "too slow", "poor quality",
	"too skewed", "too short", "does not fit the other touches", "already enrolled", "no room for another finger",
	"no finger on the sensor", "finger not lifted",
}

// String says the verdict in a few lower-case words.
func (v Verdict) String() string {
	if v < 0 || int(v) >= len(verdictNames) {
		return "unknown verdict"
	}
	return verdictNames[v]
}
