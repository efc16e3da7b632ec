package checks

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/gotest"
)

// check returns a check that prints its name and ends as told.
func check(name string, tally Tally, err error) Check {
	return Check{name, func(_ context.Context, out io.Writer) (Tally,
		error) {

		_, printErr := io.WriteString(out, "running "+name+"\n")

		return tally, errors.Join(printErr, err)
	}}
}

// TestRunStopsAtFirstFailure asserts that nothing is run behind a check that
// fails, and that the closing lines tell what was.
func TestRunStopsAtFirstFailure(t *testing.T) {
	t.Parallel()

	wrong := errors.New("wrong")
	for name, tc := range map[string]struct {
		second Check
		want   string
		tally  string
	}{
		"error": {
			check("two", Tally{Passed: 1}, wrong),
			"two: wrong", "4 passed, 0 failed",
		},
		"failed test": {
			check("two", Tally{Failed: 2}, nil),
			"two: 2 tests failed", "3 passed, 2 failed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var out bytes.Buffer
			err := Run(t.Context(), &out, []Check{
				check("one", Tally{Passed: 3}, nil), tc.second,
				check("three", Tally{}, nil),
			})
			require.EqualError(t, err, tc.want)

			text := out.String()
			require.Contains(t, text, "=== one\nrunning one\n")
			require.NotContains(t, text, "three")
			for _, line := range []string{
				`\| passed +\| 0 +\| one +\|`,
				`\| FAILED +\| 0 +\| two +\|`,
				`\| TOTAL +\| 0 +\|`,
			} {
				require.Regexp(t, regexp.MustCompile(line),
					text)
			}
			require.Regexp(t, "(?m)^"+tc.tally+"\n$", text)
		})
	}
}

// TestRunStopsAtInterrupt asserts that nothing is begun when the context has
// ended, and that the reason is returned.
func TestRunStopsAtInterrupt(t *testing.T) {
	t.Parallel()

	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	err := Run(ctx, io.Discard, []Check{
		{"one", func(context.Context, io.Writer) (Tally, error) {
			cancel(stop)

			return Tally{}, nil
		}},
		check("two", Tally{}, errors.New("was run")),
	})
	require.ErrorIs(t, err, stop)
}

// TestCount asserts what a tally is made of.
func TestCount(t *testing.T) {
	t.Parallel()

	require.Equal(t, Tally{Passed: 2, Failed: 1}, Count(gotest.Verdicts{
		{Result: gotest.Passed}, {Result: gotest.Skipped},
		{Result: gotest.Failed}, {Result: gotest.Passed},
	}))
}
