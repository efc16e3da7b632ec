package linecount

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/git"
)

// TestBetween asserts what counts as what, in which direction, and that the
// counts of two changes add up.
func TestBetween(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	g := git.New(dir).With("GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b")
	commit := func(files map[string]string) {
		for name, text := range files {
			path := filepath.Join(dir, name)
			require.NoError(t, os.MkdirAll(
				filepath.Dir(path), 0o755,
			))
			require.NoError(t, os.WriteFile(
				path, []byte(text), 0o644,
			))
		}
		for _, args := range []string{"add .", "commit -q -m a"} {
			_, err := g.Run(t.Context(), strings.Fields(args)...)
			require.NoError(t, err)
		}
	}
	_, err := g.Run(t.Context(), "init", "-q")
	require.NoError(t, err)

	commit(map[string]string{"lnd.go": "1\n2\n3\n"})
	commit(map[string]string{
		"lnd.go": "1\n2\nthree\nfour\n", "a/lnd_test.go": "1\n",
		"a/mock_lnd.go": "1\n2\n", "docs/notes.go": "1\n",
		"itest/case.go": "1\n", "lntest/node.go": "1\n",
		"notes.md": "1\n", "picture.png": "\x00\x01\n",
	})
	count, err := Between(t.Context(), g, "HEAD~", "HEAD")
	require.NoError(t, err)
	require.Equal(t, Count{
		Production: Lines{Added: 2, Removed: 1},
		Test:       Lines{Added: 5}, Other: Lines{Added: 2},
	}, count)

	back, err := Between(t.Context(), g, "HEAD", "HEAD~")
	require.NoError(t, err)
	back.Add(count)
	require.Equal(t, Count{
		Production: Lines{Added: 3, Removed: 3},
		Test:       Lines{Added: 5, Removed: 5},
		Other:      Lines{Added: 2, Removed: 2},
	}, back)

	_, err = Between(t.Context(), g, "HEAD", "nowhere")
	require.ErrorContains(t, err, "nowhere")
}
