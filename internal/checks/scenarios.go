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

// stockScenarios are the scenarios that stock is a control of. In the others it
// races with itself, and what is missing there would not always be found.
const stockScenarios = "S([1-4]|7|10|11)_"

// playPatched plays all scenarios on the patched lnd.
func playPatched(ctx context.Context, b *base.Base, out io.Writer) (Tally,
	error) {

	return play(ctx, harness.Scenarios{Base: b, Side: "patched"}, out)
}

// playStock plays scenarios on stock, which must break what it is known to.
func playStock(ctx context.Context, b *base.Base, out io.Writer) (Tally,
	error) {

	return play(ctx, harness.Scenarios{
		Base: b, Side: harness.Stock, Run: stockScenarios,
	}, out)
}

// play plays scenarios on bbolt.
func play(ctx context.Context, s harness.Scenarios, out io.Writer) (Tally,
	error) {

	s.Store, s.Out = "bbolt", out
	s.Logs = filepath.Join(s.Base.Build(), "test", "scenarios-"+s.Side)
	verdicts, err := s.Play(ctx, progress.New(out, "scenarios"))
	if err == nil && len(verdicts) == 0 {
		err = errors.New("no scenario was played; their list is in " +
			"lnd's itest/list_on_test.go")
	}

	return Count(verdicts), err
}
