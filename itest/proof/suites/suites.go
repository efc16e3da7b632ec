// Package suites runs lnd's own tests of what has to do with payments, and
// judges those that fail: whether it is us, chance, or lnd itself.
package suites

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/gotest"
	"lnd-once/internal/progress"
)

// again is how often a test that failed is tried again, alone.
const again = 2

// The sides of lnd.
const (
	Patched = "patched"
	Stock   = "stock"
)

// Kind is what became of a test that did not pass.
type Kind string

const (
	// Violation is a test that fails on patched, and not on stock.
	Violation Kind = "violation"

	// OnStock is a test that fails on stock as well.
	OnStock Kind = "stock"

	// Flaky is a test that failed and passes when it is tried alone.
	Flaky Kind = "flaky"

	// Skipped is a test that did not want to run.
	Skipped Kind = "skipped"
)

// Trouble is a test that did not pass.
type Trouble struct {
	Kind Kind `json:"kind"`

	// Package is the folder of its package in lnd, Tag what it was built
	// with, if that matters.
	Package string `json:"package"`
	Test    string `json:"test"`
	Tag     string `json:"tag,omitempty"`
	Reason  string `json:"reason"`
}

// Name returns the test's name with its package's, and the tag it was built
// with.
func (t *Trouble) Name() string {
	name := t.Package
	if t.Test != "" {
		name += " " + t.Test
	}
	if t.Tag != "" {
		name += " (" + t.Tag + ")"
	}

	return name
}

// Tried is a verdict on a test that was built with a tag, or with none.
type Tried struct {
	gotest.Verdict

	Tag string
}

// Suite is a set of tests.
type Suite interface {
	// All runs all tests that the lnd of a side holds.
	All(ctx context.Context, side string) ([]Tried, error)

	// Alone runs one of them by itself, on either side.
	Alone(ctx context.Context, side string, test Tried) ([]Tried, error)
}

// Report says what became of a suite's tests.
type Report struct {
	// Packages and Tests count all that were run.
	Packages, Tests int

	// Troubles are the tests that did not pass.
	Troubles []Trouble
}

// Of returns how many tests are in trouble of a kind.
func (r *Report) Of(kind Kind) int {
	count := 0
	for _, t := range r.Troubles {
		if t.Kind == kind {
			count++
		}
	}

	return count
}

// Run runs a suite on the patched lnd. A test that fails is tried alone, up to
// two times more. One that still fails is tried on stock in the same way.
func Run(ctx context.Context, b *base.Base, suite Suite,
	log *progress.Log) (*Report, error) {

	tests, err := suite.All(ctx, Patched)
	if err != nil {
		return nil, err
	}

	j := judge{b, suite, log}
	report := &Report{Tests: len(tests)}
	var packages []string
	for _, test := range tests {
		packages = append(packages, test.Package)
		kind := Skipped
		switch test.Result {
		case gotest.Passed:
			continue

		case gotest.Failed:
			kind, err = j.judge(ctx, test)
			if err != nil {
				return nil, err
			}
		}
		report.Troubles = append(report.Troubles, Trouble{
			Kind: kind, Package: j.folder(test), Test: test.Test,
			Tag: test.Tag, Reason: test.Reason,
		})
	}
	slices.Sort(packages)
	report.Packages = len(slices.Compact(packages))

	return report, nil
}

// judge finds out why tests fail.
type judge struct {
	base  *base.Base
	suite Suite
	log   *progress.Log
}

// judge returns what is to be said of a test that has failed on patched.
func (j *judge) judge(ctx context.Context, test Tried) (Kind, error) {
	passes, err := j.passes(ctx, Patched, test)
	if err != nil || passes {
		return Flaky, err
	}
	passes, err = j.passes(ctx, Stock, test)
	if err != nil || passes {
		return Violation, err
	}

	return OnStock, nil
}

// passes tells whether a test passes when it is tried alone. Stock passes also
// if it does not have the test.
func (j *judge) passes(ctx context.Context, side string, test Tried) (bool,
	error) {

	folder := filepath.Join(Tree(j.base, side), j.folder(test))
	if _, err := os.Stat(folder); side == Stock && err != nil {
		return true, nil
	}

	for range again {
		j.log.Say("trying %s of %s alone on %s", test.Test,
			j.folder(test), side)
		tried, err := j.suite.Alone(ctx, side, test)
		if err != nil {
			return false, err
		}
		failed := slices.ContainsFunc(tried, func(t Tried) bool {
			return t.Result == gotest.Failed
		})
		if !failed && (side == Stock || len(tried) > 0) {
			return true, nil
		}
	}

	return false, nil
}

// folder returns the folder in lnd of a test's package.
func (j *judge) folder(test Tried) string {
	folder := strings.TrimPrefix(test.Package, j.base.Module)
	if folder == "" {
		return "."
	}

	return strings.TrimPrefix(folder, "/")
}

// Tree returns the tree of the lnd of a side.
func Tree(b *base.Base, side string) string {
	if side == Stock {
		return b.Stock()
	}

	return b.Tree()
}
