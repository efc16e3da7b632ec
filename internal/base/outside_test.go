package base

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// probesStore matches a path below lnd whose existence used to tell which stores
// an lnd has. A package's import, and a manifest's line in a test, are no such
// path.
var probesStore = regexp.MustCompile(`"(\./|/)?payments/db(/\.\.\.)?"`)

// TestOnlyTheFolderOfABaseKnowsIt checks that no Go code outside of patches/
// names a base's version, or finds out by itself what lnd has. Whoever adds a
// base then has one folder to fill.
func TestOnlyTheFolderOfABaseKnowsIt(t *testing.T) {
	root, err := Root()
	require.NoError(t, err)
	names, err := Known(root)
	require.NoError(t, err)
	require.NotEmpty(t, names)

	for _, name := range names {
		number := strings.TrimSuffix(name[1:], "-beta")
		known := regexp.MustCompile(
			`\b` + regexp.QuoteMeta(number) + `\b`,
		)
		require.Empty(t, linesLike(t, root, known), "name a base")
	}
	require.Empty(t, linesLike(t, root, probesStore), "look for a store")
}

// linesLike returns the files of Go code outside of patches/ that have a line
// which matches, with that line.
func linesLike(t *testing.T, root string, re *regexp.Regexp) []string {
	var found []string
	look := func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err

		// What is built, and what git hides, is not our code.
		case d.IsDir() && path != root && (d.Name() == "build" ||
			d.Name() == "patches" || d.Name()[0] == '.'):

			return fs.SkipDir

		case filepath.Ext(path) != ".go":
			return nil
		}

		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, line := range strings.Split(string(text), "\n") {
			if re.MatchString(line) {
				found = append(found, path+": "+line)
			}
		}

		return nil
	}
	require.NoError(t, filepath.WalkDir(root, look))

	return found
}
