package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/git"
)

// ctx is what all tests run in.
var ctx = context.Background()

// stagedBase returns a fake base whose patched lnd is a git tree.
func stagedBase(t *testing.T) *base.Base {
	t.Helper()

	b := fakeBase(t, fakeGoals)
	commitAll(t, b, "init", "-q")

	return b
}

// commitAll commits what the patched lnd is like, after another git command.
func commitAll(t *testing.T, b *base.Base, before ...string) {
	t.Helper()

	tree := git.New(b.Tree())
	for _, args := range [][]string{
		before, {"add", "-A"},
		{"-c", "user.name=t", "-c", "user.email=t@localhost", "commit",
			"-q", "-m", "all", "--allow-empty"},
	} {
		_, err := tree.Run(context.Background(), args...)
		require.NoError(t, err)
	}
}

// saveFull saves results as those of a full run with what is here now.
func saveFull(t *testing.T, b *base.Base, stock, patched string) {
	t.Helper()

	r := newResults(t, stock, patched)
	r.Base, r.Commit = b.Name, "abcdef"
	r.Facts = Facts{Date: "2026-11-25", Rounds: 3, CPU: "a processor"}
	var err error
	r.Sources, err = Sources(ctx, b)
	require.NoError(t, err)
	require.NoError(t, r.Save(fullFile(b)))
}

// read returns the page of a base.
func read(t *testing.T, b *base.Base) string {
	t.Helper()

	text, err := os.ReadFile(Page(b))
	require.NoError(t, err)

	return string(text)
}

// TestPage asserts that a page shows facts, verdicts and tables, and that there
// is none without a full run or with something missing.
func TestPage(t *testing.T) {
	t.Parallel()

	b := stagedBase(t)
	require.ErrorContains(t, WritePage(ctx, b), "not been measured in full")

	before, after := printed(5, 9e6, 6e9, 900), printed(2, 4e6, 5e3, 0.5)
	saveFull(t, b, before, before[:len(before)/2])
	require.ErrorContains(t, WritePage(ctx, b), "without all results")
	require.NoFileExists(t, Page(b))

	saveFull(t, b, before, after)
	require.NoError(t, WritePage(ctx, b))
	text := read(t, b)
	require.Contains(t, text, "- a processor, ")
	require.Contains(t, text, "patched: "+fakeName+"-lnd-once-abcdef\n")
	require.Contains(t, text, "| SendPayment, fails or succeeds: at most "+
		"3 commits | reached | at most 2; ")
	require.Contains(t, text, "| stock → patched | bbolt | SQLite |\n"+
		"| --- | ---:| ---:|\n"+
		"| SendPayment, fails at its first attempt | 5 → 2 |  |\n")
	require.Contains(t, text, "| bbolt, SendToRoute, fails at its first "+
		"attempt | payment | 9.000 ms | 4.000 ms | 0.444 | 1 |\n")
	require.NoError(t, CheckPage(ctx, b))
}

// TestStalePage asserts that results are not shown any more once something that
// has a say in them has changed, and that nothing else makes them stale.
func TestStalePage(t *testing.T) {
	t.Parallel()

	b := stagedBase(t)
	tree := "build/" + fakeName + "/lnd/"
	for _, test := range []struct {
		file  string
		stale bool
	}{
		{tree + "lnd.go", true},
		{tree + "go.mod", true},
		{tree + "lnd_test.go", false},
		{tree + "lnd.md", false},
		{tree + "lnrpc/paymentcontract/a.go", false},
		{"patches/" + fakeName + "/goals.yaml", false},
		{"itest/tower/measure/new.go", true},
		{"itest/tower/crash/new.go", false},
		{"itest/bench/probe/a.go", true},
		{"itest/bench/probe/a_test.go", false},
		{"itest/bench/groups.go", true},
		{"itest/bench/page.go", false},
	} {
		saveFull(t, b, printed(5, 9e6, 6e9, 900),
			printed(2, 4e6, 5e3, 0.5))
		require.NoError(t, WritePage(ctx, b))

		write(t, filepath.Join(b.Root, test.file),
			fakeGoals+"# changed")
		commitAll(t, b, "status")
		if !test.stale {
			require.NoError(t, CheckPage(ctx, b), test.file)
			require.NoError(t, WritePage(ctx, b), test.file)
			require.Contains(t, read(t, b), "reached")

			continue
		}

		require.ErrorContains(t, CheckPage(ctx, b),
			"older than its sources", test.file)
		require.ErrorContains(t, WritePage(ctx, b), "measures again")
		require.NotContains(t, read(t, b), "reached")
		require.NoError(t, CheckPage(ctx, b), test.file)
	}
}

// TestPagesOfAllBases asserts that no page in this repository shows results
// that are older than their sources, of the bases that are staged here.
func TestPagesOfAllBases(t *testing.T) {
	t.Parallel()

	forEachBase(t, func(t *testing.T, b *base.Base) {
		err := CheckPage(ctx, b)
		if errors.Is(err, errNotStaged) {
			t.Skip(err)
		}
		require.NoError(t, err)
	})
}
