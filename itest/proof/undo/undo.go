package undo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/progress"
)

const (
	// Scenarios stands for lnd's integration tests, of which our scenarios
	// are some. They need nodes.
	Scenarios = "./itest"

	// Tower stands for our attacks on the control tower.
	Tower = "./itest/tower"
)

// Verdict is what became of a test while something was undone.
type Verdict string

const (
	// Passed is a test that has noticed nothing.
	Passed Verdict = "passed"

	// Failed is a test that has noticed.
	Failed Verdict = "failed"

	// Absent is a test that there is not.
	Absent Verdict = "not there"

	// Unbuilt is the test of a package that does not build.
	Unbuilt Verdict = "not built"

	// Broke is a test that failed, but not because of what it looks for.
	Broke Verdict = "broke down"
)

// Tried says what became of a test.
type Tried struct {
	// Test is its name, Where its package and how it was built.
	Test, Where string

	Verdict Verdict
}

// Try tries tests of a package in the tree of an lnd, each so that it does not
// suffer from another's end.
type Try func(ctx context.Context, tree, name string, tests []string) ([]Tried,
	error)

// Config says what is undone.
type Config struct {
	// Base is whose series it is.
	Base *base.Base

	// Pick is a regular expression that picks rows.
	Pick string

	// Units tries unit tests. Others try what is named like a package and
	// is more than that.
	Units  Try
	Others map[string]Try

	// Log tells how far we are.
	Log *progress.Log
}

// Report says what was noticed.
type Report struct {
	// Noticed are the rows that were, Missed says of the others why not.
	Noticed []Noticed
	Missed  []string
}

// Of returns how many rows of a kind were noticed.
func (r *Report) Of(kind Kind) int {
	count := 0
	for _, n := range r.Noticed {
		if n.Kind == kind {
			count++
		}
	}

	return count
}

// Run undoes what the rows say, one after the other, and runs the tests that
// have to notice. With nothing undone all of them pass, or it is an error: a
// breakdown must not look as if something was noticed.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	t, err := newTree(ctx, cfg.Base)
	if err != nil {
		return nil, err
	}
	subjects, err := t.subjects(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := rowsOf(cfg.Base, subjects)
	if err != nil {
		return nil, err
	}
	rows, err = pick(rows, cfg.Pick)
	if err != nil {
		return nil, err
	}

	if err := cfg.checkSeries(ctx, t, rows); err != nil {
		return nil, err
	}

	report := &Report{}
	for i, row := range rows {
		cfg.Log.Say("%d of %d: %s", i+1, len(rows), row.What)
		missed, err := cfg.checkRow(ctx, t, row)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", row.What, err)

		case missed != "":
			missed = fmt.Sprintf("%s %s (%s): NOT NOTICED by %s",
				row.Kind, row.What, row.Undo, missed)
			cfg.Log.Say("%s", missed)
			report.Missed = append(report.Missed, missed)

		default:
			report.Noticed = append(report.Noticed, Noticed{
				row.Kind, row.What, row.Undo, row.by(),
			})
		}
	}

	return report, nil
}

// checkSeries returns an error if one of the rows' tests does not pass on the
// series, or its first topics, as they are.
func (cfg *Config) checkSeries(ctx context.Context, t *tree, rows []Row) error {
	topics := make(map[int]Row)
	for _, row := range rows {
		all, ok := topics[row.Topic]
		if !ok {
			all.Notices = make(map[string][]string)
			topics[row.Topic] = all
		}
		for name, tests := range row.Notices {
			tests = append(all.Notices[name], tests...)
			slices.Sort(tests)
			all.Notices[name] = slices.Compact(tests)
		}
	}

	for _, topic := range slices.Sorted(maps.Keys(topics)) {
		name := "the series"
		if topic > 0 {
			name = fmt.Sprintf("topic %d", topic)
		}
		cfg.Log.Say("%s as it is", name)
		if err := t.reset(ctx, topic); err != nil {
			return err
		}
		if err := t.builds(ctx); err != nil {
			return fmt.Errorf("with nothing undone: %w", err)
		}
		tried, err := cfg.try(ctx, t, topics[topic])
		if err != nil {
			return err
		}
		if wrong := otherThan(Passed, tried); wrong != "" {
			return fmt.Errorf("with nothing undone in %s: %s", name,
				wrong)
		}
	}

	return nil
}

// checkRow undoes something and returns what has not noticed although it had to.
func (cfg *Config) checkRow(ctx context.Context, t *tree, row Row) (string,
	error) {

	if err := t.undo(ctx, row); err != nil {
		return "", err
	}
	if row.Build {
		err := t.builds(ctx)
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		if err == nil {
			return "the build", nil
		}

		return "", nil
	}

	tried, err := cfg.try(ctx, t, row)

	return otherThan(Failed, tried), err
}

// try tries the tests of a row.
func (cfg *Config) try(ctx context.Context, t *tree, row Row) ([]Tried, error) {
	var all []Tried
	for _, name := range row.packages() {
		try, ok := cfg.Others[name]
		if !ok {
			try = cfg.Units
		}

		tried, err := try(ctx, t.dir, name, row.Notices[name])
		if err != nil {
			return nil, fmt.Errorf("cannot try the tests of %s: %w",
				name, err)
		}
		all = append(all, tried...)
	}

	return all, nil
}

// otherThan returns, as text, the tests that have not the verdict that all must
// have.
func otherThan(want Verdict, tried []Tried) string {
	var others []string
	for _, t := range tried {
		if t.Verdict != want {
			others = append(others, fmt.Sprintf("%s (%s, %s)",
				t.Test, t.Where, t.Verdict))
		}
	}

	return strings.Join(others, ", ")
}
