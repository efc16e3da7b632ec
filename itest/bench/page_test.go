package bench

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
)

// saveFull saves results as those of a full run with what is here now.
func saveFull(t *testing.T, b *base.Base, stock, patched string) {
	t.Helper()

	r := newResults(t, stock, patched)
	r.Base, r.Commit = b.Name, "abcdef"
	r.Facts = Facts{Date: "2026-11-25", Rounds: 3, CPU: "a processor"}
	var err error
	r.Sources, err = Sources(b)
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

	b := fakeBase(t, fakeGoals)
	require.ErrorContains(t, WritePage(b), "not been measured in full")

	before, after := printed(5, 9e6, 6e9, 900), printed(2, 4e6, 5e3, 0.5)
	saveFull(t, b, before, before[:len(before)/2])
	require.ErrorContains(t, WritePage(b), "without all results")
	require.NoFileExists(t, Page(b))

	saveFull(t, b, before, after)
	require.NoError(t, WritePage(b))
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
	require.NoError(t, CheckPage(b))
}

// TestStalePage asserts that results are not shown any more once something that
// has a say in them has changed, and that nothing else makes them stale.
func TestStalePage(t *testing.T) {
	t.Parallel()

	for _, test := range []struct {
		file  string
		stale bool
	}{
		{"patches/" + fakeName + "/one.patch", true},
		{"patches/" + fakeName + "/two.patch", true},
		{"patches/" + fakeName + "/undo/two.patch", false},
		{"patches/" + fakeName + "/goals.yaml", false},
		{"patches/v8.8.8-fake/one.patch", false},
		{"patches/_lnd/a/a.go", true},
		{"channeldb/outcome/a.go", true},
		{"channeldb/outcome/a_test.go", false},
		{"itest/tower/new.go", true},
		{"itest/bench/groups.go", true},
		{"itest/bench/page.go", false},
	} {
		b := fakeBase(t, fakeGoals)
		saveFull(t, b, printed(5, 9e6, 6e9, 900),
			printed(2, 4e6, 5e3, 0.5))
		require.NoError(t, WritePage(b))

		file := filepath.Join(b.Root, test.file)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0700))
		require.NoError(t, os.WriteFile(
			file, []byte(fakeGoals+"# changed"), 0600,
		))
		if !test.stale {
			require.NoError(t, CheckPage(b), test.file)
			require.NoError(t, WritePage(b), test.file)
			require.Contains(t, read(t, b), "reached")

			continue
		}

		require.ErrorContains(t, CheckPage(b), "older than its sources",
			test.file)
		require.ErrorContains(t, WritePage(b), "measures again")
		require.NotContains(t, read(t, b), "reached")
		require.NoError(t, CheckPage(b), test.file)
	}
}

// TestPagesOfAllBases asserts that no page in this repository shows results that
// are older than their sources.
func TestPagesOfAllBases(t *testing.T) {
	t.Parallel()

	forEachBase(t, func(t *testing.T, b *base.Base) {
		require.NoError(t, CheckPage(b))
	})
}
