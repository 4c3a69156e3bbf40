package matcher_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"keyrollout/matcher"
	"keyrollout/matcher/synth"
)

// What a sensor adds to every picture makes no two fingers one, and does not hide that two touches are of one finger.
func TestSensorMarks(t *testing.T) {
	pale := func(s uint64, n int) matcher.Image { // where marks outshine the ridges
		return redraw(synth.New(s).Touch(n), func(x, y int, v byte) byte { return 160 + v/4 })
	}
	marks := map[string]func(img matcher.Image) matcher.Image{
		"black frame": func(img matcher.Image) matcher.Image {
			return redraw(img, func(x, y int, v byte) byte {
				if min(x, y, img.W-1-x, img.H-1-y) < 6 {
					return 0
				}
				return v
			})
		},
		"dead columns": func(img matcher.Image) matcher.Image {
			return redraw(img, func(x, y int, v byte) byte {
				switch x % 41 {
				case 7:
					return 0
				case 29:
					return 255
				}
				return v
			})
		},
		"striped rows": func(img matcher.Image) matcher.Image {
			return redraw(img, func(x, y int, v byte) byte {
				return byte(max(0, min(255, int(v)+[]int{20, 14, 0, -14, -20, -14, 0, 14}[y%8])))
			})
		},
		"black margin": func(img matcher.Image) matcher.Image {
			out := fill(img.W+80, img.H+60, func(x, y int) byte { return 0 })
			for y := range img.H {
				copy(out.Pix[(y+30)*out.W+40:], img.Pix[y*img.W:(y+1)*img.W])
			}
			return out
		},
		"faint": func(img matcher.Image) matcher.Image {
			return redraw(img, func(x, y int, v byte) byte { return 150 + v/5 })
		},
	}
	for name, mark := range marks {
		var all []*matcher.Template
		const people = 5
		for s := range uint64(people) {
			for n := range 2 {
				p, err := matcher.Extract(mark(pale(s, n)))
				if err != nil {
					t.Fatalf("%s: finger %d, touch %d: %v", name, s, n, err)
				}
				all = append(all, p)
			}
		}
		missed := 0
		for i, a := range all {
			for j, b := range all[:i] {
				s := matcher.Compare(a, b)
				switch {
				case i/2 == j/2 && s < matcher.Threshold:
					missed++
				case i/2 != j/2 && s >= matcher.Threshold:
					t.Errorf("%s: fingers %d and %d are taken for one (%.1f)", name, i/2, j/2, s)
				}
			}
		}
		if missed > 1 {
			t.Errorf("%s: %d of %d fingers do not match themselves", name, missed, people)
		}
	}
}

// redraw gives every pixel a new value.
func redraw(img matcher.Image, f func(x, y int, v byte) byte) matcher.Image {
	return fill(img.W, img.H, func(x, y int) byte { return f(x, y, img.Pix[y*img.W+x]) })
}

// Every platform makes the same template of the same picture, bit for bit: this one. A change of the extraction changes
// it too, knowingly.
func TestSameTemplateEverywhere(t *testing.T) {
	// Rings around a point, eight px from one to the next, drawn in integers. Around six places the phase gains or loses
	// a whole turn: a ridge begins there.
	root := func(v int) int {
		r := 0
		for b := 1 << 14; b > 0; b >>= 1 {
			if (r+b)*(r+b) <= v {
				r += b
			}
		}
		return r
	}
	const turn = 144
	around := func(dx, dy int) int { // the angle, on a square instead of a circle
		n := max(1, max(dx, -dx)+max(dy, -dy))
		a := turn / 4 * dy / n
		if dx < 0 {
			a = turn/2 - a
		}
		return a + turn
	}
	img := fill(211, 190, func(x, y int) byte {
		phase := root(((x-60)*(x-60)*5+(y+30)*(y+30)*4)*64) + 8*turn
		for k, p := range [][2]int{{60, 50}, {120, 60}, {160, 100}, {90, 110}, {50, 140}, {140, 145}} {
			phase += (k%2*2 - 1) * around(x-p[0], y-p[1])
		}
		wave := phase % turn
		if wave > turn/2 {
			wave = turn - wave
		}
		return byte(40 + wave*320/turn + int(noise(x, y)&15))
	})
	tpl, err := matcher.Extract(img)
	if err != nil {
		t.Fatal(err)
	}
	if n := tpl.Quality().Minutiae; n < 5 {
		t.Errorf("only %d minutiae: the picture tests little", n)
	}
	raw, err := tpl.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	const want = "7552c4fdb9f6938a"
	if got := hex.EncodeToString(sum[:8]); got != want {
		t.Errorf("the template's hash is %s, was %s", got, want)
	}
}
