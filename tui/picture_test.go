package tui

import (
	"strings"
	"testing"

	"keyrollout/steps"
)

func TestAPictureIsBrailleOfOneCellEach(t *testing.T) {
	d := newDots(4, 8)
	d.set(0, 0)
	d.set(3, 7)
	d.set(9, 9) // outside
	if got := string([]rune{d.cell(0, 0), d.cell(1, 0), d.cell(1, 1)}); got != "⠁ ⢀" {
		t.Errorf("%q", got)
	}
}

func TestAPrintShowsRidges(t *testing.T) {
	p := practicePrint()
	d := newDots(40, 40)
	d.print(&p, 16)
	n := 0
	for _, on := range d.on {
		if on {
			n++
		}
	}
	if share := float64(n) / (3.14 * 16 * 16); share < 0.25 || share > 0.75 {
		t.Errorf("%.0f %% of the dots are set: no ridges to see", share*100)
	}
}

func TestAWhiteOrBrokenPictureDrawsNothing(t *testing.T) {
	white := steps.Picture{Pix: []byte(strings.Repeat("\xff", 64*64)), W: 64, H: 64}
	for _, p := range []steps.Picture{{}, {W: 10, H: 10}, {W: -1, H: 4, Pix: make([]byte, 9)}, white} {
		d := newDots(20, 20)
		d.print(&p, 8)
		for _, on := range d.on {
			if on {
				t.Fatal("a dot from nothing")
			}
		}
	}
}

func TestTheRingClosesWithTheLastTouch(t *testing.T) {
	count := func(d *dots) (n int) {
		for _, on := range d.on {
			if on {
				n++
			}
		}
		return n
	}
	before := -1
	for good := 0; good <= 12; good++ {
		done, left := ring(36, good, 12)
		n := count(done)
		if n <= before {
			t.Errorf("%d touches do not show more than %d", good, good-1)
		}
		before = n
		if good == 0 && n != 0 || good == 12 && count(left) != 0 {
			t.Errorf("with %d of 12 touches %d dots are done and %d left", good, n, count(left))
		}
	}
}
