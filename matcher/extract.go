package matcher

// analysis is everything seen on the way from a picture to a template.
type analysis struct {
	img      Image
	scale    int // working px per 500 dpi px, times 4096
	factor   int // working px per picture px, times 65536
	gray     *plane
	contrast []int16
	normal   *plane
	orient   *orientMap
	period   *periodMap
	told     bool // the period could be told
	worth    *mask
	ridges   *plane
	field    *field
	print    *mask
	binary   *bitmap
	skeleton *bitmap
	minutiae []minutia
	quality  Quality
}

// Extract finds the print in a picture and makes a template of it. A picture that gives no usable print is a *Refusal.
func Extract(img Image) (*Template, error) {
	a, err := analyse(img)
	if err != nil {
		return nil, err
	}
	return a.template()
}

// minSide is the least side of a picture, in working px, that can hold a print: ten ridges.
const minSide = 64

// analyse runs all stages. It refuses only pictures on which a stage cannot run; judging quality is left to others.
func analyse(img Image) (*analysis, error) {
	if err := img.check(); err != nil {
		return nil, err
	}
	a := &analysis{img: img}
	dpi := img.DPI
	if dpi == 0 {
		dpi = 500
	}
	base := 65536 * 500 / dpi
	if img.DPI == 0 && max(img.W, img.H) > maxWorking { // finer than 500 dpi, then
		base /= 2
	}
	median, err := a.findScale(base)
	if err != nil {
		return nil, err
	}
	a.scale = a.factor * dpi / 500 / 16
	a.period = a.period.smoothed(median)
	if a.told {
		a.quality.Period = float64(median) / 16 * 65536 / float64(a.factor)
	}
	a.worth = candidates(a.contrast, a.gray.w, a.gray.h)
	a.ridges, a.field = enhance(a.normal, a.orient, a.period, a.worth)
	a.orient = orientations(a.ridges)
	a.ridges, a.field = enhance(a.normal, a.orient, a.period, a.worth)
	a.print = foreground(a.field)
	a.binary = binarise(a.ridges, a.field, a.print)
	a.skeleton = &bitmap{w: a.binary.w, h: a.binary.h, stride: a.binary.stride, p: append([]uint64(nil), a.binary.p...)}
	thin(a.skeleton)
	a.minutiae = findMinutiae(a.skeleton, a.field, a.print)
	a.judge()
	return a, nil
}

// findScale looks at the picture at the scale at which ridges are wantedPeriod apart, if enough of the print agrees on a
// period: a wrong scale costs as much as a right one gains. Ridges that agree on none may be too close together to be
// told, or too far apart; so it looks at twice and at half the scale before it stays at base. It returns the typical
// period, 1/16 px, at the scale chosen.
func (a *analysis) findScale(base int) (period int, err error) {
	if err := a.look(base); err != nil {
		return 0, err
	}
	period, a.told = a.period.typical()
	if !a.told {
		first := *a
		for _, f := range [2]int{base * 2, base / 2} {
			if a.look(f) == nil {
				// What could have been told at base would have been.
				if p, told := a.period.typical(); told && (p < wantedPeriod*16*4/3) == (f > base) {
					period, a.told = p, true
					break
				}
			}
			*a = first
		}
	}
	// A period near the end of what can be told is told roughly; then it looks once more. slack is in per cent.
	for slack := 5; a.told && slack <= 15; slack += 10 {
		want := scaled(base, a.factor, period)
		if abs(want-a.factor)*100 <= a.factor*slack {
			break
		}
		before := *a
		if a.look(want) != nil {
			*a = before
			break
		}
		period, _ = a.period.typical()
	}
	return period, nil
}

// scaled is factor changed so that ridges period/16 px apart come to lie wantedPeriod apart, within reason.
func scaled(base, factor, period int) int {
	return max(base*6/16, min(base*26/10, factor*wantedPeriod*16/period))
}

// look does the stages that find the ridges' direction and period, at one scale.
func (a *analysis) look(factor int) error {
	w, h := int(int64(a.img.W)*int64(factor)>>16), int(int64(a.img.H)*int64(factor)>>16) // over 32 bits in between
	if w < minSide || h < minSide {
		return refuse(TooShort, "%dx%d pixels are too few for a print", a.img.W, a.img.H)
	}
	if w > maxWorking || h > maxWorking {
		return refuse(PoorQuality, "%dx%d pixels are more than a finger has", a.img.W, a.img.H)
	}
	a.factor = factor
	a.gray = resample(a.img, factor)
	destripe(a.gray)
	soften(a.gray)
	a.normal, a.contrast = normalise(a.gray, masked(a.gray))
	a.orient = orientations(a.normal)
	a.period = measurePeriods(a.normal, a.orient)
	return nil
}

// judge fills in the quality.
func (a *analysis) judge() {
	q := &a.quality
	cells, sum := 0, 0
	for i, on := range a.print.on {
		if on {
			cells++
			sum += int(a.field.clear[i])
		}
	}
	q.Minutiae = len(a.minutiae)
	if len(a.print.on) > 0 {
		q.Coverage = float64(cells) / float64(len(a.print.on))
	}
	if cells > 0 {
		q.Clarity = min(1, float64(sum)/float64(cells*255))
	}
	const cellArea = float64(fieldStep*fieldStep) * 0.46 * 0.46 / (wantedPeriod * wantedPeriod)
	q.Area = float64(cells) * cellArea
	// Clarity below 0.35 is noise, 0.75 is as good as it gets; 25 square millimetres are most of a small sensor.
	score := (q.Clarity - 0.35) / 0.40 * min(1, q.Area/25)
	q.Score = int(float64(100*max(0, min(1, score))) + 0.5)
}

// leastArea is how much ridge area, mm2, a template must have: less than that is shared by too many fingers.
const leastArea = 6

// template packs what comparing needs.
func (a *analysis) template() (*Template, error) {
	if high(a.contrast) < grayUnit {
		return nil, refuse(NoContact, "the image is blank")
	}
	if a.quality.Area < leastArea {
		return nil, refuse(TooShort, "only %.0f mm² of ridges can be seen, %d are needed", a.quality.Area, leastArea)
	}
	t := &Template{w: a.normal.w, h: a.normal.h, scale: a.scale, quality: a.quality, minutiae: a.minutiae, field: a.field}
	for i, on := range a.print.on {
		if !on {
			a.field.orient[i], a.field.phase[i], a.field.clear[i] = 0, 0, 0
		}
	}
	t.settle()
	t.prepare()
	return t, nil
}
