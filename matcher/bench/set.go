// Package bench measures the matcher on folders of fingerprint pictures, by the protocols of the fingerprint
// verification competitions and by two of its own for small sensors.
package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"keyrollout/matcher"
)

// Print is one picture of a set: the Number-th touch of Finger.
type Print struct {
	Finger   string
	Number   int
	Name     string
	Template *matcher.Template // nil when refused
	Refused  error
	Verdict  matcher.Verdict // what is said of the picture as a touch, when it was judged
	Took     time.Duration
}

// Load reads every picture FINGER_NUMBER.png (or .pgm, .jpg) of a folder and extracts it. Files of other names are
// skipped. progress, if not nil, is called after each picture.
func Load(dir string, workers int, progress func(done, all int)) ([]Print, error) {
	return load(dir, workers, false, progress)
}

// load is Load; with judge, pictures that matcher.Assess turns away give no template.
func load(dir string, workers int, judge bool, progress func(done, all int)) ([]Print, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var prints []Print
	for _, e := range entries {
		base, ext := e.Name(), filepath.Ext(e.Name())
		if !slices.Contains([]string{".png", ".pgm", ".jpg", ".jpeg"}, strings.ToLower(ext)) {
			continue
		}
		base = strings.TrimSuffix(base, ext)
		finger, number, ok := cutLast(base, "_")
		n, err := strconv.Atoi(number)
		if !ok || err != nil {
			continue
		}
		prints = append(prints, Print{Finger: finger, Number: n, Name: e.Name()})
	}
	if len(prints) == 0 {
		return nil, fmt.Errorf("%s holds no pictures named FINGER_NUMBER.png", dir)
	}
	slices.SortFunc(prints, func(a, b Print) int {
		if c := strings.Compare(a.Finger, b.Finger); c != 0 {
			return c
		}
		return a.Number - b.Number
	})
	var mu sync.Mutex
	var firstErr error
	done := 0
	parallel(len(prints), workers, func(i int) {
		err := prints[i].extract(dir, judge)
		mu.Lock()
		defer mu.Unlock()
		if err != nil && firstErr == nil {
			firstErr = err
		}
		if done++; progress != nil {
			progress(done, len(prints))
		}
	})
	return prints, firstErr
}

func (p *Print) extract(dir string, judge bool) error {
	f, err := os.Open(filepath.Join(dir, p.Name))
	if err != nil {
		return err
	}
	defer f.Close()
	img, err := matcher.Decode(f)
	if err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	start := time.Now()
	if judge {
		touch := matcher.Assess(img)
		p.Template, p.Verdict = touch.Template, touch.Verdict
	} else {
		p.Template, p.Refused = matcher.Extract(img)
	}
	p.Took = time.Since(start)
	return nil
}

// parallel runs do(0..n-1) on so many goroutines; results must not depend on the order.
func parallel(n, workers int, do func(i int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
