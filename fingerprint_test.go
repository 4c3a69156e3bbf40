package main

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// The bar never fills the row: a line that wraps cannot be wiped, and every step would leave one behind.
func TestProgressLine(t *testing.T) {
	for columns := 1; columns < 100; columns++ {
		for _, done := range []int{0, 37, 320} {
			l := progressLine("P160_FVC2000_DB1_B", "extracting", done, 320, columns)
			if len(l) >= columns {
				t.Errorf("%d columns: %d long: %q", columns, len(l), l)
			}
			if columns >= 40 && !strings.HasSuffix(l, "/320") {
				t.Errorf("%d columns: the count is missing: %q", columns, l)
			}
		}
	}
	if l := progressLine("a", "comparing", 5, 10, 80); l != "a  comparing   [###############...............] 5/10" {
		t.Errorf("%q", l)
	}
}

// A measurement of minutes is not waited for once the person has ended the program.
func TestUnlessEnded(t *testing.T) {
	if n, err := unlessEnded(t.Context(), func() (int, error) { return 7, nil }); n != 7 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	never := make(chan struct{})
	defer close(never)
	n, err := unlessEnded(ctx, func() (int, error) { cancel(); <-never; return 7, nil })
	if n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d, %v", n, err)
	}
}
