package matcher

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Template is what is kept of one touch: its minutiae, and its ridges as a coarse wave field. It is opaque; read and
// write it with MarshalBinary and UnmarshalBinary.
//
// A template shows the finger: the ridge pattern can be redrawn from it nearly as it was seen. Store it encrypted.
type Template struct {
	w, h     int // working px
	scale    int // working px per 500 dpi px, times 4096
	quality  Quality
	minutiae []minutia
	field    *field

	prep *prepared // for comparing; derived from the rest
}

// Quality says how usable a picture is.
type Quality struct {
	Score    int     // 0..100, all in all
	Coverage float64 // share of the picture that shows ridges, 0..1
	Clarity  float64 // how much of what is there is clean ridge and valley, 0..1
	Area     float64 // square millimetres of ridges, taking the period for 0.46 mm
	Minutiae int     // number of minutiae
	Period   float64 // ridge period in px of the picture as it came; 0 when it could not be told
}

// Quality is the quality of the picture the template was made from.
func (t *Template) Quality() Quality { return t.quality }

const (
	templateMagic   = "KRFT"
	templateVersion = 1
	maxTemplateSide = maxWorking
	headerLen       = 4 + 1 + 2*3 + 1 + 1 + 1 + 2 + 2 + 2
)

// The layout, big-endian: magic, version, width, height, scale; quality score, coverage, clarity; period; area; number
// of minutiae; the minutiae, six bytes each; one bit per field sample that is on, row by row; for each such sample
// twelve bits: orientation and phase, six each, two samples to three bytes.

// MarshalBinary gives the template as bytes.
func (t *Template) MarshalBinary() ([]byte, error) {
	if t == nil || t.field == nil {
		return nil, errors.New("matcher: an empty template cannot be written")
	}
	b := append(make([]byte, 0, headerLen+6*len(t.minutiae)+2*len(t.field.phase)), templateMagic...)
	b = append(b, templateVersion)
	b = binary.BigEndian.AppendUint16(b, uint16(t.w))
	b = binary.BigEndian.AppendUint16(b, uint16(t.h))
	b = binary.BigEndian.AppendUint16(b, uint16(t.scale))
	b = append(b, byte(t.quality.Score), byte(float64(t.quality.Coverage*255)+0.5), byte(float64(t.quality.Clarity*255)+0.5))
	b = binary.BigEndian.AppendUint16(b, uint16(float64(t.quality.Period*256)+0.5))
	b = binary.BigEndian.AppendUint16(b, uint16(float64(t.quality.Area*16)+0.5))
	b = binary.BigEndian.AppendUint16(b, uint16(len(t.minutiae)))
	for _, m := range t.minutiae {
		b = binary.BigEndian.AppendUint16(b, uint16(m.x))
		b = binary.BigEndian.AppendUint16(b, uint16(m.y))
		q := m.quality &^ 1
		if m.split {
			q |= 1
		}
		b = append(b, m.dir, q)
	}
	bits := make([]byte, (len(t.field.clear)+7)/8)
	for i, c := range t.field.clear {
		if c > 0 {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	b = append(b, bits...)
	var pair, n int // two samples of 12 bits make three bytes
	for i, c := range t.field.clear {
		if c > 0 {
			pair = pair<<12 | int(t.field.orient[i]>>2)<<6 | int(t.field.phase[i]>>2)
			if n++; n%2 == 0 {
				b = append(b, byte(pair>>16), byte(pair>>8), byte(pair))
			}
		}
	}
	if n%2 == 1 {
		b = append(b, byte(pair>>4), byte(pair<<4))
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote. Anything else is an error, and leaves t as it was.
func (t *Template) UnmarshalBinary(b []byte) error {
	n, err := readTemplate(b)
	if err != nil {
		return err
	}
	*t = *n
	return nil
}

func readTemplate(b []byte) (*Template, error) {
	bad := func(format string, a ...any) (*Template, error) {
		return nil, fmt.Errorf("matcher: not a fingerprint template: "+format, a...)
	}
	if len(b) < headerLen || string(b[:4]) != templateMagic {
		return bad("its beginning is wrong")
	}
	if b[4] != templateVersion {
		return bad("version %d is not known", b[4])
	}
	u16 := func(i int) int { return int(binary.BigEndian.Uint16(b[i:])) }
	t := &Template{w: u16(5), h: u16(7), scale: u16(9)}
	t.quality = Quality{Score: int(b[11]), Coverage: float64(b[12]) / 255, Clarity: float64(b[13]) / 255,
		Period: float64(u16(14)) / 256, Area: float64(u16(16)) / 16, Minutiae: u16(18)}
	n := u16(18)
	if t.w < 1 || t.h < 1 || t.w > maxTemplateSide || t.h > maxTemplateSide {
		return bad("a size of %dx%d", t.w, t.h)
	}
	if t.scale < 256 || t.quality.Score > 100 || n > maxMinutiae {
		return bad("scale %d, quality %d, %d minutiae", t.scale, t.quality.Score, n)
	}
	b = b[headerLen:]
	t.field = newField(t.w, t.h)
	cells := len(t.field.clear)
	if len(b) < 6*n+(cells+7)/8 {
		return bad("it is cut off")
	}
	t.minutiae = make([]minutia, n)
	for i := range t.minutiae {
		m := minutia{x: int16(binary.BigEndian.Uint16(b)), y: int16(binary.BigEndian.Uint16(b[2:])), dir: b[4],
			split: b[5]&1 != 0, quality: b[5] &^ 1}
		if m.x < 0 || m.y < 0 || int(m.x) >= t.w || int(m.y) >= t.h {
			return bad("a minutia at %d,%d in %dx%d", m.x, m.y, t.w, t.h)
		}
		t.minutiae[i] = m
		b = b[6:]
	}
	bits := b[:(cells+7)/8]
	b = b[(cells+7)/8:]
	half := 0 // bits of b[0] that are used up
	for i := range cells {
		if bits[i/8]>>(i%8)&1 == 0 {
			continue
		}
		if len(b) < 2 {
			return bad("it is cut off")
		}
		v := (int(b[0])<<8 | int(b[1])) << half >> 4 & 0xfff
		t.field.orient[i], t.field.phase[i], t.field.clear[i] = uint8(v>>6<<2)|2, uint8(v<<2)|2, 255
		b, half = b[1+half/4:], 4-half
	}
	if half == 4 {
		if b[0]&15 != 0 {
			return bad("its last bits are wrong")
		}
		b = b[1:]
	}
	if len(b) != 0 {
		return bad("%d bytes too many", len(b))
	}
	t.prepare()
	return t, nil
}

// settle rounds everything to what MarshalBinary keeps, so that a template compares the same before and after storing.
func (t *Template) settle() {
	f := t.field
	for i, c := range f.clear {
		if c > 0 {
			f.orient[i], f.phase[i], f.clear[i] = f.orient[i]&0xfc|2, f.phase[i]&0xfc|2, 255
		}
	}
	for i := range t.minutiae {
		t.minutiae[i].quality &^= 1
	}
	q := &t.quality
	q.Coverage = float64(byte(float64(q.Coverage*255)+0.5)) / 255
	q.Clarity = float64(byte(float64(q.Clarity*255)+0.5)) / 255
	q.Period = float64(uint16(float64(q.Period*256)+0.5)) / 256
	q.Area = float64(uint16(float64(min(4000, q.Area)*16)+0.5)) / 16
}
