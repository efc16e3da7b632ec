package suites

import (
	"context"
	"io"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/gotest"
	"lnd-once/internal/progress"
)

// harness is one that stops at the first test case that fails, as lnd's does.
func harness(cases ...gotest.Verdict) Harness {
	return func(_ context.Context, _, run, skip string) (gotest.Verdicts,
		error) {

		var verdicts gotest.Verdicts
		for _, v := range cases {
			name := v.Test
			if !regexp.MustCompile(run).MatchString(name) ||
				regexp.MustCompile(skip).MatchString(name) {

				continue
			}
			v.Test = "TestLightningNetworkDaemon/a/b/c/" + name +
				"/sub"
			verdicts = append(verdicts, v)
			if v.Result == gotest.Failed {
				break
			}
		}

		return verdicts, nil
	}
}

// TestItestsGoOn asserts that all integration tests of payments are run, those
// behind one that fails as well, and no others.
func TestItestsGoOn(t *testing.T) {
	t.Parallel()

	itests := &Itests{
		Progress: progress.New(io.Discard, "test"),
		Harness: harness(
			gotest.Verdict{Test: "keysend", Result: gotest.Failed},
			gotest.Verdict{Test: "graph", Result: gotest.Passed},
			gotest.Verdict{Test: "amp", Result: gotest.Failed},
			gotest.Verdict{
				Test: "payment_outcome", Result: gotest.Passed,
			},
			gotest.Verdict{Test: "invoice", Result: gotest.Passed},
		),
	}
	all, err := itests.All(t.Context(), Patched)
	require.NoError(t, err)

	var names []string
	for _, test := range all {
		names = append(names, test.Test+" "+string(test.Result))
	}
	require.Equal(t, []string{
		"keysend failed", "amp failed", "invoice passed",
	}, names)

	again, err := itests.Alone(t.Context(), Patched, all[1])
	require.NoError(t, err)
	require.Equal(t, all[1:2], again)
}

// TestItestsRefuseSilence asserts that tests which do not run do not pass.
func TestItestsRefuseSilence(t *testing.T) {
	t.Parallel()

	itests := &Itests{
		Harness: harness(), Progress: progress.New(io.Discard, "test"),
	}
	_, err := itests.All(t.Context(), Patched)
	require.EqualError(t, err, "no integration test has run")

	itests.Harness = func(context.Context, string, string, string) (
		gotest.Verdicts, error) {

		return gotest.Verdicts{{
			Test:   "TestLightningNetworkDaemon",
			Result: gotest.Failed,
		}}, nil
	}
	_, err = itests.All(t.Context(), Patched)
	require.ErrorContains(t, err, "before it ran a test case")
}

// TestByCase asserts that a test case has one verdict, the worst of its
// subtests.
func TestByCase(t *testing.T) {
	t.Parallel()

	const top = "TestLightningNetworkDaemon/a/b/c/"
	cases := byCase(gotest.Verdicts{
		{Test: top + "pay/one", Result: gotest.Passed, Seconds: 1},
		{Test: top + "pay/two", Result: gotest.Skipped, Seconds: 2,
			Reason: "no wish"},
		{Test: top + "amp", Result: gotest.Passed},
		{Test: top + "pay/three", Result: gotest.Failed, Reason: "no"},
		{Test: top + "pay/four", Result: gotest.Skipped},
		{Test: "TestOther", Result: gotest.Failed},
	})
	require.Equal(t, []Tried{
		{Verdict: gotest.Verdict{
			Test: "pay", Result: gotest.Failed, Seconds: 3,
			Reason: "no",
		}},
		{Verdict: gotest.Verdict{Test: "amp", Result: gotest.Passed}},
	}, cases)
}
