package bench

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"keyrollout/matcher"
)

// prints is the folder of real fingerprints, which may not be in this repository; see its README.
func prints(t *testing.T, set string) string {
	dir := os.Getenv("KEYROLLOUT_FINGERPRINTS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "fingerprints")
	}
	dir = filepath.Join(dir, set)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no real fingerprints here (set KEYROLLOUT_FINGERPRINTS to the folder that has them): %v", err)
	}
	return dir
}

// On real fingers, genuine pairs score above impostor pairs.
func TestFVC2002(t *testing.T) {
	set, err := Load(prints(t, "FVC2002_DB1_B"), runtime.GOMAXPROCS(0), nil)
	if err != nil {
		t.Fatal(err)
	}
	var genuine, impostor []float64
	for i, a := range set {
		for _, b := range set[i+1:] {
			s := matcher.Compare(a.Template, b.Template)
			if a.Finger == b.Finger {
				genuine = append(genuine, s)
			} else {
				impostor = append(impostor, s)
			}
		}
	}
	if len(genuine) != 280 || len(impostor) != 2880 {
		t.Fatalf("%d genuine and %d impostor pairs", len(genuine), len(impostor))
	}
	r := Measure(genuine, impostor)
	t.Logf("EER %.2f %%, FMR100 %.2f %%, FMR1000 %.2f %%", 100*r.EER, 100*r.FMR100, 100*r.FMR1000)
	if r.EER > 0.01 { // reached: 0.35 %; the best of the open engines has 3.03 %
		t.Errorf("EER %.2f %%, was under 1 %%", 100*r.EER)
	}
}
