package matcher_test

import (
	"testing"

	"keyrollout/matcher"
	"keyrollout/matcher/synth"
)

// zoomed draws a picture by times/10 as large, between the pixels.
func zoomed(img matcher.Image, times int) matcher.Image {
	out := matcher.Image{W: img.W * times / 10, H: img.H * times / 10}
	for y := range out.H {
		for x := range out.W {
			sx, sy := x*2560/times, y*2560/times // 1/256 px
			u, v := min(sx>>8, img.W-2), min(sy>>8, img.H-2)
			fx, fy := min(sx-u<<8, 256), min(sy-v<<8, 256)
			p := img.Pix[v*img.W+u:]
			q := img.Pix[(v+1)*img.W+u:]
			a, b := int(p[0])*(256-fx)+int(p[1])*fx, int(q[0])*(256-fx)+int(q[1])*fx
			out.Pix = append(out.Pix, byte((a*(256-fy)+b*fy)>>16))
		}
	}
	return out
}

// A finger is the same finger on a finer sensor, whether the picture tells its resolution or not: the ridges do.
func TestScale(t *testing.T) {
	f := synth.New(12)
	a, err := matcher.Extract(f.Touch(0))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ times, dpi int }{{20, 1000}, {14, 700}, {8, 400}, {13, 0}, {8, 0}, {11, 0}, {5, 0}, {6, 0}, {16, 0}, {20, 0}} {
		img := zoomed(f.Touch(1), c.times)
		img.DPI = c.dpi
		b, err := matcher.Extract(img)
		if err != nil {
			t.Errorf("%d/10 at %d dpi: %v", c.times, c.dpi, err)
			continue
		}
		if s := matcher.Compare(a, b); s < matcher.Threshold {
			t.Errorf("%d/10 at %d dpi: score %.1f", c.times, c.dpi, s)
		}
	}
}
