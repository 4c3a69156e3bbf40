package bench

import (
	"fmt"
	"time"

	"keyrollout/matcher"
	"keyrollout/matcher/synth"
)

// Practice measures practice fingers as a small-sensor set: touches 0 to 11 enrol, twenty more probe every finger.
// It shows how like real fingers they are (compare Histogram with that of a real set). It says nothing about the
// matcher: practice fingers are too easy to tell from themselves and not easy enough to tell from others.
func Practice(fingers int, o Options) *Result {
	r := &Result{Name: fmt.Sprintf("%d practice fingers", fingers), Protocol: "twelve touches enrol, twenty probe",
		Pictures: 32 * fingers, perFinger: map[string][]float64{}}
	progress := func(what string) func(done, all int) {
		return func(done, all int) {
			if o.Progress != nil {
				o.Progress(what, done, all)
			}
		}
	}
	prints := make([]Print, r.Pictures)
	parallel(fingers, o.Workers, func(s int) {
		f := synth.New(uint64(s))
		for n := range 32 {
			p := Print{Finger: fmt.Sprint(s), Number: n + 1}
			img := f.Touch(n)
			start := time.Now()
			p.Template, p.Refused = matcher.Extract(img)
			p.Took = time.Since(start)
			prints[s*32+n] = p
		}
	})
	for _, p := range prints {
		r.Extract += p.Took / time.Duration(len(prints))
		if p.Template == nil {
			r.Refused++
		} else if b, err := p.Template.MarshalBinary(); err == nil {
			r.Bytes += len(b)
		}
	}
	r.Bytes /= max(1, r.Pictures-r.Refused)
	r.enrolled(byFinger(prints), firstTwelve, o.Workers, progress("comparing"))
	r.finish()
	return r
}
