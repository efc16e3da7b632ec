package upstream

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/manifest"
)

// changedFile finds what a patch does to each Go file.
var changedFile = regexp.MustCompile(`(?m)^diff --git a/\S+ b/(\S+\.go)$`)

// TestSeriesFitsColumns asserts that no patch, and no package of a topic, is wider
// than lnd's lines, so that one need not bring it to lnd to see that.
func TestSeriesFitsColumns(t *testing.T) {
	t.Parallel()

	root, err := base.Root()
	require.NoError(t, err)
	bases, err := base.All(root)
	require.NoError(t, err)

	folders := map[string]bool{filepath.Join(root, "patches"): true}
	for _, b := range bases {
		series, err := manifest.Read(b.Dir)
		require.NoError(t, err)
		fork := series.Topics[len(series.Topics)-1]
		require.Zero(t, fork.Number)
		for _, entry := range series.Entries[:fork.First] {
			if entry.Kind == manifest.Package {
				folder := filepath.Join(root, entry.Name)
				folders[folder] = true
			}
		}
	}

	seen := 0
	visit := func(path string, _ fs.DirEntry, err error) error {
		require.NoError(t, err)
		switch filepath.Ext(path) {
		case ".go":
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Empty(t, wideLines(string(text)), path)
			seen++

		case ".patch":
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			for file, added := range addedText(string(text)) {
				assert.Empty(t, wideLines(added), "%s: %s:\n%s",
					path, file, added)
				seen++
			}
		}

		return nil
	}
	for folder := range folders {
		require.NoError(t, filepath.WalkDir(folder, visit))
	}
	require.NotZero(t, seen)
}

// addedText returns the lines that a patch adds to Go files, by file.
func addedText(patch string) map[string]string {
	added := make(map[string]string)
	files := changedFile.FindAllStringSubmatchIndex(patch, -1)
	for _, at := range files {
		rest := patch[at[1]:]
		if end := strings.Index(rest, "\ndiff --git "); end >= 0 {
			rest = rest[:end]
		}
		_, hunks, _ := strings.Cut(rest, "\n@@ ")
		var text strings.Builder
		for line := range strings.Lines(hunks) {
			if after, ok := strings.CutPrefix(line, "+"); ok {
				text.WriteString(after)
			}
		}
		added[patch[at[2]:at[3]]] = text.String()
	}

	return added
}
