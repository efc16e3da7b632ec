// Package bench measures stock and patched lnd side by side, and reports.
package bench

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"lnd-once/internal/base"
	"lnd-once/internal/results"
)

// Results is what a run has measured on a base, and with what.
type Results struct {
	// Base is the name of the base.
	Base string `json:"base"`

	// Commit is that of the patched tree, and Sources the hash of all that
	// has a say in the figures.
	Commit  string `json:"commit"`
	Sources string `json:"sources"`

	// Facts are those of the machine and of the run.
	Facts Facts `json:"facts"`

	// Stock and Patched are what was measured on each side.
	Stock   Side `json:"stock"`
	Patched Side `json:"patched"`
}

// Side holds all values that were measured on one side, by benchmark and unit.
// The unit is as benchfmt tidies it, such as "sec/op" for "ns/op".
type Side map[string]map[string][]float64

// NewResults returns results without any values.
func NewResults(b *base.Base) *Results {
	return &Results{Base: b.Name, Stock: Side{}, Patched: Side{}}
}

// fullFile is the file with the results of a base's last full run.
func fullFile(b *base.Base) string {
	return filepath.Join(b.Results(), "bench.json")
}

// Load reads the results in a file.
func Load(file string) (*Results, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}

	r := &Results{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s holds no results: %w", file, err)
	}

	return r, nil
}

// Save writes the results to a file, as a whole or not at all.
func (r *Results) Save(file string) error {
	return results.Save(file, r)
}

// add adds the results that a benchmark has printed in Go's format. What is not
// a result is skipped, but a result that cannot be read is an error.
func (s Side) add(output io.Reader, name string) error {
	reader := benchfmt.NewReader(output, name)
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.Result:
			bench := benchName(record.Name)
			if s[bench] == nil {
				s[bench] = make(map[string][]float64)
			}
			for _, v := range record.Values {
				s[bench][v.Unit] = append(
					s[bench][v.Unit], v.Value,
				)
			}

		case *benchfmt.SyntaxError:
			return record
		}
	}

	return reader.Err()
}

// benchName returns a benchmark's name without the number of processors, which
// is one and the same in all results.
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

// missingError tells that something was not measured on both sides.
type missingError struct {
	bench, unit string
}

// Error names what is missing.
func (e missingError) Error() string {
	return fmt.Sprintf("no %s of %s on both sides", e.unit, e.bench)
}

// pair returns what was measured on both sides.
func (r *Results) pair(bench, unit string) (pair, error) {
	stock, patched := r.Stock[bench][unit], r.Patched[bench][unit]
	if len(stock) == 0 || len(patched) == 0 {
		return pair{}, missingError{bench, unit}
	}

	return newPair(stock, patched), nil
}

// benches returns the names of all benchmarks on either side that are of the
// function and have the unit, by the alphabet.
func (r *Results) benches(function, unit string) []string {
	names := make(map[string]bool)
	for _, side := range []Side{r.Stock, r.Patched} {
		for bench, values := range side {
			name, _, _ := strings.Cut(bench, "/")
			if name == function && len(values[unit]) > 0 {
				names[bench] = true
			}
		}
	}

	return slices.Sorted(maps.Keys(names))
}

// Subscription is how long the first update of a subscription took with that
// many payments stored.
type Subscription struct {
	Payments, Seconds float64
}

// Subscriptions returns the medians of a side, by the number of payments.
func (s Side) Subscriptions() []Subscription {
	var all []Subscription
	for bench, values := range s {
		var payments int
		_, err := fmt.Sscanf(bench, "Subscription/payments=%d/"+
			"what=subscribe", &payments)
		if err != nil || bench != subscribe(payments) ||
			len(values["sec/op"]) == 0 {

			continue
		}
		all = append(all, Subscription{
			float64(payments), spreadOf(values["sec/op"]).median,
		})
	}
	slices.SortFunc(all, func(a, b Subscription) int {
		return cmp.Compare(a.Payments, b.Payments)
	})

	return all
}
