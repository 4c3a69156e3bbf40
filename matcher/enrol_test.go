package matcher_test

import (
	"testing"

	"keyrollout/matcher"
	"keyrollout/matcher/synth"
)

// enrol lets a practice finger touch until the enrolment is done.
func enrol(t *testing.T, f *synth.Finger) (*matcher.Finger, int) {
	t.Helper()
	e := matcher.NewEnrolment(12)
	n := 0
	for ; e.Remaining() > 0; n++ {
		if n == 40 {
			t.Fatalf("still %d touches to go after %d", e.Remaining(), n)
		}
		e.Add(f.Touch(n))
	}
	finger, err := e.Finger()
	if err != nil {
		t.Fatal(err)
	}
	return finger, n
}

// Practice fingers enrol without trouble, open for themselves and for nobody else.
func TestPracticeFingers(t *testing.T) {
	const people = 6
	var fingers []*matcher.Finger
	touches := 0
	for s := range people {
		f, n := enrol(t, synth.New(uint64(s)))
		fingers, touches = append(fingers, f), touches+n
	}
	if touches > people*12+2 {
		t.Errorf("%d touches to enrol %d fingers of 12", touches, people)
	}
	wrong, refused := 0, 0
	for s := range people {
		p := synth.New(uint64(s))
		for n := 100; n < 110; n++ {
			switch i, _, err := matcher.Verify(p.Touch(n), fingers...); {
			case err != nil || i < 0:
				refused++
			case i != s:
				wrong++
			}
		}
	}
	if wrong > 0 || refused > 1 {
		t.Errorf("of %d touches %d opened for another finger, %d did not open", people*10, wrong, refused)
	}
	stranger := synth.New(99)
	for n := range 20 {
		if i, s, err := matcher.Verify(stranger.Touch(n), fingers...); i >= 0 {
			t.Errorf("a stranger's touch %d was taken for finger %d (score %.1f, %v)", n, i, s, err)
		}
	}
}

// Every way to press badly gets the verdict whose advice helps.
func TestVerdicts(t *testing.T) {
	f, other := synth.New(3), synth.New(4)
	enrolled, _ := enrol(t, other)
	cases := []struct {
		name  string
		press synth.Press
		want  matcher.Verdict
	}{
		{"good", synth.Press{}, matcher.Good},
		{"a little turned", synth.Press{Rotation: 20}, matcher.Good},
		{"dry", synth.Press{Moisture: -1}, matcher.PoorQuality},
		{"wet", synth.Press{Moisture: 1}, matcher.PoorQuality},
		{"smeared", synth.Press{Smear: 1}, matcher.PoorQuality},
		{"too far right", synth.Press{DX: 110}, matcher.TooRight},
		{"too far left", synth.Press{DX: -110}, matcher.TooLeft},
		{"too high", synth.Press{DY: -140}, matcher.TooHigh},
		{"too low", synth.Press{DY: 140}, matcher.TooLow},
		{"turned", synth.Press{Rotation: 60}, matcher.TooSkewed},
		{"tip only", synth.Press{Contact: 0.2}, matcher.TooShort},
	}
	for _, c := range cases {
		e := matcher.NewEnrolment(12, enrolled)
		for n := range 4 {
			e.Add(f.Touch(n))
		}
		left := e.Remaining()
		got := e.Add(f.Press(c.press, 50))
		if got.Verdict != c.want {
			t.Errorf("%s: %v, want %v (%+v)", c.name, got.Verdict, c.want, got.Quality)
		}
		if counted := e.Remaining() != left; counted != (got.Verdict == matcher.Good) {
			t.Errorf("%s: %v, and counted: %v", c.name, got.Verdict, counted)
		}
	}
	e := matcher.NewEnrolment(12, enrolled)
	if v := e.Add(other.Touch(70)).Verdict; v != matcher.Exists {
		t.Errorf("an enrolled finger: %v", v)
	}
	for n := range 4 {
		e.Add(f.Touch(n))
	}
	if v := e.Add(synth.New(5).Touch(0)).Verdict; v != matcher.MergeFailure {
		t.Errorf("another finger in between: %v", v)
	}
	if _, err := e.Finger(); err == nil {
		t.Error("an unfinished enrolment gave a finger")
	}
}

func TestFingerStored(t *testing.T) {
	p := synth.New(11)
	f, _ := enrol(t, p)
	raw, err := f.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var g matcher.Finger
	if err := g.UnmarshalBinary(raw); err != nil {
		t.Fatal(err)
	}
	touch, err := matcher.Extract(p.Touch(50))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := f.Match(touch), g.Match(touch); a != b || a < matcher.Threshold {
		t.Errorf("match %v, after storing %v", a, b)
	}
	for n := 0; n < len(raw); n += 7 {
		if new(matcher.Finger).UnmarshalBinary(raw[:n]) == nil {
			t.Fatalf("a finger cut off at %d of %d bytes was read", n, len(raw))
		}
	}
	if _, err := new(matcher.Finger).MarshalBinary(); err == nil {
		t.Error("an empty finger was written")
	}
}

// Two fingers are never enrolled as one: the second touch has to fit the first, or the first is dropped.
func TestTwoFingersAreNotOne(t *testing.T) {
	one, other := synth.New(11), synth.New(12)
	e := matcher.NewEnrolment(6)
	if v := e.Add(one.Touch(1)).Verdict; v != matcher.Good {
		t.Fatalf("the first touch: %v", v)
	}
	if v := e.Add(other.Touch(1)).Verdict; v != matcher.MergeFailure {
		t.Fatalf("another finger's touch: %v", v)
	}
	for n := 2; e.Remaining() > 0 && n < 30; n++ {
		e.Add(other.Touch(n))
	}
	f, err := e.Finger()
	if err != nil {
		t.Fatal(err)
	}
	for n := 40; n < 44; n++ {
		if i, s, err := matcher.Verify(one.Touch(n), f); err == nil && i >= 0 {
			t.Errorf("touch %d of the first finger opens (%.1f)", n, s)
		}
	}
}
