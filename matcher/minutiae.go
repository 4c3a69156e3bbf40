package matcher

import "slices"

// minutia is a place where a ridge ends or splits.
type minutia struct {
	x, y    int16 // working px
	dir     uint8 // direction, 256 to the turn: from the minutia into the extra ridge (both kinds alike)
	split   bool  // the ridge splits here; otherwise it ends
	quality uint8 // 0..255
}

const (
	maxMinutiae  = 120 // the clearest are kept
	traceLength  = 20  // px along a skeleton branch to tell its direction
	shortBranch  = 10  // px: a spur is shorter
	shortIsland  = 14  // px: a ridge fragment is shorter
	bridgeLength = 9   // px: two splits this close over one branch are a bridge or a hole
	gapLength    = 11  // px: two ends facing each other this close are one broken ridge
	rimWidth     = 9   // px: ridges end at the print's rim because the print does
)

var around = [8][2]int{{0, -1}, {1, -1}, {1, 0}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}, {-1, -1}}

// crossing counts the branches that leave a skeleton pixel (Rutovitz' crossing number).
func crossing(b *bitmap, x, y int) int {
	n := 0
	last := b.get(x+around[7][0], y+around[7][1])
	for _, d := range around {
		now := b.get(x+d[0], y+d[1])
		if now && !last {
			n++
		}
		last = now
	}
	return n
}

// node is a candidate for a minutia while false ones are sorted out.
type node struct {
	x, y     int
	branches []branch
	split    bool
	dead     bool
}

// branch is one way out of a node along the skeleton.
type branch struct {
	dx, dy int // from the node to where the trace stopped
	length int
	to     int // the node it ran into, or -1
}

// findMinutiae reads ends and splits off the skeleton and drops those that are not the finger's but the picture's:
// spurs, bridges, holes, gaps, fragments, and ends at the rim (Zhao and Tang 2007 give the list of such forms).
func findMinutiae(sk *bitmap, f *field, m *mask) []minutia {
	nodes := findNodes(sk)
	index := make(map[int]int, len(nodes))
	for i, n := range nodes {
		index[n.y*sk.w+n.x] = i
	}
	for i := range nodes {
		traceNode(sk, nodes, i, index)
	}
	dropFalse(nodes, f)
	var out []minutia
	for i := range nodes {
		n := &nodes[i]
		if n.dead || nearRim(m, n.x, n.y) {
			continue
		}
		c, ok := f.at(n.x, n.y)
		if !ok {
			continue
		}
		out = append(out, minutia{x: int16(n.x), y: int16(n.y), dir: n.direction(f.orient[c]), split: n.split,
			quality: localClarity(f, m, n.x, n.y)})
	}
	out = dropClouds(out)
	slices.SortStableFunc(out, func(a, b minutia) int { return int(b.quality) - int(a.quality) })
	if len(out) > maxMinutiae {
		out = out[:maxMinutiae]
	}
	return out
}

func findNodes(sk *bitmap) []node {
	var nodes []node
	for y := range sk.h {
		for k := 1; k < sk.stride-1; k++ {
			word := sk.p[(y+1)*sk.stride+k]
			for x := (k - 1) * 64; word != 0; x, word = x+1, word>>1 {
				if word&1 == 0 {
					continue
				}
				switch c := crossing(sk, x, y); {
				case c == 1:
					nodes = append(nodes, node{x: x, y: y})
				case c >= 3:
					nodes = append(nodes, node{x: x, y: y, split: true})
				}
			}
		}
	}
	return nodes
}

// traceNode follows each branch of a node until it is long enough, ends, or meets another node.
func traceNode(sk *bitmap, nodes []node, i int, index map[int]int) {
	n := &nodes[i]
	last := sk.get(n.x+around[7][0], n.y+around[7][1])
	for d := range around {
		x, y := n.x+around[d][0], n.y+around[d][1]
		now := sk.get(x, y)
		if now && !last {
			// Of neighbouring pixels in one run, start with the straight one.
			if d%2 == 1 && sk.get(n.x+around[(d+1)%8][0], n.y+around[(d+1)%8][1]) {
				x, y = n.x+around[(d+1)%8][0], n.y+around[(d+1)%8][1]
			}
			n.branches = append(n.branches, follow(sk, n.x, n.y, x, y, index))
		}
		last = now
	}
}

// follow walks from (px, py) over (x, y) along the skeleton.
func follow(sk *bitmap, px, py, x, y int, index map[int]int) branch {
	sx, sy := px, py
	length := 1
	for {
		if to, ok := index[y*sk.w+x]; ok && length > 1 || ok && !(x == sx && y == sy) {
			return branch{x - sx, y - sy, length, to}
		}
		if length >= traceLength {
			return branch{x - sx, y - sy, length, -1}
		}
		nx, ny, best := 0, 0, 0
		for _, d := range around {
			u, v := x+d[0], y+d[1]
			if u == px && v == py || u == sx && v == sy || !sk.get(u, v) {
				continue
			}
			// The pixel ahead: the one farthest from where we came from.
			if far := (u-px)*(u-px) + (v-py)*(v-py); far > best {
				nx, ny, best = u, v, far
			}
		}
		if best < 2 {
			return branch{x - sx, y - sy, length, -1}
		}
		px, py, x, y = x, y, nx, ny
		length++
	}
}

