package bench

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Baseline is what another engine reaches on the same set.
type Baseline struct {
	Engine string
	Rates  Rates
}

// baselines reads ENGINE-SET.csv (or .csv.gz) in the folder "baseline" beside the set: columns a, b, kind, score, one
// row for each pair of pictures. It is no error when there are none.
func baselines(dir, set string) ([]Baseline, error) {
	var out []Baseline
	for _, ext := range []string{".csv", ".csv.gz"} {
		files, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Clean(dir)), "baseline", "*-"+set+ext))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			engine := strings.TrimSuffix(filepath.Base(f), "-"+set+ext)
			r, err := readBaseline(f)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f, err)
			}
			out = append(out, Baseline{engine, r})
		}
	}
	slices.SortFunc(out, func(a, b Baseline) int { return strings.Compare(a.Engine, b.Engine) })
	return out, nil
}

func readBaseline(file string) (Rates, error) {
	f, err := os.Open(file)
	if err != nil {
		return Rates{}, err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(file, ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			return Rates{}, err
		}
		r = z
	}
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = 4
	rows.ReuseRecord = true
	var genuine, impostor []float64
	best := map[[2]string]float64{} // probe and finger: the best over the enrolled touches
	full := true
	for first := true; ; first = false {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Rates{}, err
		}
		if first {
			continue
		}
		score, err := strconv.ParseFloat(row[3], 64)
		if err != nil {
			return Rates{}, err
		}
		fa, na, err := nameOf(row[0])
		if err != nil {
			return Rates{}, err
		}
		fb, nb, err := nameOf(row[1])
		if err != nil {
			return Rates{}, err
		}
		full = full && na <= 12 && nb <= 12
		switch {
		case na <= 12 && nb > 12:
			k := [2]string{strings.Clone(row[1]), fa}
			best[k] = max(best[k], score)
		case nb <= 12 && na > 12:
			k := [2]string{strings.Clone(row[0]), fb}
			best[k] = max(best[k], score)
		}
		if fa == fb {
			genuine = append(genuine, score)
		} else {
			impostor = append(impostor, score)
		}
	}
	if !full {
		genuine, impostor = nil, nil
		for k, s := range best {
			if f, _, _ := nameOf(k[0]); f == k[1] {
				genuine = append(genuine, s)
			} else {
				impostor = append(impostor, s)
			}
		}
	}
	return Measure(genuine, impostor), nil
}

func nameOf(s string) (finger string, number int, err error) {
	f, n, ok := cutLast(s, "_")
	if !ok {
		return "", 0, fmt.Errorf("%q is no FINGER_NUMBER", s)
	}
	number, err = strconv.Atoi(n)
	return f, number, err
}
