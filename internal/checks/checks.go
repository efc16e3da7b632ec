// Package checks runs checks one after the other, and sums them up.
package checks

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"lnd-once/internal/gotest"
)

// Tally says how many tests a check was made of.
type Tally struct {
	Passed, Failed int
}

// Add adds tests.
func (t *Tally) Add(more Tally) {
	t.Passed += more.Passed
	t.Failed += more.Failed
}

// Count counts tests.
func Count(verdicts gotest.Verdicts) Tally {
	return Tally{
		Passed: len(verdicts.Of(gotest.Passed)),
		Failed: len(verdicts.Of(gotest.Failed)),
	}
}

// Check is something that must pass.
type Check struct {
	// Name says what it is.
	Name string

	// Run does it. It prints what it does, and returns how many tests it
	// was made of and, if it did not pass, an error.
	Run func(ctx context.Context, out io.Writer) (Tally, error)
}

// done is a check that has been run.
type done struct {
	name, result string
	took         time.Duration
}

// Run runs checks and stops at the first that fails. Whatever the end, it prints
// a table of what was run, and how many tests have passed and failed.
func Run(ctx context.Context, out io.Writer, checks []Check) error {
	var (
		all   []done
		total Tally
		begin = time.Now()
	)
	defer func() {
		// Who cannot be told cannot be told that either.
		_, _ = fmt.Fprintf(out, "\n%s\n\n%d passed, %d failed\n",
			render(all, time.Since(begin)), total.Passed,
			total.Failed)
	}()

	for _, check := range checks {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}

		_, _ = fmt.Fprintf(out, "\n=== %s\n", check.Name)
		start := time.Now()
		tally, err := check.Run(ctx, out)
		if err == nil && tally.Failed > 0 {
			err = fmt.Errorf("%d tests failed", tally.Failed)
		}

		d := done{check.Name, "passed", time.Since(start)}
		if err != nil {
			d.result = "FAILED"
		}
		total.Add(tally)
		all = append(all, d)
		_, _ = fmt.Fprintf(out, "=== %s: %s after %.0f s\n", d.name,
			d.result, d.took.Seconds())
		if err != nil {
			return fmt.Errorf("%s: %w", check.Name, err)
		}
	}

	return nil
}

// render returns the table of the checks that were run.
func render(all []done, took time.Duration) string {
	rows := table.NewWriter()
	rows.AppendHeader(table.Row{"result", "seconds", "check"})
	for _, d := range all {
		rows.AppendRow(table.Row{
			d.result, fmt.Sprintf("%.0f", d.took.Seconds()), d.name,
		})
	}
	rows.AppendFooter(table.Row{
		"total", fmt.Sprintf("%.0f", took.Seconds()), "",
	})

	return rows.Render()
}
