package tui

import "math"

// ring draws the ring of touches: two circles of dots, the part that is done thick, the part that is left thin.
// It returns both parts, so that each can have its colour.
func ring(size, good, total int) (done, left *dots) {
	done, left = newDots(size, size), newDots(size, size)
	c := float64(size-1) / 2
	share := 0.0
	if total > 0 {
		share = min(float64(good)/float64(total), 1)
	}
	for y := range size {
		for x := range size {
			dx, dy := float64(x)-c, float64(y)-c
			r := math.Hypot(dx, dy)
			turn := math.Atan2(dx, -dy) / (2 * math.Pi) // 0 on top, clockwise
			if turn < 0 {
				turn++
			}
			switch {
			case turn < share && r <= c+0.3 && r > c-1.9:
				done.set(x, y)
			case turn >= share && r <= c-0.3 && r > c-1.2:
				left.set(x, y)
			}
		}
	}
	return done, left
}
