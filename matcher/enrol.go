package matcher

import "errors"

// Touch is what came of one touch of the sensor.
type Touch struct {
	Verdict  Verdict
	Quality  Quality
	Template *Template // nil unless the picture was good enough to be used

	side Verdict // the side the print lies to, or Good
	why  string  // more about a refusal
}

// Enrolment builds one Finger from several touches. It refuses touches that would make a bad finger; refused touches do
// not count, and their verdict says what to do better.
type Enrolment struct {
	samples  int
	enrolled []*Finger
	views    []*Template
	stray    *Template // the last touch that fitted none
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
	usableUntold  = 0.52 // the same where the ridges do not agree on a period
	usableArea    = 18   // mm2 of ridges a touch must show
	mergeScore    = 10   // a touch this like one of the others belongs to the same finger
	skewLimit     = 40   // degrees
)

// Assess judges a picture on its own: is it good enough to enrol or to verify with? Where the print lies does not matter
// to it.
func Assess(img Image) Touch {
	a, err := analyse(img)
	var r *Refusal
	if errors.As(err, &r) {
		return Touch{Verdict: r.Verdict, why: r.Why}
	}
	t := Touch{Quality: a.quality}
	q := a.quality
	unclear := q.Area < 1 || q.Clarity < usableClarity || !a.told && q.Clarity < usableUntold
	switch contrast := high(a.contrast); {
	case contrast < grayUnit, unclear && contrast < 4*grayUnit: // a faint print may be a good one
		t.Verdict, t.why = NoContact, "the image is blank"
	case q.Area < 1:
		t.Verdict, t.why = PoorQuality, "no ridges can be seen"
	case unclear:
		t.Verdict, t.why = PoorQuality, "the ridges are not clear"
	case q.Area < usableArea:
		t.Verdict, t.why = TooShort, "too little of the finger can be seen"
	default:
		tpl, err := a.template()
		if errors.As(err, &r) {
			t.Verdict, t.why = r.Verdict, r.Why
			return t
		}
		t.Verdict, t.Template = Good, tpl
		t.side = a.side()
	}
	return t
}

// side tells whether the print lies so far to one side that it leaves the picture there and the opposite side is empty.
// The words are those of the picture: what the person's left is, the sensor's driver must know.
func (a *analysis) side() Verdict {
	if a.quality.Coverage > 0.68 {
		return Good
	}
	m := a.print
	share := func(x0, x1, y0, y1 int) int { // per cent of the strip that shows ridges
		n := 0
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				if m.on[y*m.w+x] {
					n++
				}
			}
		}
		return n * 100 / max(1, (x1-x0)*(y1-y0))
	}
	qx, qy := max(1, m.w/6), max(1, m.h/6)
	left, right := share(0, qx, 0, m.h), share(m.w-qx, m.w, 0, m.h)
	top, bottom := share(0, m.w, 0, qy), share(0, m.w, m.h-qy, m.h)
	const empty, full = 12, 40
	switch {
	case left < empty && right > full && right-left >= abs(top-bottom):
		return TooRight
	case right < empty && left > full && left-right >= abs(top-bottom):
		return TooLeft
	case top < empty && bottom > full:
		return TooLow
	case bottom < empty && top > full:
		return TooHigh
	}
	return Good
}

// Add takes one touch. An empty or blank picture is NoContact.
func (e *Enrolment) Add(img Image) Touch {
	t := Assess(img)
	if t.Verdict != Good || e.Remaining() == 0 {
		return t
	}
	if t.side != Good {
		return Touch{Verdict: t.side, Quality: t.Quality}
	}
	for _, f := range e.enrolled {
		if f.Match(t.Template) >= Threshold {
			return Touch{Verdict: Exists, Quality: t.Quality}
		}
	}
	if v := e.fits(t.Template); v == MergeFailure && e.firstWasStray(t.Template) {
		e.views = []*Template{e.stray, t.Template}
		return t
	} else if v != Good {
		if v == MergeFailure {
			e.stray = t.Template
		}
		return Touch{Verdict: v, Quality: t.Quality}
	}
	e.views = append(e.views, t.Template)
	return t
}

// firstWasStray: two touches fit each other and not the first one, which then was the odd one out. One finger is
// enrolled in the end, never two.
func (e *Enrolment) firstWasStray(t *Template) bool {
	return len(e.views) == 1 && e.stray != nil && compare(e.stray, t).worth >= mergeScore
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
	case len(e.views) > 0 && best < mergeScore:
		return MergeFailure
	case skewed > 0:
		return TooSkewed
	}
	return Good
}
