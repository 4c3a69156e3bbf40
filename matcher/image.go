package matcher

import "fmt"

// Image is an 8-bit grayscale picture of a finger: ridges dark, row by row from the top, len(Pix) == W*H.
// DPI is the resolution the picture claims; 0 means unknown, and 500 is assumed, the usual one.
type Image struct {
	Pix  []byte
	W, H int
	DPI  int
}

// MaxPixels bounds the pictures Extract looks at: 16 million pixels, four times a whole hand's slap at 500 dpi.
const MaxPixels = 1 << 24

// Refusal says why a picture gives no usable print. Verdict sorts it, Why says it in words.
type Refusal struct {
	Verdict Verdict
	Why     string
}

func (r *Refusal) Error() string { return "matcher: " + r.Verdict.String() + ": " + r.Why }

func refuse(v Verdict, format string, a ...any) *Refusal {
	return &Refusal{Verdict: v, Why: fmt.Sprintf(format, a...)}
}

// check finds pictures that are none: wrong lengths, absurd sizes.
func (img Image) check() error {
	switch {
	case img.W < 0 || img.H < 0 || img.DPI < 0:
		return refuse(PoorQuality, "the image has a negative size or resolution (%dx%d, %d dpi)", img.W, img.H, img.DPI)
	case img.W == 0 || img.H == 0:
		return refuse(NoContact, "the image is empty (%dx%d)", img.W, img.H)
	case img.W > MaxPixels || img.H > MaxPixels || img.W*img.H > MaxPixels:
		return refuse(PoorQuality, "the image is too large (%dx%d, at most %d pixels)", img.W, img.H, MaxPixels)
	case len(img.Pix) != img.W*img.H:
		return refuse(PoorQuality, "the image has %d bytes for %dx%d pixels", len(img.Pix), img.W, img.H)
	case img.DPI != 0 && (img.DPI < 100 || img.DPI > 4000):
		return refuse(PoorQuality, "the image claims %d dpi; 100 to 4000 make sense", img.DPI)
	}
	return nil
}
