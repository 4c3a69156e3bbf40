package tui

import (
	"os"
	"strings"

	"golang.org/x/term"

	"keyrollout/internal/foreign"
)

const (
	foreignRows = 4   // of a line that is longer than the terminal is wide
	foreignWide = 200 // letters of a row where f is no terminal
)

// Foreign is a line of another program's words as rows for f. Each row says by whom it is, and none is wider than the
// terminal: it would go on at the beginning of the next one, where it could pass for a line of ours.
func Foreign(f *os.File, by, line string) []string {
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil || w <= 0 {
		w = foreignWide
	}
	return foreignly(by, line, max(w-1, len(by)+leastW/2))
}

func foreignly(by, line string, w int) (rows []string) {
	room := w - len(by)
	var row strings.Builder
	used := 0
	end := func() {
		rows = append(rows, by+row.String())
		row.Reset()
		used = 0
	}
	for _, r := range foreign.Shown(strings.ReplaceAll(line, "\t", " ")) {
		cells := 1
		if r >= 0x80 {
			cells = 2 // how wide it is, only the terminal knows
		}
		if used+cells > room {
			if end(); len(rows) == foreignRows {
				return rows
			}
		}
		row.WriteRune(r)
		used += cells
	}
	end()
	return rows
}
