package tui

import (
	"charm.land/lipgloss/v2"

	"keyrollout/steps"
)

// dots is a small picture in braille: every character is two dots wide and four high.
type dots struct {
	w, h int
	on   []bool
}

func newDots(w, h int) *dots { return &dots{w, h, make([]bool, w*h)} }

func (d *dots) set(x, y int) {
	if x >= 0 && x < d.w && y >= 0 && y < d.h {
		d.on[y*d.w+x] = true
	}
}

// cell is the braille character at column c, row r; a space where no dot is set.
func (d *dots) cell(c, r int) rune {
	bits := [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}
	var n rune
	for y := range 4 {
		for x := range 2 {
			px, py := c*2+x, r*4+y
			if px < d.w && py < d.h && d.on[py*d.w+px] {
				n |= bits[y][x]
			}
		}
	}
	if n == 0 {
		return ' '
	}
	return 0x2800 + n
}

// over draws the pictures above each other, each in its style; where two meet, the later one wins.
func over(styles []lipgloss.Style, pics ...*dots) []string {
	first := pics[0]
	var out []string
	for r := range (first.h + 3) / 4 {
		line := ""
		for c := range (first.w + 1) / 2 {
			cell := " "
			for i, p := range pics {
				if n := p.cell(c, r); n != ' ' {
					cell = styles[i].Render(string(n))
				}
			}
			line += cell
		}
		out = append(out, line)
	}
	return out
}

// finest is how many pixels may become one dot before ridges, nine pixels apart at 500 dpi, are lost. Of a larger image
// only the middle is drawn.
const finest = 3

// print turns a practice finger's image into dots within a circle of radius r around the middle of d: a dot is set
// where the image is darker than its neighbourhood.
func (d *dots) print(p *steps.Picture, r float64) {
	if p.W <= 0 || p.H <= 0 || len(p.Pix) < p.W*p.H {
		return
	}
	sum := integral(p)
	scale := min(max(float64(min(p.W, p.H))/(2*r), 1), finest) // pixels a dot
	cx, cy := float64(d.w-1)/2, float64(d.h-1)/2
	for y := range d.h {
		for x := range d.w {
			dx, dy := float64(x)-cx, float64(y)-cy
			if dx*dx+dy*dy > r*r {
				continue
			}
			px := float64(p.W)/2 + dx*scale
			py := float64(p.H)/2 + dy*scale
			near := sum.mean(px, py, scale/2)
			far := sum.mean(px, py, scale*4)
			if far < 235 && near < far-4 {
				d.set(x, y)
			}
		}
	}
}

// integrals hold sums of all pixels above and left of a place, for quick means.
type integrals struct {
	w, h int
	sum  []int
}

func integral(p *steps.Picture) integrals {
	s := integrals{p.W, p.H, make([]int, (p.W+1)*(p.H+1))}
	for y := range p.H {
		row := 0
		for x := range p.W {
			row += int(p.Pix[y*p.W+x])
			s.sum[(y+1)*(p.W+1)+x+1] = s.sum[y*(p.W+1)+x+1] + row
		}
	}
	return s
}

// mean is the mean gray of the square of half size r around a place; white outside.
func (s integrals) mean(x, y, r float64) int {
	x0, x1 := clamp(int(x-r+0.5), s.w), clamp(int(x+r+1), s.w)
	y0, y1 := clamp(int(y-r+0.5), s.h), clamp(int(y+r+1), s.h)
	n := (x1 - x0) * (y1 - y0)
	if n <= 0 {
		return 255
	}
	w := s.w + 1
	return (s.sum[y1*w+x1] - s.sum[y0*w+x1] - s.sum[y1*w+x0] + s.sum[y0*w+x0]) / n
}

func clamp(n, top int) int { return min(max(n, 0), top) }
