package git

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/failure"
)

// TestRunKnowsNothingOfTheUser checks that neither files nor variables of the
// user change who commits.
func TestRunKnowsNothingOfTheUser(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, os.WriteFile(
		filepath.Join(home, ".gitconfig"),
		[]byte("[user]\nname = Mallory\n[commit]\ngpgSign = true\n"),
		0o600,
	))
	t.Setenv("HOME", home)
	t.Setenv("GIT_COMMITTER_NAME", "Mallory")
	t.Setenv("GIT_DIR", "/nowhere")

	g, ctx := New(t.TempDir()), context.Background()
	_, err := g.Run(ctx, "init", "-q")
	require.NoError(t, err)
	_, err = g.Run(
		ctx, "-c", "user.name=a", "-c", "user.email=b", "commit", "-q",
		"--allow-empty", "-m", "x",
	)
	require.NoError(t, err)

	committer, err := g.Run(ctx, "log", "--format=%cn <%ce>")
	require.NoError(t, err)
	require.Equal(t, "lnd-once <lnd-once@localhost>", committer)
}

// TestRunLooksNoFurtherUp checks that a folder inside of a repository is not
// taken for it.
func TestRunLooksNoFurtherUp(t *testing.T) {
	root, ctx := t.TempDir(), context.Background()
	_, err := New(root).Run(ctx, "init", "-q")
	require.NoError(t, err)

	inside := filepath.Join(root, "inside")
	require.NoError(t, os.Mkdir(inside, 0o700))
	_, err = New(inside).Run(ctx, "status")

	var gitErr *Error
	require.ErrorAs(t, err, &gitErr)
	require.Contains(t, gitErr.Output, "not a git repository")
}

// TestFeedPassesEveryByte checks that input and output are not touched.
func TestFeedPassesEveryByte(t *testing.T) {
	g, ctx := New(t.TempDir()), context.Background()
	_, err := g.Run(ctx, "init", "-q")
	require.NoError(t, err)

	text := "one\r\n\n\n"
	hash, err := g.Feed(
		ctx, []byte(text), "hash-object", "-w", "--stdin",
		"--no-filters",
	)
	require.NoError(t, err)
	got, err := g.Feed(
		ctx, nil, "cat-file", "blob", strings.TrimSpace(string(hash)),
	)
	require.NoError(t, err)
	require.Equal(t, text, string(got))
}

// TestRunSaysThatGitIsMissing checks the message and that it is an error of the
// machine.
func TestRunSaysThatGitIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := New(t.TempDir()).Run(context.Background(), "status")
	require.ErrorContains(t, err, "git is not installed")
	require.Equal(t, 2, failure.Exit(err))
}

// TestRunSaysThatOthersOwnTheTree checks that whoever meets git's check of the
// owner learns that it is that, and what to do.
func TestRunSaysThatOthersOwnTheTree(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	_, err := New(dir).Run(ctx, "init", "-q")
	require.NoError(t, err)

	// Git's own tests have it see another owner by this.
	g := New(dir).With("GIT_TEST_ASSUME_DIFFERENT_OWNER=1")
	_, err = g.Run(ctx, "status")
	require.ErrorContains(t, err, dir+" belongs to another user")
	require.ErrorContains(t, err, "chown -R")
	require.Equal(t, 2, failure.Exit(err))
}
