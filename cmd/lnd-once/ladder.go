package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/harness"
	"lnd-once/internal/progress"
	"lnd-once/internal/staging"
	"lnd-once/itest/ladder"
)

// each stands, in place of a topic, for stock, every topic, and all of them.
const each = "each"

// climb measures what the scenarios show on every rung of the ladder of some
// bases, and writes the tables of docs/ladder.md.
func climb(ctx context.Context, c *cli.Context, bases []*base.Base) error {
	if c.String("lnd") != harness.Patched || c.String("db") != ladder.Store {
		return failure.Usage("--topics=%s plays on stock and patched, "+
			"on %s: leave out --lnd and --db", each, ladder.Store)
	}

	// The table has all bases. What of a result is not stale can only be
	// told of one that is staged.
	all, err := base.All(bases[0].Root)
	if err != nil {
		return err
	}
	log := newLog("itest")
	for _, b := range all {
		if err := staging.Stage(ctx, b, log); err != nil {
			return err
		}
	}

	var wrong []string
	for _, b := range bases {
		more, err := climbBase(ctx, c, b, log)
		if err != nil {
			return err
		}
		wrong = append(wrong, more...)
	}
	if err := ladder.Write(ctx, bases[0].Root, all); err != nil {
		return err
	}
	log.Say("the tables are in %s", ladder.Page)
	if len(wrong) > 0 {
		return fmt.Errorf("%d result(s) are not what scenarios.yaml "+
			"says; where they are right, correct it:\n  %s",
			len(wrong), strings.Join(wrong, "\n  "))
	}

	return nil
}

// climbBase measures the ladder of a base. It returns what is not as expected.
func climbBase(ctx context.Context, c *cli.Context, b *base.Base,
	log *progress.Log) ([]string, error) {

	names, err := chosenScenarios(b, c.String("case"))
	if err != nil {
		return nil, err
	}
	wrong, err := ladder.Measure(ctx, ladder.Config{
		Base: b, Scenarios: names, Fresh: c.Bool("fresh"),
		Progress: log,
	})
	for i := range wrong {
		wrong[i] = b.Name + " " + wrong[i]
	}

	return wrong, err
}
