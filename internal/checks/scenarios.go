package checks

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"lnd-once/internal/base"
	"lnd-once/internal/harness"
	"lnd-once/internal/progress"
)

const (
	// first are the scenarios that the README begins with.
	first = "S[1-4]_"

	// certain are those that stock is a control of. In the others it races
	// with itself, and what is missing there would not always be found.
	certain = "S([1-4]|7|10|11)_"
)

// play returns the check that plays scenarios on a side of a base, on bbolt.
// Stock must break what it is known to.
func play(side, run string) func(context.Context, *base.Base, io.Writer) (Tally,
	error) {

	return func(ctx context.Context, b *base.Base, out io.Writer) (Tally,
		error) {

		s := harness.Scenarios{
			Base: b, Side: side, Store: "bbolt", Run: run, Out: out,
			Logs: filepath.Join(
				b.Build(), "test", "scenarios-"+side,
			),
		}
		verdicts, err := s.Play(ctx, progress.New(out, "scenarios"))
		if err == nil && len(verdicts) == 0 {
			err = errors.New("no scenario was played; their list " +
				"is in lnd's itest/list_on_test.go")
		}

		return Count(verdicts), err
	}
}
