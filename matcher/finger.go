package matcher

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Finger is an enrolled finger: several touches of it, each seen from another place. The zero Finger matches nothing.
type Finger struct {
	views []*Template
}

const (
	fingerMagic   = "KRFF"
	fingerVersion = 1
	maxViews      = 32
)

// NewFinger makes a finger of touches as they are, without judging them. People enrol with an Enrolment; this is for
// measuring and for tests.
func NewFinger(views ...*Template) (*Finger, error) {
	if len(views) == 0 || len(views) > maxViews {
		return nil, fmt.Errorf("matcher: a finger of %d touches; 1 to %d can be", len(views), maxViews)
	}
	for _, v := range views {
		if v == nil || v.prep == nil {
			return nil, errors.New("matcher: a finger with an empty touch")
		}
	}
	return &Finger{views: append([]*Template(nil), views...)}, nil
}

// Match says how surely the touch t is this finger: the best Compare over its views. More views mean more chances for
// a stranger, so Threshold was measured on this maximum. Once a view leaves no doubt, the others are not asked: a score
// above 20 is no maximum.
func (f *Finger) Match(t *Template) float64 {
	best := 0.0
	for _, v := range f.views {
		if best = max(best, Compare(v, t)); best >= beyondDoubt {
			break
		}
	}
	return best
}

// Views is the number of touches the finger is made of.
func (f *Finger) Views() int { return len(f.views) }

// MarshalBinary gives the finger as bytes: magic, version, number of views, each with its length before it. Like the
// templates inside, they show the finger; store them encrypted.
func (f *Finger) MarshalBinary() ([]byte, error) {
	if len(f.views) == 0 || len(f.views) > maxViews {
		return nil, errors.New("matcher: a finger without touches cannot be written")
	}
	b := append([]byte(fingerMagic), fingerVersion, byte(len(f.views)))
	for _, v := range f.views {
		t, err := v.MarshalBinary()
		if err != nil {
			return nil, err
		}
		b = binary.BigEndian.AppendUint32(b, uint32(len(t)))
		b = append(b, t...)
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote. Anything else is an error, and leaves f as it was.
func (f *Finger) UnmarshalBinary(b []byte) error {
	if len(b) < 6 || string(b[:4]) != fingerMagic {
		return errors.New("matcher: not an enrolled finger: its beginning is wrong")
	}
	if b[4] != fingerVersion {
		return fmt.Errorf("matcher: not an enrolled finger: version %d is not known", b[4])
	}
	n := int(b[5])
	if n < 1 || n > maxViews {
		return fmt.Errorf("matcher: not an enrolled finger: %d touches", n)
	}
	b = b[6:]
	views := make([]*Template, n)
	for i := range views {
		if len(b) < 4 || uint64(binary.BigEndian.Uint32(b)) > uint64(len(b)-4) {
			return errors.New("matcher: not an enrolled finger: it is cut off")
		}
		l := int(binary.BigEndian.Uint32(b))
		t, err := readTemplate(b[4 : 4+l])
		if err != nil {
			return err
		}
		views[i], b = t, b[4+l:]
	}
	if len(b) != 0 {
		return fmt.Errorf("matcher: not an enrolled finger: %d bytes too many", len(b))
	}
	f.views = views
	return nil
}

// Verify looks for the finger that the picture shows. index is its place among fingers, or -1 when the best score is
// under Threshold. err is a *Refusal when the picture itself is no good: say that to the person, it is not a wrong
// finger.
func Verify(img Image, fingers ...*Finger) (index int, score float64, err error) {
	touch := Assess(img)
	if touch.Verdict != Good {
		return -1, 0, refuse(touch.Verdict, "%s", touch.why)
	}
	index = -1
	for i, f := range fingers {
		if s := f.Match(touch.Template); s > score || i == 0 {
			score, index = s, i
		}
		if score >= beyondDoubt {
			break
		}
	}
	if score < Threshold {
		index = -1
	}
	return index, score, nil
}