// dropFalse marks the nodes that make up a known false form.
func dropFalse(nodes []node, f *field) {
	kill := make([]bool, len(nodes))
	for i := range nodes {
		n := &nodes[i]
		for _, b := range n.branches {
			if b.to < 0 || b.to == i {
				continue
			}
			switch o := &nodes[b.to]; {
			case !n.split && o.split && b.length < shortBranch: // spur
				kill[i], kill[b.to] = true, true
			case !n.split && !o.split && b.length < shortIsland: // fragment
				kill[i], kill[b.to] = true, true
			case n.split && o.split && b.length < bridgeLength: // bridge or hole
				kill[i], kill[b.to] = true, true
			}
		}
	}
	for i := range nodes { // gaps: ends that point away from each other, with nothing between
		a := &nodes[i]
		if a.split || kill[i] {
			continue
		}
		for j := i + 1; j < len(nodes); j++ {
			b := &nodes[j]
			if b.y-a.y > gapLength {
				break
			}
			if b.split || kill[j] || len(a.branches) == 0 || len(b.branches) == 0 {
				continue
			}
			dx, dy := b.x-a.x, b.y-a.y
			if dx*dx+dy*dy > gapLength*gapLength {
				continue
			}
			ba, bb := a.branches[0], b.branches[0]
			// Each ridge runs away from the other's end, along the line that joins them.
			if ba.dx*dx+ba.dy*dy < 0 && bb.dx*dx+bb.dy*dy > 0 && alongRidge(f, a.x, a.y, dx, dy) {
				kill[i], kill[j] = true, true
			}
		}
	}
	for i, k := range kill {
		nodes[i].dead = nodes[i].dead || k
	}
}

// alongRidge tells whether the step (dx, dy) at x, y runs along the ridge rather than across: within 45 degrees.
func alongRidge(f *field, x, y, dx, dy int) bool {
	c, ok := f.at(x, y)
	if !ok {
		return false
	}
	o := f.orient[c]
	t := dx*int(cos512[o]) + dy*int(sin512[o])
	n := -dx*int(sin512[o]) + dy*int(cos512[o])
	return abs(t) >= abs(n)
}

// direction is the orientation o made into a direction: towards the ridge that ends, or between the two branches of a
// split. Pressing harder joins an ending ridge to its neighbour; the direction stays what it was.
func (n *node) direction(o uint8) uint8 {
	c, s := int(cos512[o]), int(sin512[o])
	votes, sum := 0, 0
	for _, b := range n.branches {
		t := b.dx*c + b.dy*s
		sum += t / max(1, b.length)
		if t > 0 {
			votes++
		} else {
			votes--
		}
	}
	if n.split && (votes >= 3 || votes <= -3) {
		votes = 0 // all three to one side: a sharp turn; the lengths decide
	}
	if votes < 0 || votes == 0 && sum < 0 {
		return o/2 + 128
	}
	return o / 2
}

// nearRim tells whether the print ends within rimWidth of x, y.
func nearRim(m *mask, x, y int) bool {
	for _, d := range around {
		u, v := x+d[0]*rimWidth, y+d[1]*rimWidth
		if u < 0 || v < 0 || u/fieldStep >= m.w || v/fieldStep >= m.h || !m.on[v/fieldStep*m.w+u/fieldStep] {
			return true
		}
	}
	return false
}

// localClarity is the average clarity of the 5x5 samples around x, y.
func localClarity(f *field, m *mask, x, y int) uint8 {
	u, v := x/fieldStep, y/fieldStep
	sum, n := 0, 25
	for j := max(0, v-2); j <= min(f.h-1, v+2); j++ {
		for i := max(0, u-2); i <= min(f.w-1, u+2); i++ {
			if m.on[j*m.w+i] {
				sum += int(f.clear[j*f.w+i])
			}
		}
	}
	return uint8(sum / n)
}

// dropClouds drops minutiae that have more than four others within two ridge periods: scars and smudges look so,
// fingers do not.
func dropClouds(in []minutia) []minutia {
	out := make([]minutia, 0, len(in))
	for i, a := range in {
		near := 0
		for j, b := range in {
			if dx, dy := int(a.x-b.x), int(a.y-b.y); i != j && dx*dx+dy*dy < 20*20 {
				near++
			}
		}
		if near <= 4 {
			out = append(out, a)
		}
	}
	return out
}
