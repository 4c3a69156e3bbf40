package tui

import (
	"strings"
)

// plate draws what has to be copied, a code or a pass: alone between two rules, so that the eye finds it first, with
// colours or without; large as well where h lines are enough for that and it can be drawn. It stands on a line of its
// own, to be selected.
func plate(b brush, value string, h int) []string {
	value = clean(value)
	lines := []string{b.st.Plate.Render("  " + value + "  ")}
	wide := len(value) + 4
	if large := large(value); b.blocks && h >= 20 && large != nil && len([]rune(large[0]))+8 <= b.w {
		wide = len([]rune(large[0])) + 3
		for i, l := range large {
			large[i] = "  " + b.st.Strong.Render(l)
		}
		lines = append(append(large, ""), lines...)
	}
	rule := strings.Repeat("-", min(wide, max(b.w-8, 1)))
	lines = append(append([]string{rule}, lines...), rule)
	for i, l := range lines {
		if l != "" {
			lines[i] = "    " + l
		}
	}
	return append(lines, "")
}

// letters are five dots wide and six high, a row a number, the leftmost dot the highest bit: the capitals and digits
// that Microsoft's device codes are made of.
var letters = map[rune][6]byte{
	'A': {14, 17, 17, 31, 17, 17}, 'B': {30, 17, 30, 17, 17, 30}, 'C': {14, 17, 16, 16, 17, 14}, 'D': {30, 17, 17, 17, 17, 30},
	'E': {31, 16, 30, 16, 16, 31}, 'F': {31, 16, 30, 16, 16, 16}, 'G': {14, 17, 16, 19, 17, 14}, 'H': {17, 17, 31, 17, 17, 17},
	'I': {14, 4, 4, 4, 4, 14}, 'J': {7, 2, 2, 2, 18, 12}, 'K': {17, 18, 28, 18, 17, 17}, 'L': {16, 16, 16, 16, 16, 31},
	'M': {17, 27, 21, 17, 17, 17}, 'N': {17, 25, 21, 19, 17, 17}, 'O': {14, 17, 17, 17, 17, 14}, 'P': {30, 17, 17, 30, 16, 16},
	'Q': {14, 17, 17, 21, 18, 13}, 'R': {30, 17, 17, 30, 18, 17}, 'S': {15, 16, 14, 1, 17, 14}, 'T': {31, 4, 4, 4, 4, 4},
	'U': {17, 17, 17, 17, 17, 14}, 'V': {17, 17, 17, 17, 10, 4}, 'W': {17, 17, 17, 21, 27, 17}, 'X': {17, 10, 4, 4, 10, 17},
	'Y': {17, 10, 4, 4, 4, 4}, 'Z': {31, 1, 2, 4, 8, 31},
	'0': {14, 19, 21, 21, 25, 14}, '1': {4, 12, 4, 4, 4, 14}, '2': {14, 17, 2, 4, 8, 31}, '3': {30, 1, 14, 1, 1, 30},
	'4': {2, 6, 10, 18, 31, 2}, '5': {31, 16, 30, 1, 17, 14}, '6': {14, 16, 30, 17, 17, 14}, '7': {31, 1, 2, 4, 4, 4},
	'8': {14, 17, 14, 17, 17, 14}, '9': {14, 17, 17, 15, 1, 14},
}

// large draws a code three lines high; nothing where it holds a character that is not drawn here.
func large(code string) []string {
	var lines [3]strings.Builder
	for _, r := range code {
		dots, ok := letters[r]
		if !ok {
			return nil
		}
		for row := range lines {
			for bit := byte(16); bit > 0; bit >>= 1 {
				lines[row].WriteRune(Halves(dots[2*row]&bit != 0, dots[2*row+1]&bit != 0))
			}
			lines[row].WriteRune('\u00a0')
		}
	}
	return []string{lines[0].String(), lines[1].String(), lines[2].String()}
}

// Halves is a character with its upper and lower half drawn or not. The empty one is a no-break space, which no screen
// wraps or trims.
func Halves(upper, lower bool) rune {
	switch {
	case upper && lower:
		return '█'
	case upper:
		return '▀'
	case lower:
		return '▄'
	}
	return '\u00a0'
}
