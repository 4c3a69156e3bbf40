package matcher_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"keyrollout/matcher"
	"keyrollout/matcher/synth"
)

// fill makes a picture by a rule.
func fill(w, h int, at func(x, y int) byte) matcher.Image {
	img := matcher.Image{Pix: make([]byte, w*h), W: w, H: h}
	for i := range img.Pix {
		img.Pix[i] = at(i%w, i/w)
	}
	return img
}

func dpi100(img matcher.Image) matcher.Image { img.DPI = 100; return img }

func noise(x, y int) byte {
	z := uint64(y)<<32 + uint64(x)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return byte(z >> 40)
}

// Pictures that are no prints are refused with a reason, and never more than that.
func TestBadPictures(t *testing.T) {
	stripes := func(x, y int) byte { return byte(128 + 100*math.Sin(float64(x+y/2)*0.7)) }
	cases := map[string]struct {
		img  matcher.Image
		want matcher.Verdict
	}{
		"no pixels":           {matcher.Image{}, matcher.NoContact},
		"no width":            {matcher.Image{H: 100}, matcher.NoContact},
		"negative":            {matcher.Image{W: -1, H: -1}, matcher.PoorQuality},
		"negative resolution": {matcher.Image{W: 1, H: 1, Pix: []byte{1}, DPI: -3}, matcher.PoorQuality},
		"odd resolution":      {matcher.Image{W: 1, H: 1, Pix: []byte{1}, DPI: 7}, matcher.PoorQuality},
		"one pixel":           {fill(1, 1, noise), matcher.TooShort},
		"one line":            {fill(500, 1, noise), matcher.TooShort},
		"too few bytes":       {matcher.Image{W: 100, H: 100, Pix: make([]byte, 99)}, matcher.PoorQuality},
		"overflowing size":    {matcher.Image{W: math.MaxInt, H: math.MaxInt}, matcher.PoorQuality},
		"huge":                {fill(4000, 4000, stripes), matcher.PoorQuality},
		"far too wide":        {dpi100(fill(13108, 100, stripes)), matcher.PoorQuality}, // a little over 2^32 working px, times 2^16
		"black":               {fill(160, 160, func(x, y int) byte { return 0 }), matcher.NoContact},
		"white":               {fill(160, 160, func(x, y int) byte { return 255 }), matcher.NoContact},
		"gray with grain":     {fill(160, 160, func(x, y int) byte { return 127 + noise(x, y)&1 }), matcher.NoContact},
		"noise":               {fill(160, 160, noise), matcher.PoorQuality},
		"large noise":         {fill(640, 480, noise), matcher.PoorQuality},
		"half black":          {fill(160, 160, func(x, y int) byte { return byte(x / 80 * 255) }), matcher.NoContact},
		"checkers": {fill(160, 160, func(x, y int) byte {
			return byte((x/9 + y/9) & 1 * 255)
		}), matcher.PoorQuality},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			e := matcher.NewEnrolment(3)
			if got := e.Add(c.img).Verdict; got != c.want {
				t.Errorf("Enrolment.Add: %v, want %v", got, c.want)
			}
			if e.Remaining() != 3 {
				t.Error("a refused touch was counted")
			}
			_, _, err := matcher.Verify(c.img)
			var r *matcher.Refusal
			if !errors.As(err, &r) || r.Verdict != c.want {
				t.Errorf("Verify: %v, want a refusal: %v", err, c.want)
			}
			if _, err := matcher.Extract(c.img); err != nil && !errors.As(err, &r) {
				t.Errorf("Extract: %v is no *Refusal", err)
			}
		})
	}
}

func TestDecode(t *testing.T) {
	gray16 := image.NewGray16(image.Rect(0, 0, 3, 2))
	gray16.SetGray16(1, 1, color.Gray16{Y: 0xabcd})
	rgb := image.NewRGBA(image.Rect(5, 5, 8, 7))
	rgb.Set(6, 6, color.RGBA{255, 0, 0, 255})
	for name, m := range map[string]image.Image{"16 bit": gray16, "colour": rgb} {
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		img, err := matcher.Decode(bytes.NewReader(b.Bytes()))
		if err != nil || img.W != 3 || img.H != 2 {
			t.Errorf("%s: %v %dx%d", name, err, img.W, img.H)
		}
		if name == "16 bit" && img.Pix[4] != 0xab {
			t.Errorf("16 bit became %x", img.Pix[4])
		}
		if _, err := matcher.Decode(bytes.NewReader(b.Bytes()[:b.Len()-20])); err == nil {
			t.Errorf("%s: a truncated file was read", name)
		}
	}
	good := map[string]string{
		"plain PGM":   "P2 # with a comment\n2 1 15\n0 15\n",
		"raw PGM":     "P5\n2 1\n255\n\x00\xff",
		"16-bit PGM":  "P5 2 1 65535\n\x00\x00\xff\xff",
		"no newline ": "P2 2 1 1 0 1",
	}
	for name, s := range good {
		img, err := matcher.Decode(strings.NewReader(s))
		if err != nil || img.W != 2 || img.H != 1 || img.Pix[0] != 0 || img.Pix[1] != 255 {
			t.Errorf("%s: %v %v", name, err, img)
		}
	}
	bad := map[string]string{
		"":                                "empty",
		"P5 2 1 255\n\x00":                "cut off",
		"P5 99999 99999 255\n":            "cannot be read",
		"P5 4096 4096 255\nabc":           "cut off",
		"P2 x":                            "header",
		"\xff\xa0\xff\xa8\x00\x7aNIST":    "WSQ",
		"BM......":                        "BMP",
		"hello":                           "not a picture",
		"\x89PNG\r\n\x1a\n\x00\x00\x00\r": "not a picture",
	}
	for s, want := range bad {
		if _, err := matcher.Decode(strings.NewReader(s)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", s, err, want)
		}
	}
}

