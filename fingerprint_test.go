package main

import (
	"context"
	"errors"
	stdimage "image"
	"os"
	"path/filepath"
	"runtime"
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

// What shows a finger is for its owner alone, also where a file for all stood before.
func TestPicturesAreForTheirOwner(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes; the folder's rights count")
	}
	path := filepath.Join(t.TempDir(), "1-picture.png")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := writePNG(path, stdimage.NewGray(stdimage.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
