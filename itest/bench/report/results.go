package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
)

// enough is how many runs of a side it takes to tell chance from a difference.
const enough = 3

// key names what was measured: a benchmark and a unit. The unit is as the
// results have it once benchfmt has tidied it, such as "sec/op" for "ns/op".
type key struct {
	bench, unit string
}

// results holds all values that were measured on one side, by what they tell.
type results map[key][]float64

// readResults reads benchmark results in Go's format. What is not a result is
// skipped, but a result that cannot be read is an error.
func readResults(r io.Reader, name string) (results, error) {
	all := make(results)

	reader := benchfmt.NewReader(r, name)
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.Result:
			bench := benchName(record.Name)
			for _, value := range record.Values {
				k := key{bench, value.Unit}
				all[k] = append(all[k], value.Value)
			}

		case *benchfmt.SyntaxError:
			return nil, record
		}
	}

	return all, reader.Err()
}

// benchName returns a benchmark's name without the number of processors, which
// is one and the same in a report.
func benchName(name benchfmt.Name) string {
	base, parts := name.Parts()

	var b strings.Builder
	b.Write(base)
	for _, part := range parts {
		if part[0] != '-' {
			b.Write(part)
		}
	}

	return b.String()
}

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

// worse tells whether patched needs more than stock, but for noise. Where there
// are too few runs to call a difference chance, the difference counts.
func (p pair) worse() bool {
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

// report is what a run of all benchmarks gave on one base.
type report struct {
	base           string
	stock, patched results
}

// errMissing tells that something was not measured on both sides.
type errMissing key

// Error names what is missing.
func (e errMissing) Error() string {
	return fmt.Sprintf("no %s of %s on both sides", e.unit, e.bench)
}

// pair returns what was measured on both sides.
func (r *report) pair(bench, unit string) (pair, error) {
	k := key{bench, unit}
	stock, patched := r.stock[k], r.patched[k]
	if len(stock) == 0 || len(patched) == 0 {
		return pair{}, errMissing(k)
	}

	return newPair(stock, patched), nil
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

// benches returns the names of all benchmarks on either side whose name begins
// so and that have the unit, in a good order for people.
func (r *report) benches(group, unit string) []string {
	var names []string
	for _, side := range []results{r.stock, r.patched} {
		for k := range side {
			name, _, _ := strings.Cut(k.bench, "/")
			if name == group && k.unit == unit &&
				!slices.Contains(names, k.bench) {

				names = append(names, k.bench)
			}
		}
	}
	slices.SortFunc(names, compareNames)

	return names
}
