package matcher

import (
	"image"
	"strconv"
	"strings"
)

// Gray is the picture as the image package knows it, for writing it to a file. It shares the pixels.
func (img Image) Gray() *image.Gray {
	return &image.Gray{Pix: img.Pix, Stride: img.W, Rect: image.Rect(0, 0, img.W, img.H)}
}

// Braille draws the picture in text, dark pixels as dots, at most so many columns wide: eight dots to a character, so
// that a small sensor's touch fits a terminal. It needs no colour.
func (img Image) Braille(columns int) string {
	if img.W < 1 || img.H < 1 || columns < 1 || len(img.Pix) != img.W*img.H {
		return ""
	}
	w := min(img.W, columns*2)
	h := max(1, img.H*w/img.W)
	dark := func(x, y int) bool {
		if x >= w || y >= h {
			return false
		}
		// The mean of the pixels that fall on this dot, against the mean around them: ridges show on any ground.
		return img.mean(x*img.W/w, y*img.H/h, (x+1)*img.W/w, (y+1)*img.H/h)+6 <
			img.mean((x-5)*img.W/w, (y-5)*img.H/h, (x+6)*img.W/w, (y+6)*img.H/h)
	}
	dots := [8][2]int{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}}
	var s strings.Builder
	for y := 0; y < h; y += 4 {
		for x := 0; x < w; x += 2 {
			c := rune(0x2800)
			for i, d := range dots {
				if dark(x+d[0], y+d[1]) {
					c |= 1 << i
				}
			}
			s.WriteRune(c)
		}
		s.WriteByte('\n')
	}
	return s.String()
}

func blank(w, h int) Image {
	img := Image{Pix: make([]byte, w*h), W: w, H: h}
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	return img
}

func (img Image) set(x, y int, gray byte) {
	if x >= 0 && y >= 0 && x < img.W && y < img.H {
		img.Pix[y*img.W+x] = gray
	}
}

func (img Image) box(x, y, w, h int, gray byte) {
	for v := range h {
		for u := range w {
			img.set(x+u, y+v, gray)
		}
	}
}

// digits are 3x5 dots each, row by row from the top left, the first in the highest bit.
var digits = [10]uint16{0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71244, 0o75757, 0o75717}

// number writes n with its top left corner at x, y, on white, so that it can be read over ridges.
func (img Image) number(x, y, n int) {
	for _, c := range strconv.Itoa(n) {
		img.box(x-1, y-1, 5, 7, 255)
		for k := range 15 {
			if digits[c-'0']>>(14-k)&1 == 1 {
				img.set(x+k%3, y+k/3, 0)
			}
		}
		x += 4
	}
}

// mean is the average gray of a rectangle, cut off at the picture's edges; at least one pixel.
func (img Image) mean(x0, y0, x1, y1 int) int {
	x0, y0 = max(0, min(x0, img.W-1)), max(0, min(y0, img.H-1))
	x1, y1 = max(x0+1, min(x1, img.W)), max(y0+1, min(y1, img.H))
	sum := 0
	for y := y0; y < y1; y++ {
		for _, v := range img.Pix[y*img.W+x0 : y*img.W+x1] {
			sum += int(v)
		}
	}
	return sum / ((x1 - x0) * (y1 - y0))
}
