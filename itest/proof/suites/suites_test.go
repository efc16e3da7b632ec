package suites

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/gotest"
	"lnd-once/internal/progress"
)

// results are results of one test, in the order in which it is tried.
type results []gotest.Result

// fake is a suite with tests that end as the table says.
type fake struct {
	all []Tried

	// alone says how a test ends, by side and name, when it is tried alone
	// for the first time, the second time and so on.
	alone map[string]results
	err   error
}

// All returns the verdicts on all tests.
func (f *fake) All(context.Context, string) ([]Tried, error) {
	return f.all, nil
}

// Alone returns the next verdict on a test. There is none if it is not there.
func (f *fake) Alone(_ context.Context, side string, test Tried) ([]Tried,
	error) {

	key := side + " " + test.Test
	left := f.alone[key]
	if len(left) == 0 {
		return nil, f.err
	}
	f.alone[key] = left[1:]
	test.Result = left[0]

	return []Tried{test}, f.err
}

// tried returns a verdict on a test of lnd's package routing.
func tried(test string, result gotest.Result) Tried {
	return Tried{Verdict: gotest.Verdict{
		Package: "lnd/routing", Test: test, Result: result,
		Reason: "because",
	}}
}

// newBase returns a base whose lnd has a package.
func newBase(t *testing.T) *base.Base {
	t.Helper()

	b := &base.Base{Name: "v1.0.0", Root: t.TempDir(), Module: "lnd"}
	for _, tree := range []string{b.Tree(), b.Stock()} {
		dir := filepath.Join(tree, "routing")
		require.NoError(t, os.MkdirAll(dir, 0o700))
		for name, text := range map[string]string{
			"go.mod": "module lnd\n", "lnd.go": "package lnd\n",
			"routing/a_test.go": "package routing\n\n" +
				"import \"testing\"\n\n" +
				"func TestA(t *testing.T) { t.Error(\"a\") }\n",
		} {
			err := os.WriteFile(filepath.Join(tree, name),
				[]byte(text), 0o600)
			require.NoError(t, err)
		}
	}

	return b
}

// TestRunJudges asserts what becomes of tests that fail, in every way in which
// they can end when they are tried alone.
func TestRunJudges(t *testing.T) {
	t.Parallel()

	const (
		pass = gotest.Passed
		fail = gotest.Failed
		skip = gotest.Skipped
	)
	for name, tc := range map[string]struct {
		patched, stock results
		want           Kind
	}{
		"passes alone":    {results{pass}, nil, Flaky},
		"passes later":    {results{fail, pass}, nil, Flaky},
		"is skipped":      {results{skip}, nil, Flaky},
		"is not found":    {nil, nil, Violation},
		"not on stock":    {results{fail, fail}, nil, Violation},
		"passes on stock": {results{fail, fail}, results{pass}, Violation},
		"passes there later": {
			results{fail, fail}, results{fail, pass}, Violation,
		},
		"fails on stock": {
			results{fail, fail}, results{fail, fail}, OnStock,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			suite := &fake{
				all: []Tried{
					tried("TestP", pass),
					tried("TestF", fail),
					tried("TestS", skip),
				},
				alone: map[string]results{
					Patched + " TestF": tc.patched,
					Stock + " TestF":   tc.stock,
				},
			}
			report, err := Run(t.Context(), newBase(t), suite,
				progress.New(io.Discard, "test"))
			require.NoError(t, err)
			require.Equal(t, &Report{
				Packages: 1, Tests: 3, Troubles: []Trouble{{
					Kind: tc.want, Package: "routing",
					Test: "TestF", Reason: "because",
				}, {
					Kind: Skipped, Package: "routing",
					Test: "TestS", Reason: "because",
				}},
			}, report)
			require.Equal(t, 1, report.Of(tc.want))
		})
	}
}

// TestRunOfNewPackage asserts that a test fails on patched only if stock does
// not have its package.
func TestRunOfNewPackage(t *testing.T) {
	t.Parallel()

	b := newBase(t)
	require.NoError(t, os.RemoveAll(filepath.Join(b.Stock(), "routing")))
	suite := &fake{
		all: []Tried{tried("TestF", gotest.Failed)},
		alone: map[string]results{
			Patched + " TestF": {gotest.Failed, gotest.Failed},
			Stock + " TestF":   {gotest.Failed, gotest.Failed},
		},
	}
	report, err := Run(t.Context(), b, suite,
		progress.New(io.Discard, "test"))
	require.NoError(t, err)
	require.Equal(t, 1, report.Of(Violation))

	suite.err = errors.New("no disk")
	_, err = Run(t.Context(), b, suite, progress.New(io.Discard, "test"))
	require.ErrorIs(t, err, suite.err)
}

// TestName asserts how a test is called.
func TestName(t *testing.T) {
	t.Parallel()

	for want, trouble := range map[string]Trouble{
		"routing TestA":       {Package: "routing", Test: "TestA"},
		"routing":             {Package: "routing"},
		"routing TestA (sql)": {Package: "routing", Test: "TestA", Tag: "sql"},
	} {
		require.Equal(t, want, trouble.Name())
	}
}

// TestUnits asserts that the unit tests of lnd are run, all and alone.
func TestUnits(t *testing.T) {
	t.Parallel()

	units := &Units{
		Base: newBase(t), Log: io.Discard,
		Progress: progress.New(io.Discard, "test"),
	}
	all, err := units.All(t.Context(), Patched)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, "lnd/routing", all[0].Package)
	require.Equal(t, gotest.Failed, all[0].Result)

	again, err := units.Alone(t.Context(), Stock, all[0])
	require.NoError(t, err)
	require.Len(t, again, 1)
	require.Equal(t, "a", again[0].Reason)
}
