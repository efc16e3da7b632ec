package checks

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/git"
)

// TestBase asserts that only a base with tables for payments has the check of
// native SQL, that each check names its base, and what a brief one goes without.
func TestBase(t *testing.T) {
	t.Parallel()

	const native = "v1.0.0: unit tests, native SQL"
	names := func(brief bool, stores ...string) []string {
		var names []string
		for _, check := range Base(&base.Base{
			Name: "v1.0.0", Stores: stores,
		}, brief) {
			names = append(names, check.Name)
			require.Contains(t, check.Name, "v1.0.0: ")
		}

		return names
	}
	require.NotContains(t, names(false, "bbolt", "sqlite"), native)
	require.Contains(t, names(false, "bbolt", "nativesqlite"), native)
	require.Contains(t, names(true, "bbolt", "nativesqlite"), native)

	require.Contains(t, names(true, "bbolt"), "v1.0.0: crashes")
	require.Contains(t, names(false, "bbolt"), "v1.0.0: drop-in")
	require.NotContains(t, names(true, "bbolt"), "v1.0.0: drop-in")
	require.Contains(t, names(true, "bbolt"), "v1.0.0: S1 to S4, stock")
}

// TestReleaseIsSkippedIfNoSumsAreKept asserts that a base whose series has
// changed since its last release has nothing to compare with, and that this is
// told.
func TestReleaseIsSkippedIfNoSumsAreKept(t *testing.T) {
	t.Parallel()

	b := &base.Base{Name: "v1.0.0", Root: t.TempDir(), Dir: t.TempDir()}
	require.NoError(t, os.MkdirAll(b.Tree(), 0o700))
	for _, args := range [][]string{
		{"init", "-q"},
		{"commit", "-q", "--allow-empty", "--author=a <a>", "-m", "a"},
	} {
		_, err := git.New(b.Tree()).Run(t.Context(), args...)
		require.NoError(t, err)
	}

	var out bytes.Buffer
	_, err := verifyRelease(t.Context(), b, &out)
	require.NoError(t, err)
	require.Contains(t, out.String(), "skipped: no sums are kept of v1.0.0")
}

// TestModule asserts that a module passes if it can be built and vetted and its
// tests pass, and not otherwise.
func TestModule(t *testing.T) {
	t.Parallel()

	const test = "package p\n\nimport \"testing\"\n\n" +
		"func TestP(t *testing.T) { "
	for name, tc := range map[string]struct {
		code, test string
		tally      Tally
		err        string
	}{
		"passes":       {"package p\n", test + "}\n", Tally{1, 0}, ""},
		"fails":        {"package p\n", test + "t.Fail() }\n", Tally{0, 1}, ""},
		"is not built": {"package p;;\n", test + "}\n", Tally{}, "go build"},
		"is not right": {
			"package p\n", test + "t.Logf(\"%d\", \"\") }\n",
			Tally{}, "go vet",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			dir := t.TempDir()
			for file, text := range map[string]string{
				"go.mod": "module p\n", "p.go": tc.code,
				"p_test.go": tc.test,
			} {
				err := os.WriteFile(filepath.Join(dir, file),
					[]byte(text), 0o600)
				require.NoError(t, err)
			}
			tally, err := testModule(t.Context(), dir, io.Discard)
			require.Equal(t, tc.tally, tally)
			if tc.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tc.err)
			}
		})
	}
}
