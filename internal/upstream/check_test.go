package upstream

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/gotest"
)

// TestWideLines checks which lines are too wide, as lnd sees it.
func TestWideLines(t *testing.T) {
	t.Parallel()

	long := strings.Repeat("x", 81)
	text := strings.Join([]string{
		"package a", "import (", "\t\"" + long + "\"", ")",
		"//go:generate " + long,
		"// " + long,
		"\t" + strings.Repeat("y", 72), "\t" + strings.Repeat("y", 73),
		"\tlog.InfoS(ctx, \"" + long + "\",", "\t\t" + long, "\t)",
		"\tlog.Infof(\"" + long + "\")",
		"\ta := " + long + " //nolint:ll",
		"\ta := " + long + " //nolint:gosec",
	}, "\n")
	require.Equal(t, []int{6, 8, 12, 14}, wideLines(text))
}

// TestAddedLines checks which lines a diff adds.
func TestAddedLines(t *testing.T) {
	t.Parallel()

	require.Equal(t, map[int]bool{3: true, 10: true, 11: true}, addedLines(
		"@@ -3 +3 @@ func a\n+x\n@@ -9,2 +10,2 @@\n@@ -20,4 +21,0 @@\n",
	))
}

// TestPlainConfig checks what is left of lnd's settings of its linter.
func TestPlainConfig(t *testing.T) {
	t.Parallel()

	text, err := plainConfig([]byte(`version: "2"
run: {go: "1.26.6", timeout: 10m}
linters:
  default: all
  settings:
    errorlint: {errorf: true}
    custom: {ll: {type: module}}
issues: {new-from-rev: 03eab4d}
`))
	require.NoError(t, err)
	require.NotContains(t, string(text), "custom")
	require.NotContains(t, string(text), "new-from-rev")
	for _, kept := range []string{
		"version: \"2\"", "go: 1.26.6", "default: all", "errorf: true",
		"relative-path-mode: wd",
	} {
		require.Contains(t, string(text), kept)
	}
}

// TestInsertEntry checks where an entry goes.
func TestInsertEntry(t *testing.T) {
	t.Parallel()

	for name, tc := range map[string]struct{ before, after string }{
		"last":  {"# A\n\n# B\n\n* b\n", "# A\n\n# B\n\n* b\n\n* x\n"},
		"empty": {"# B\n\n# C\n", "# B\n\n* x\n\n# C\n"},
		"in between": {
			"# A\n# B\n\n* b\n* c\n\n# C\n",
			"# A\n# B\n\n* b\n* c\n\n* x\n\n# C\n",
		},
	} {
		got, err := insertEntry(tc.before, "# B", "* x\n")
		require.NoError(t, err, name)
		require.Equal(t, tc.after, got, name)
	}
	_, err := insertEntry("# A\n", "# B", "* x\n")
	require.ErrorContains(t, err, "no heading '# B'")
}

// TestUnwrap checks that paragraphs become lines, and nothing else does.
func TestUnwrap(t *testing.T) {
	t.Parallel()

	const rest = "\n\n    go\n    test\n\n- d\n- e\n\nf"
	require.Equal(t, "# A\n\na b c"+rest, unwrap(
		"# A\n\na\nb c"+rest,
	))
}

// TestStockHasToFail checks that a test which does not show the issue is
// noticed.
func TestStockHasToFail(t *testing.T) {
	t.Parallel()

	bad := gotest.Verdict{Test: "TestA", Result: gotest.Failed}
	good := gotest.Verdict{Test: "TestB", Result: gotest.Passed}
	require.NoError(t, checkStock(gotest.Verdicts{bad}))
	require.ErrorContains(t, checkStock(nil), "has no test")
	require.ErrorContains(t, checkStock(gotest.Verdicts{bad, good}),
		"TestB passed instead of failing")

	// What does not build shows nothing.
	require.Error(t, checkStock(gotest.Verdicts{{Result: gotest.Failed}}))
}
