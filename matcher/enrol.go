package matcher

import "errors"

// Touch is what came of one touch of the sensor.
type Touch struct {
	Verdict  Verdict
	Quality  Quality
	Template *Template // nil unless the picture was good enough to be used
}

// Enrolment builds one Finger from several touches. It refuses touches that would make a bad finger; refused touches do
// not count, and their verdict says what to do better.
type Enrolment struct {
	samples  int
	enrolled []*Finger
	views    []*Template
}

// NewEnrolment starts the enrolment of a finger from so many good touches (1 to 32). A touch of one of the enrolled
// fingers is answered with Exists.
func NewEnrolment(samples int, enrolled ...*Finger) *Enrolment {
	return &Enrolment{samples: max(1, min(maxViews, samples)), enrolled: enrolled}
}

// Remaining is the number of good touches still needed.
func (e *Enrolment) Remaining() int { return e.samples - len(e.views) }

// Finger is the finished finger; before Remaining is 0 it is an error.
func (e *Enrolment) Finger() (*Finger, error) {
	if e.Remaining() > 0 {
		return nil, errors.New("matcher: the enrolment is not finished")
	}
	return &Finger{views: append([]*Template(nil), e.views...)}, nil
}

const (
	usableClarity = 0.45 // below it, ridges are guesses
	usableArea    = 10   // mm2 of ridges a touch must show
	mergeScore    = 10   // a touch this like one of the others belongs to the same finger
	mergeAfter    = 2    // touches after which a new one has to fit one of them
	skewLimit     = 40   // degrees
)

// assess judges a picture on its own.
func assess(img Image) Touch {
	if len(img.Pix) == 0 {
		return Touch{Verdict: NoContact}
	}
	a, err := analyse(img)
	var r *Refusal
	if errors.As(err, &r) {
		return Touch{Verdict: r.Verdict}
	}
	t := Touch{Quality: a.quality}
	if highContrast(a.contrast) < 4*grayUnit {
		t.Verdict = NoContact
		return t
	}
	switch q := a.quality; {
	case q.Area < 1:
		t.Verdict = PoorQuality
	case q.Clarity < usableClarity:
		t.Verdict = PoorQuality
	case q.Area < usableArea:
		t.Verdict = TooShort
	default:
		tpl, err := a.template()
		if errors.As(err, &r) {
			t.Verdict = r.Verdict
			return t
		}
		t.Verdict, t.Template = Good, tpl
	}
	return t
}

// Add takes one touch. An empty or blank picture is NoContact.
func (e *Enrolment) Add(img Image) Touch {
	t := assess(img)
	if t.Verdict != Good || e.Remaining() == 0 {
		return t
	}
	for _, f := range e.enrolled {
		if f.Match(t.Template) >= Threshold {
			return Touch{Verdict: Exists, Quality: t.Quality}
		}
	}
	if v := e.fits(t.Template); v != Good {
		return Touch{Verdict: v, Quality: t.Quality}
	}
	e.views = append(e.views, t.Template)
	return t
}

// fits compares a touch with those before.
func (e *Enrolment) fits(t *Template) Verdict {
	best, skewed := 0.0, 0
	for _, v := range e.views {
		ev := compare(v, t)
		s := ev.worth
		best = max(best, s)
		if s >= mergeScore {
			if turn := abs(int((ev.turn+256)&511) - 256); turn*360 > skewLimit*512 {
				skewed++
			} else {
				skewed--
			}
		}
	}
	switch {
	case len(e.views) >= mergeAfter && best < mergeScore:
		return MergeFailure
	case skewed > 0:
		return TooSkewed
	}
	return Good
}