// A file that cannot be read is not an empty one: the error says what failed.
func TestDecodeUnreadable(t *testing.T) {
	broken := errors.New("the disk is gone")
	if _, err := matcher.Decode(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("%v, want %v", err, broken)
	}
}

// A template says the same after it was stored; order does not matter; and the same picture gives the same bytes.
func TestTemplate(t *testing.T) {
	f := synth.New(7)
	a, err := matcher.Extract(f.Touch(0))
	if err != nil {
		t.Fatal(err)
	}
	b, err := matcher.Extract(f.Touch(4))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := a.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	again, _ := matcher.Extract(f.Touch(0))
	if raw2, _ := again.MarshalBinary(); !bytes.Equal(raw, raw2) {
		t.Error("the same picture gave another template")
	}
	var c matcher.Template
	if err := c.UnmarshalBinary(raw); err != nil {
		t.Fatal(err)
	}
	ab, ba, cb := matcher.Compare(a, b), matcher.Compare(b, a), matcher.Compare(&c, b)
	if ab < matcher.Threshold || ab != ba || ab != cb {
		t.Errorf("Compare: %v, turned round %v, stored %v; threshold %v", ab, ba, cb, matcher.Threshold)
	}
	if c.Quality() != a.Quality() {
		t.Errorf("quality: %+v became %+v", a.Quality(), c.Quality())
	}
	if raw3, _ := c.MarshalBinary(); !bytes.Equal(raw, raw3) {
		t.Error("storing twice changed the template")
	}
	if s := matcher.Compare(nil, a) + matcher.Compare(&matcher.Template{}, a); s != 0 {
		t.Errorf("nothing compared with something gave %v", s)
	}
	if _, err := (&matcher.Template{}).MarshalBinary(); err == nil {
		t.Error("an empty template was written")
	}
	for n := range raw {
		if err := new(matcher.Template).UnmarshalBinary(raw[:n]); err == nil {
			t.Fatalf("a template cut off at %d of %d bytes was read", n, len(raw))
		}
	}
	if err := new(matcher.Template).UnmarshalBinary(append(raw, 0)); err == nil {
		t.Error("a template with a byte too many was read")
	}
}

func FuzzTemplate(f *testing.F) {
	a, err := matcher.Extract(synth.New(7).Touch(0))
	if err != nil {
		f.Fatal(err)
	}
	raw, _ := a.MarshalBinary()
	f.Add(raw)
	f.Add([]byte("KRFT\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m matcher.Template
		if m.UnmarshalBinary(data) != nil {
			return
		}
		matcher.Compare(&m, a)
		matcher.Compare(&m, &m)
		if out, err := m.MarshalBinary(); err != nil || new(matcher.Template).UnmarshalBinary(out) != nil {
			t.Errorf("what was read cannot be stored: %v", err)
		}
	})
}

func FuzzFinger(f *testing.F) {
	e := matcher.NewEnrolment(2)
	p := synth.New(7)
	for n := 0; e.Remaining() > 0 && n < 9; n++ {
		e.Add(p.Touch(n))
	}
	finger, err := e.Finger()
	if err != nil {
		f.Fatal(err)
	}
	raw, _ := finger.MarshalBinary()
	f.Add(raw)
	touch, _ := matcher.Extract(p.Touch(20))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m matcher.Finger
		if m.UnmarshalBinary(data) == nil {
			m.Match(touch)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("P2 2 1 15 0 15"))
	f.Add([]byte("P5 2 1 65535\n\x00\x00\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := matcher.Decode(bytes.NewReader(data))
		if err == nil && len(img.Pix) != img.W*img.H {
			t.Errorf("%dx%d with %d bytes", img.W, img.H, len(img.Pix))
		}
		if err == nil && len(img.Pix) < 1<<16 {
			matcher.Extract(img)
		}
	})
}

func FuzzExtract(f *testing.F) {
	f.Add([]byte("some bytes to make a picture of"), uint8(80), 500)
	f.Fuzz(func(t *testing.T, data []byte, width uint8, dpi int) {
		if len(data) == 0 || width == 0 {
			return
		}
		w, h := int(width), max(1, int(width)*3/4)
		img := fill(w, h, func(x, y int) byte { return data[(x/5+y/5*31)%len(data)] + noise(x, y)&15 })
		img.DPI = dpi
		if a, err := matcher.Extract(img); err == nil {
			matcher.Compare(a, a)
		}
	})
}
