package bench

import (
	"slices"

	"golang.org/x/perf/benchmath"
)

// enough is how many runs of a side it takes to tell chance from a difference.
const enough = 3

// spread is what some runs of a benchmark gave.
type spread struct {
	median, low, high float64
	runs              int
}

// spreadOf summarizes values, of which there is at least one.
func spreadOf(values []float64) spread {
	values = slices.Clone(values)
	slices.Sort(values)

	n := len(values)
	middle := values[n/2]
	if n%2 == 0 {
		middle = (values[n/2-1] + middle) / 2
	}

	return spread{middle, values[0], values[n-1], n}
}

// pair is what was measured on both sides.
type pair struct {
	stock, patched spread

	// differ is true if chance alone would hardly give the two.
	differ bool
}

// newPair compares the runs of both sides, of which each has at least one.
func newPair(stock, patched []float64) pair {
	p := pair{stock: spreadOf(stock), patched: spreadOf(patched)}
	p.differ = p.apart()

	// With four runs on each side the test can see no difference at all.
	if min(len(stock), len(patched)) > 4 {
		thresholds := benchmath.DefaultThresholds
		test := benchmath.AssumeNothing.Compare(
			benchmath.NewSample(stock, &thresholds),
			benchmath.NewSample(patched, &thresholds),
		)
		p.differ = test.P < thresholds.CompareAlpha
	}

	return p
}

// ratio returns patched/stock.
func (p pair) ratio() float64 {
	if p.stock.median == p.patched.median {
		return 1
	}

	return p.patched.median / p.stock.median
}

// few is true if there are too few runs to tell what chance does.
func (p pair) few() bool {
	return min(p.stock.runs, p.patched.runs) < enough
}

// worse tells whether patched needs more than stock, but for noise, of which
// the slack is what one comparison of some dozen may show. Where there are too
// few runs to call a difference chance, the difference counts.
func (p pair) worse(slack float64) bool {
	return p.ratio() > slack && (p.differ || p.few())
}

// apart tells whether the two differ as far as a few runs can tell: no run of
// one side is within the other's spread. One or two runs have next to none, so
// that their medians must be a quarter apart.
func (p pair) apart() bool {
	if p.few() {
		return p.ratio() > 1.25 || p.ratio() < 0.8
	}

	return p.stock.high < p.patched.low || p.patched.high < p.stock.low
}
