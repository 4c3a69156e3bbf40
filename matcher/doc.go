// Package matcher tells whether two pictures show the same finger.
//
// It knows pictures and numbers, nothing of keys, tenants or screens. Start here:
//
//	t, err := matcher.Extract(img)        // picture to template; *Refusal says why not
//	s := matcher.Compare(t, u)            // two templates to a score; see Threshold
//
//	e := matcher.NewEnrolment(12)         // a finger from several touches of a small sensor
//	touch := e.Add(img)                   // ... each with its Verdict
//	f, err := e.Finger()
//	i, s, err := matcher.Verify(img, f)   // i is -1 when it is none of the fingers
//
// # From picture to template
//
// analyse (extract.go) runs these stages; Stages shows what each one saw.
//
//	plane.go        to the working resolution, nine px from ridge to ridge, and softened a little
//	clean.go        what the sensor adds to every picture goes: stripes, frames, dark margins
//	normalise.go    brightness and contrast made even, locally
//	orientation.go  where the ridges run: the gradient tensor at two scales
//	period.go       how far they are apart: waves in a signature across the ridges
//	segment.go      what is worth looking at, and what is print
//	enhance.go      a Gabor filter along that flow, taken apart into two lines; run twice, the second time along
//	                the flow that the first answer shows
//	field.go        the answer as a wave: orientation, phase and clarity every six px
//	skeleton.go     ridges as bits, and as lines of one px
//	minutiae.go     where ridges end and split, without the false ones
//	template.go     minutiae and wave field, packed
//
// # From templates to a score
//
//	descriptor.go   what the ridges look like around a minutia, as 5 x 64 bits
//	pair.go         which minutiae look alike; the likeliest pairs are tried in turn
//	register.go     from one pair the prints are laid on each other, block by block, as long as ridges run in step
//	stretch.go      ... learning how the skin was stretched between the touches
//	score.go        the evidence for and against, weighed into one number
//	explain.go      the same, with its reasons
//	viewmatch.go    ... and drawn
//
// Minutiae alone do not carry a touch of 8 mm: there are a dozen of them, and five in common. So minutiae only propose
// how two prints may lie on each other; the ridges themselves decide. That is also why a stranger's score stays low:
// his ridges fall out of step at the first minutia that the other finger does not have.
//
// # What a template reveals
//
// Nearly everything: the ridge pattern can be redrawn from it (the last of the Stages does so). Templates and Fingers
// must rest encrypted.
//
// # Sameness
//
// The same picture gives the same template on every machine: stages work in integers, and where floating point is used
// each product is rounded by itself (an explicit float64 conversion), so that no compiler fuses it with a sum.
//
// # How good it is
//
// Measured with package bench on the six FVC databases and the two small-sensor protocols of facts/fingerprints.md;
// the weights in score.go were fitted on FVC2000_DB1_B, FVC2002_DB3_B and FVC2004_DB1_B, constants elsewhere come from
// reasons and were checked on all six. Per cent; in brackets the best single open engine (SourceAFIS, go-sourceafis,
// NBIS):
//
//	                 EER            FNMR at FMR 1 %   FNMR at FMR 0.1 %
//	FVC2000_DB1_B    0.70 ( 2.85)    0.71 ( 3.93)      0.71 ( 7.14)   tuned on
//	FVC2000_DB3_B    2.50 (10.37)    3.21 (20.71)      3.57 (32.86)
//	FVC2002_DB1_B    0.35 ( 3.03)    0.36 ( 3.21)      0.36 ( 5.71)
//	FVC2002_DB3_B    1.06 ( 7.87)    1.07 (17.86)      1.07 (24.29)   tuned on
//	FVC2004_DB1_B    5.35 ( 8.20)    8.93 (15.00)     13.93 (21.43)   tuned on
//	FVC2004_DB3_B    0.35 ( 4.44)    0.00 ( 7.14)      0.36 ( 9.29)
//	mean of six      1.72 ( 7.98)    2.38 (12.62)      3.33
//	pooled           1.84 ( 8.30)    2.08 (13.27)      3.27 (17.62)   at 1 in 10,000: 4.94
//
//	160 px, 12 enrolled (mean of six crops)
//	                 3.04 (14.4)     3.83 (31.6)       5.17 (43.6), there two engines fused
//	SMALL160         6.09 (18.7)     7.95 (36.1)      11.00 (47.8), there two engines fused; five random draws
//	  ... with the 29 % of touches that Assess refuses left out
//	                 1.50            1.56              2.24
//	  ... the first twelve touches enrolled instead of random ones
//	                10.99           15.68             20.91; without the refused ones 5.10, 8.16, 9.52
//
// Of the genuine touches of SMALL160's five fingers, in the order of their names, 0, 0, 4, 13 and 23 % are not let in at
// FMR 1 %; with bad touches refused (6, 0, 1, 60 and 79 % of them), 1, 0, 4, 0 and 7 %.
//
// How much the weights depend on what they were fitted on (tried on templates of a slightly earlier extraction, where
// they gave a mean EER of 1.62): fitted anew on five databases, each time leaving out one, the mean EER of those left out
// is 1.69; fitted on the three that were only reported on, the mean EER of all six is 1.80, and on the three of the fit
// 1.67.
//
// What a threshold does, the six databases together (17,280 impostor pairs: one reaches 10, none 12):
//
//	score            4       6       8      10      12      16      20
//	FMR %         6.08    0.38    0.03    0.01    0.00    0.00    0.00
//	FNMR %        1.49    2.50    3.87    5.00    5.77    8.33   11.49
//
// A score above 20 leaves no doubt, and the search for a better one stops: such scores say no more than that.
//
// On one core of a shared virtual machine: 18 to 21 ms to extract 388x374, 5 to 7 ms for 160x160. A full print is compared with
// a stranger's in 53 to 74 us and with one of the same finger in 45 to 82, by database; touches of 160 px in 26 to 46
// (means over pairs, each pair's time the least of five, with others compared in between). Nothing is allocated.
//
// One genuine pair of a database of 280 is 0.36 points: differences of a point between two versions mean nothing.
// A template has about 4 kB (full print) or 1.3 kB (160 px).
//
// Known to fail: a sensor whose empty plate shows slanted lines about a ridge period apart lets strangers in, for the
// lines run in step with themselves. Upright and level ones are taken out (clean.go), slanted ones are not: with lines of
// +-8 gray levels drawn over everything (bench --strain, "lines, slant"), 51 % of the impostor pairs of FVC2002_DB1_B
// reach Threshold and 79 % of FVC2004_DB1_B's, which is mostly empty plate.
//
// What these numbers cannot prove: ten fingers a database are few, a rate of 1 in 10,000 rests on one or two pairs, and
// nothing here tests whether the finger is alive.
package matcher
