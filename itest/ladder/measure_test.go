package ladder

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/gotest"
	"lnd-once/internal/harness"
	"lnd-once/internal/progress"
	"lnd-once/itest/expect"
)

// player stands in for lnd's harness: it stops at the first scenario that
// fails, and remembers what it was asked to play.
type player struct {
	fail, dies string
	calls      [][]string
}

// play plays scenarios.
func (p *player) play(_ context.Context, _ Rung, names []string, _ string) (
	[]harness.Outcome, error) {

	p.calls = append(p.calls, names)
	var outcomes []harness.Outcome
	stopped := false
	for _, name := range names {
		outcome := harness.Outcome{Scenario: name}
		switch {
		case stopped:
		case name == p.dies:
			outcome.Result, stopped = gotest.Failed, true

		case name == p.fail:
			outcome = outcomeOf(name, []string{"Once"}, nil)
			outcome.Result, stopped = gotest.Failed, true

		default:
			outcome = outcomeOf(name, nil, nil)
		}
		outcomes = append(outcomes, outcome)
	}

	return outcomes, nil
}

// measure measures a rung of a made-up base.
func measure(t *testing.T, root string, p *player, rung Rung, fresh bool,
	names ...string) (*Result, error) {

	t.Helper()

	m := &measurement{Config: Config{
		Base: &base.Base{Name: "v1.2.3", Root: root}, Scenarios: names,
		Fresh: fresh, Progress: progress.New(io.Discard, "test"),
	}, play: p.play}

	return m.measure(t.Context(), rung)
}

// TestMeasureGoesOnBehindFailure asserts that a scenario which is not as
// expected, or which cannot be played, does not keep others from being played.
func TestMeasureGoesOnBehindFailure(t *testing.T) {
	t.Parallel()

	p := &player{fail: "S1", dies: "S3"}
	rung := Rung{Side: harness.Patched, Topic: 1, Code: "abc"}
	result, err := measure(
		t, t.TempDir(), p, rung, false, "S1", "S2", "S3", "S4",
	)
	require.NoError(t, err)
	require.Equal(t, [][]string{
		{"S1", "S2", "S3", "S4"}, {"S2", "S3", "S4"}, {"S4"},
	}, p.calls)

	once := expect.Case{Scenario: "S1"}
	require.Equal(t, "Once", cell(result, once))
	require.Equal(t, holds, cell(result, expect.Case{Scenario: "S2"}))
	require.Equal(t, failed, cell(result, expect.Case{Scenario: "S3"}))
	require.Equal(t, holds, cell(result, expect.Case{Scenario: "S4"}))

	wrong := result.judge(rung, nil)
	require.Len(t, wrong, 2)
	require.Contains(t, wrong[0], "topic-1: S1: a client of terminal")
	require.Contains(t, wrong[1], "S3 could not be played to its end")
}

// TestMeasureKeepsResults asserts that what was measured on some code is not
// measured again, unless it is asked for, and that what was measured on other
// code is not used.
func TestMeasureKeepsResults(t *testing.T) {
	t.Parallel()

	p, root := &player{dies: "S2"}, t.TempDir()
	rung := Rung{Side: harness.Stock, Code: "abc"}
	_, err := measure(t, root, p, rung, false, "S1", "S2")
	require.NoError(t, err)

	// What could not be played is tried again, and what is new is played.
	p.dies = ""
	for _, tc := range []struct {
		code  string
		fresh bool
		want  []string
	}{
		{"abc", false, []string{"S2", "S3"}},
		{"abc", false, nil},
		{"abc", true, []string{"S1", "S2", "S3"}},
		{"def", false, []string{"S1", "S2", "S3"}},
		{"def", false, nil},
	} {
		p.calls = nil
		rung.Code = tc.code
		result, err := measure(
			t, root, p, rung, tc.fresh, "S1", "S2", "S3",
		)
		require.NoError(t, err)
		require.Equal(t, tc.want, slices.Concat(p.calls...))
		require.Empty(t, result.missing([]string{"S1", "S2", "S3"}))
		require.Len(t, result.Outcomes, 3)
	}
}

// TestMeasureEnds asserts that a rung on which nothing can be played is an
// error, and no endless loop.
func TestMeasureEnds(t *testing.T) {
	t.Parallel()

	broken := errors.New("broken")
	m := &measurement{Config: Config{
		Base:      &base.Base{Name: "v1.2.3", Root: t.TempDir()},
		Scenarios: []string{"S1"},
		Progress:  progress.New(io.Discard, "test"),
	}}
	for _, want := range []error{nil, broken} {
		m.play = func(context.Context, Rung, []string, string) (
			[]harness.Outcome, error) {

			return []harness.Outcome{{Scenario: "S1"}}, want
		}
		_, err := m.measure(t.Context(), Rung{Code: "abc"})
		require.Error(t, err)
		if want != nil {
			require.ErrorIs(t, err, want)
		}
	}
}
