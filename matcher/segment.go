package matcher

// mask tells for each cell of a grid whether it shows ridges.
type mask struct {
	w, h int
	on   []bool
}

// candidates marks the 8 px cells worth filtering: enough contrast for this picture. Most of a large sensor is empty,
// and filtering costs most of the time.
func candidates(contrast []int16, w, h int) *mask {
	m := &mask{w: (w + 7) / 8, h: (h + 7) / 8}
	m.on = make([]bool, m.w*m.h)
	low := max(high(contrast)/14, leastDeviation)
	for i, c := range contrast {
		m.on[i] = c >= low
	}
	m.grow(false)
	m.grow(true)
	return m
}

// foreground is the part of the grid where the contextual filter explains what it sees: clarity, averaged over a few
// cells, is high. Noise, background texture and the sensor's frame answer the filter weakly, whatever their contrast.
func foreground(f *field) *mask {
	m := &mask{w: f.w, h: f.h, on: make([]bool, f.w*f.h)}
	v := make([]int32, len(f.clear))
	for i, q := range f.clear {
		v[i] = int32(q) * 16
	}
	for range 2 {
		boxBlur(v, m.w, m.h, 1)
	}
	for i := range m.on {
		m.on[i] = v[i] >= clearEnough*16
	}
	m.grow(true)
	m.grow(false)
	m.grow(false)
	m.grow(true)
	m.dropIslands()
	for i := range m.on {
		m.on[i] = m.on[i] && f.clear[i] > 0
	}
	return m
}

// clearEnough is the average clarity (0..255) above which a place counts as ridges. Filtered white noise reaches about
// 60, clear ridges 150 to 250.
const clearEnough = 45

// grow adds a ring of cells (or, with on false, takes one away): twice in each direction closes holes and cuts threads.
func (m *mask) grow(on bool) {
	old := append([]bool(nil), m.on...)
	for y := range m.h {
		for x := range m.w {
			if old[y*m.w+x] == on {
				continue
			}
			if x > 0 && old[y*m.w+x-1] == on || x+1 < m.w && old[y*m.w+x+1] == on ||
				y > 0 && old[(y-1)*m.w+x] == on || y+1 < m.h && old[(y+1)*m.w+x] == on {
				m.on[y*m.w+x] = on
			}
		}
	}
}

// dropIslands keeps the connected parts that have at least a quarter of the largest one's cells: a neighbour's
// fingertip, a dirty edge and the sensor's frame go.
func (m *mask) dropIslands() {
	label := make([]int32, len(m.on))
	var sizes []int
	var stack []int
	for start := range m.on {
		if !m.on[start] || label[start] != 0 {
			continue
		}
		id, n := int32(len(sizes)+1), 0
		label[start] = id
		stack = append(stack[:0], start)
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			n++
			x, y := i%m.w, i/m.w
			for _, d := range [4][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
				u, v := x+d[0], y+d[1]
				if u < 0 || v < 0 || u >= m.w || v >= m.h {
					continue
				}
				if j := v*m.w + u; m.on[j] && label[j] == 0 {
					label[j] = id
					stack = append(stack, j)
				}
			}
		}
		sizes = append(sizes, n)
	}
	largest := 0
	for _, n := range sizes {
		largest = max(largest, n)
	}
	for i, l := range label {
		m.on[i] = l > 0 && sizes[l-1]*4 >= largest
	}
}

// area is the number of cells that are on.
func (m *mask) area() int {
	n := 0
	for _, on := range m.on {
		if on {
			n++
		}
	}
	return n
}
