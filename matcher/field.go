package matcher

// fieldStep is the distance in px between the samples of a field: two thirds of a ridge period, so that phase between
// samples can be carried over by the known wave.
const fieldStep = 6

// field is the print as a wave, after Larkin and Fletcher ("A coherent framework for fingerprint analysis: are
// fingerprints holograms?", 2007): at each sample the orientation of the ridges, the phase of the ridge pattern, and
// how clear it is. Phase grows along the normal (-sin, cos) of the orientation; 0 is the middle of a ridge.
// Sample (i, j) stands at pixel (i*fieldStep+fieldStep/2, j*fieldStep+fieldStep/2).
type field struct {
	w, h   int
	orient []uint8 // 256 to the half turn
	phase  []uint8 // 256 to the turn
	clear  []uint8 // 0: not part of the print
}

func newField(w, h int) *field {
	fw, fh := w/fieldStep, h/fieldStep
	return &field{w: fw, h: fh, orient: make([]uint8, fw*fh), phase: make([]uint8, fw*fh), clear: make([]uint8, fw*fh)}
}

// at is the index of the sample nearest to pixel x, y; ok is false outside.
func (f *field) at(x, y int) (i int, ok bool) {
	if x < 0 || y < 0 {
		return 0, false
	}
	u, v := x/fieldStep, y/fieldStep
	if u >= f.w || v >= f.h {
		return 0, false
	}
	return v*f.w + u, true
}
