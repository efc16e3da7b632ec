package proof

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/git"
	"lnd-once/internal/progress"
)

// name is the name of the base in the tests.
const name = "v1.0.0"

// write writes a file, and the folders that it is in.
func write(t *testing.T, text string, path ...string) {
	t.Helper()

	file := filepath.Join(path...)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

// commit commits all that is in a folder.
func commit(t *testing.T, dir string) {
	t.Helper()

	for _, args := range [][]string{
		{"init", "-q", "-b", "patched"}, {"add", "."},
		{"commit", "-q", "--author", "a <a>", "-m", "commit"},
	} {
		_, err := git.New(dir).Run(t.Context(), args...)
		require.NoError(t, err)
	}
}

// newBase returns a base with trees that hold little.
func newBase(t *testing.T) *base.Base {
	t.Helper()

	root := t.TempDir()
	write(t, "module lnd-once\n\ngo 1.25\n", root, "go.mod")
	write(t, "/build/\n", root, ".gitignore")
	write(t, "package tower\n", root, "itest", "tower", "tower.go")
	write(t, "module: lnd\nsum: s\nstores: [bbolt]\n", root, "patches",
		name, "base.yaml")
	b, err := base.Load(root, name)
	require.NoError(t, err)

	write(t, "package lnd\n", b.Tree(), "lnd.go")
	write(t, "package lnd\n", b.Tree(), "lnd_test.go")
	write(t, "package itest\n", b.Tree(), "itest", "list.go")
	write(t, "package lnd\n", b.Stock(), "lnd.go")
	for _, dir := range []string{b.Tree(), b.Stock(), root} {
		commit(t, dir)
	}

	return b
}

// attacks returns a step that counts how often it was run, and finds violations
// on a side.
func attacks(name, side string, violations int, runs *int) Step {
	return Step{
		Name: name, Sources: []string{"itest/tower", "patches"},
		Spares: []string{"itest/"}, SparesTests: true,
		Run: func(_ context.Context, log io.Writer) (Findings, error) {
			*runs++
			_, err := io.WriteString(log, "running "+name+"\n")

			return Findings{Attacks: []Attack{{
				Kind: Histories, Side: side, Store: "bbolt",
				Counts:     []Count{{"histories", 10}},
				Violations: violations,
			}}}, err
		},
	}
}

// do runs steps.
func do(t *testing.T, b *base.Base, pick string, fresh bool,
	steps ...Step) (*Report, error) {

	t.Helper()

	return Run(t.Context(), Config{
		Base: b, Steps: steps, Pick: pick, Fresh: fresh,
		Log: progress.New(io.Discard, "prove"),
	})
}

// TestRunGoesOn asserts that a step is run once, and again when it is asked for
// or when its sources have changed, and not when others have.
func TestRunGoesOn(t *testing.T) {
	t.Parallel()

	var (
		b     = newBase(t)
		runs  int
		step  = attacks("histories", "patched", 0, &runs)
		again = func(want int, fresh bool) {
			t.Helper()

			report, err := do(t, b, "", fresh, step)
			require.NoError(t, err)
			require.Equal(t, want, runs)
			require.NotNil(t, report.Steps[0].Result)
		}
	)
	again(1, false)
	again(1, false)
	again(2, true)

	write(t, "package tower // new\n", b.Root, "itest", "tower", "tower.go")
	again(3, false)
	write(t, "package tower\n", b.Root, "itest", "tower", "more.go")
	again(4, false)
	write(t, "package lnd // new\n", b.Tree(), "lnd.go")
	commit(t, b.Tree())
	again(5, false)
	step.Settings = "another way"
	again(6, false)

	write(t, "package lnd // new\n", b.Tree(), "lnd_test.go")
	write(t, "package itest // new\n", b.Tree(), "itest", "list.go")
	write(t, "not of this step\n", b.Root, "README.md")
	write(t, "of no step\n", b.Dir, "release.sums")
	write(t, "package routing // new\n", b.Root, "routing", "feed",
		"feed_test.go")
	commit(t, b.Tree())
	again(6, false)

	write(t, "package nodes\nfunc TestKill() {}\n", b.Root, "itest", "nodes",
		"kill_test.go")
	write(t, "package nodes\nfunc TestSoak() {}\n", b.Root, "itest", "nodes",
		"soak_test.go")
	step.Folder, step.Test = "itest/nodes", "TestKill"
	again(7, false)
	write(t, "package nodes // new\n", b.Root, "itest", "nodes",
		"soak_test.go")
	again(7, false)
	write(t, "package nodes // new\nfunc TestKill() {}\n", b.Root, "itest",
		"nodes", "kill_test.go")
	again(8, false)
}

// TestRunTellsFailures asserts that a step that fails leaves no result, does not
// keep others from being run, and makes the run fail; but for a control that
// finds violations.
func TestRunTellsFailures(t *testing.T) {
	t.Parallel()

	var (
		b      = newBase(t)
		runs   int
		broken = attacks("broken", "patched", 0, &runs)
		nobody = attacks("nobody", "patched", 0, &runs)
		moving = attacks("moving", "patched", 0, &runs)
	)
	broken.Run = func(context.Context, io.Writer) (Findings, error) {
		return Findings{}, errors.New("it broke")
	}
	nobody.Run = func(context.Context, io.Writer) (Findings, error) {
		return Findings{}, nil
	}
	moving.Run = func(context.Context, io.Writer) (Findings, error) {
		write(t, "package tower // new\n", b.Root, "itest", "tower",
			"tower.go")

		return Findings{Attacks: []Attack{{Kind: Histories}}}, nil
	}

	report, err := do(t, b, "", false, broken, nobody, moving,
		attacks("wrong", "patched", 2, &runs),
		attacks("control", "stock", 2, &runs))
	require.ErrorContains(t, err, "4 steps have failed")
	require.Equal(t, 2, runs)

	var says []string
	for _, step := range report.Steps {
		says = append(says, step.says())
	}
	require.Equal(t, []string{
		"FAILED: it broke", "FAILED: it says nothing of what it has " +
			"tried", "FAILED: its sources have changed meanwhile",
		"FAILED: 2 violations", "passed",
	}, says)
}

// TestRunSkips asserts that a step for which this machine lacks something is
// skipped, and says why.
func TestRunSkips(t *testing.T) {
	t.Parallel()

	runs := 0
	step := attacks("scenarios", "patched", 0, &runs)
	step.Needs = func() error { return errors.New("no bitcoind") }
	report, err := do(t, newBase(t), "", false, step)
	require.NoError(t, err)
	require.Zero(t, runs)
	require.Equal(t, "skipped: no bitcoind", report.Steps[0].says())
}

// TestRunRefuses asserts that nothing is run if it cannot be told of what the
// result would be true.
func TestRunRefuses(t *testing.T) {
	t.Parallel()

	var (
		b    = newBase(t)
		runs int
		step = attacks("histories", "patched", 0, &runs)
	)
	for pick, want := range map[string]string{
		"nothing": "no step matches 'nothing'; there are:\n  histories",
		"(":       "no regular expression",
	} {
		_, err := do(t, b, pick, false, step)
		require.ErrorContains(t, err, want)
		require.Equal(t, 2, failure.Exit(err))
	}

	write(t, "changed\n", b.Stock(), "lnd.go")
	_, err := do(t, b, "", false, step)
	require.ErrorContains(t, err, "changes that are not committed")
	require.Zero(t, runs)
}

// TestRunStops asserts that an interrupted step has neither failed nor passed,
// and that a machine that lacks something ends the run.
func TestRunStops(t *testing.T) {
	t.Parallel()

	b := newBase(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	step := Step{Name: "histories", Run: func(ctx context.Context,
		_ io.Writer) (Findings, error) {

		cancel(stop)

		return Findings{}, ctx.Err()
	}}
	_, err := Run(ctx, Config{
		Base: b, Steps: []Step{step},
		Log: progress.New(io.Discard, "prove"),
	})
	require.ErrorIs(t, err, stop)

	step.Run = func(context.Context, io.Writer) (Findings, error) {
		return Findings{}, failure.Usage("there is no PostgreSQL")
	}
	_, err = do(t, b, "", false, step)
	require.EqualError(t, err, "histories: there is no PostgreSQL")
	require.Equal(t, 2, failure.Exit(err))
}
