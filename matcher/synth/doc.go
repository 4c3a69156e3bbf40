// Package synth makes practice fingers: ridge patterns that never belonged to anyone, pressed on a sensor.
//
// A finger comes from a seed alone; the same seed gives the same bytes on every machine. The order of the steps is that
// of SFinGe (Cappelli, "Synthetic Fingerprint Generation", in the Handbook of Fingerprint Recognition):
//
//   - plan.go lays out the Henry class, the cores and deltas, the flow of the ridges and the distance between them.
//     The flow turns around cores and deltas (Sherlock and Monro 1993), with a correction that lets ridges run down
//     beside a core as a U and not as a parabola (after Vizcaya and Gerhardt 1996). That is for more than the looks: a
//     flow that spreads at one width of ridge must put new ridges in between, so that without it there are too many
//     minutiae around the core: 0.26 to the square millimetre instead of 0.22.
//   - grow.go lets ridges grow out of noise by filtering again and again along that flow; minutiae arise where growing
//     ridges meet out of step, and the longer it goes on, the fewer are left. How long differs from finger to finger.
//   - skin.go adds what else a finger brings along: pores, uneven ridges, worn spots, creases; with the plan's and the
//     skin's noise this is the master print, made once and kept.
//   - touch.go presses it on a sensor: where and how turned, which part touches, skin that is held in the middle and
//     dragged around it (Cappelli, Maio and Maltoni 2001), pressure that differs over the contact, moisture, dry specks,
//     noise, focus, the sensor's own shade.
//   - press.go and natural.go choose those. Touch is a careful hand on a small sensor and Press a touch on demand, for
//     rehearsals and tests: a rehearsal must not refuse a good touch, so Touch is easier than life. Print is what people
//     leave whom nobody guides.
//
// # How like real ones they are
//
// Print against the six FVC databases, and windows of 160 px cut from Print by the P160 protocol against those cut from
// the databases and against SMALL160 (all in facts/fingerprints.md): the mean of the real sets' figures, then those of
// practice fingers 0 to 9. Scores are those of package matcher. From "keyrollout fingerprint bench --practice 10 DIR...",
// which prints every set, and plots the scores.
//
//	                              full prints              160 px, twelve enrolled
//	                              real     practice        real     practice
//	genuine score,   5 %          15.0     17.6             7.1     10.2
//	                25 %          30.7     31.5            15.0     17.8
//	                50 %          47.5     47.6            19.6     21.1
//	                75 %          64.7     66.7            23.4     23.5
//	                95 %          90.7     93.8            31.5     29.6
//	impostor score,  5 %           1.4      1.4             2.1      2.4
//	                50 %           2.4      2.8             3.3      3.5
//	                95 %           4.0      4.7             5.1      5.2
//	minutiae, 5, 50, 95 %     23 44 78 32 46 74         5 13 25  7 15 24
//	quality, 5, 50, 95 %      23 49 71 24 51 75        20 55 81 25 54 82
//	EER, per cent                 1.72     1.78            3.48     1.00
//	... of single sets       0.35-5.35                0.75-6.09
//	FNMR at FMR 0.1 %             3.33     2.50            6.00     4.00
//	no template                      0        0               0        0
//
// The mean Kolmogorov-Smirnov distance, per cent, of the real sets from one another, and of the practice set from them:
//
//	genuine scores                  25       17              18       18
//	impostor scores                  7       15              10       11
//	minutiae                        39       34              22       25
//	quality                         34       25              17       12
//
// So the practice set lies about as near to the real ones as they lie to one another, but for impostor scores, which are
// a third of a point too high on full prints, and for the minutiae of small windows. The spreads in natural.go and
// skin.go were chosen, with fingers 0 to 23, so that these quantiles meet; lengths, shares and shapes come from what they
// stand for. Fingers 100 to 115, never looked at, lay no further off, with an earlier matcher.
//
// Touch is easier: of 60 fingers, 58 were enrolled with twelve touches and two with thirteen, and 598 of 600 touches
// opened what they had enrolled.
//
// What differs still: windows of 160 px have too many minutiae and the worst of them are not bad enough; there is one
// kind of sensor; nobody has a cut, an illness, or dirt on the finger. So the matcher is never tuned on practice fingers,
// and rates measured on them say nothing about it. They rehearse enrolment, and test plumbing and feedback.
package synth
