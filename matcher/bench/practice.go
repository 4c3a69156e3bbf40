package bench

import (
	"fmt"
	"sync"
	"time"

	"keyrollout/matcher"
	"keyrollout/matcher/synth"
)

// Practice measures practice fingers by the protocols of the real sets: eight natural prints of each on a large sensor,
// every pair; windows of 160 px cut from them, as the P160 sets are cut from real prints; and the touches of a careful
// hand, twelve to enrol and twenty to probe, as in a rehearsal. WriteLikeness holds the first two against real sets.
// None of it says anything about the matcher.
func Practice(fingers int, o Options) []*Result {
	progress := func(what string) func(done, all int) {
		return func(done, all int) {
			if o.Progress != nil {
				o.Progress(what, done, all)
			}
		}
	}
	full := &Result{Name: "practice prints", Protocol: "every pair of prints", practice: true}
	cut := &Result{Name: "practice, 160 px", Protocol: "touches 1 to 12 enrol, the others probe", small: true, practice: true}
	careful := &Result{Name: "practice, careful", Protocol: "touches 1 to 12 enrol, the others probe", small: true, practice: true, guided: true}
	const prints, touches = 8, 32
	fulls, cuts, carefuls := make([]Print, prints*fingers), make([]Print, touches*fingers), make([]Print, touches*fingers)
	var mu sync.Mutex
	done := 0
	parallel(fingers, o.Workers, func(s int) {
		f := synth.New(uint64(s))
		take := func(img matcher.Image, number int) Print {
			p := Print{Finger: fmt.Sprint(s), Number: number}
			start := time.Now()
			p.Template, p.Refused = matcher.Extract(img)
			p.Took = time.Since(start)
			return p
		}
		number := 0
		for n := range prints {
			img := f.Print(n)
			fulls[s*prints+n] = take(img, n+1)
			windows := 3 // of each print that enrols, five of each that probes
			if n >= prints/2 {
				windows = 5
			}
			for k := range windows {
				cuts[s*touches+number] = take(window(img, uint64(s)<<16|uint64(n)<<8|uint64(k)), number+1)
				number++
			}
		}
		for n := range touches {
			carefuls[s*touches+n] = take(f.Touch(n), n+1)
		}
		mu.Lock()
		defer mu.Unlock()
		done++
		progress("making")(done, fingers)
	})
	out := []*Result{full, cut, careful}
	for i, p := range [][]Print{fulls, cuts, carefuls} {
		r := out[i]
		r.Pictures, r.perFinger = len(p), map[string][]float64{}
		r.look(p)
		if r.small {
			r.enrolled(byFinger(p), firstTwelve, o.Workers, progress("comparing"))
		} else {
			r.pairs(p, o.Workers, progress("comparing"))
		}
		r.finish()
	}
	return out
}

// window cuts 160x160 px from a print of 500 dpi, its middle at most 70 px from the ink's middle, and where possible
// four fifths of it finger.
func window(img matcher.Image, seed uint64) matcher.Image {
	const side, block = 160, 16
	var dark []bool // blocks with some ink
	bw, bh := img.W/block, img.H/block
	sx, sy, n := 0, 0, 0
	for by := range bh {
		for bx := range bw {
			ink := false
			for i := range block * block {
				ink = ink || img.Pix[(by*block+i/block)*img.W+bx*block+i%block] < 100
			}
			dark = append(dark, ink)
			if ink {
				sx, sy, n = sx+bx*block+block/2, sy+by*block+block/2, n+1
			}
		}
	}
	n = max(1, n)
	best, left, top := -1, 0, 0
	next := xorshift(seed*2 + 1)
	for range 30 {
		dx, dy := int(next()%141)-70, int(next()%141)-70
		x, y := sx/n+dx-side/2, sy/n+dy-side/2
		if dx*dx+dy*dy > 70*70 || x < 0 || y < 0 || x+side > img.W || y+side > img.H {
			continue
		}
		finger := 0
		for i, ink := range dark {
			if bx, by := i%bw*block, i/bw*block; ink && bx >= x && bx < x+side && by >= y && by < y+side {
				finger++
			}
		}
		if finger > best {
			best, left, top = finger, x, y
		}
		if finger >= side/block*side/block*4/5 {
			break
		}
	}
	out := matcher.Image{W: side, H: side, DPI: img.DPI}
	for y := range side {
		out.Pix = append(out.Pix, img.Pix[(top+y)*img.W+left:][:side]...)
	}
	return out
}
