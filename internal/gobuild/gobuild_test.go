package gobuild

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/progress"
)

// lndModule is the module path of the lnd that the tests make up.
const lndModule = "example.com/lnd"

// files writes files, by their paths in a folder, and returns the folder.
func files(t *testing.T, dir string, texts map[string]string) string {
	t.Helper()

	for name, text := range texts {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0644))
	}

	return dir
}

// madeUp returns a base whose patched tree is a small program that prints what
// its linker was told, and a module of ours that imports its package.
func madeUp(t *testing.T) *base.Base {
	t.Helper()

	b := &base.Base{Name: "v1.2.3", Module: lndModule, Root: t.TempDir()}
	files(t, b.Root, map[string]string{
		"go.mod": "module lnd-once\n\ngo 1.25\n\n" +
			"require example.com/none v1.0.0\n",
		"itest/show/main.go": "package main\n\n" +
			"import \"example.com/lnd/build\"\n\n" +
			"func main() { println(build.Commit) }\n",
	})
	files(t, b.Tree(), map[string]string{
		"go.mod":         "module " + lndModule + "\n\ngo 1.25\n",
		"build/build.go": "package build\n\nvar Commit = \"none\"\n",
		"cmd/lnd/main.go": "package main\n\n" +
			"import \"example.com/lnd/build\"\n\n" +
			"func main() { println(build.Commit) }\n",
	})
	commitAll(t, b.Tree())

	return b
}

// commitAll makes a repository of a folder, with all that is in it.
func commitAll(t *testing.T, dir string) {
	t.Helper()

	runGit(t, dir, "init", "-q")
	runGit(t, dir, "add", ".")
	runGit(t, dir, "-c", "user.name=a", "-c", "user.email=a@b",
		"commit", "-q", "-m", "all")
}

// runGit runs git in a folder and returns what it prints.
func runGit(t *testing.T, dir string, args ...string) string {
	t.Helper()

	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))

	return strings.TrimSpace(string(out))
}

// run returns what a program prints.
func run(t *testing.T, program string) string {
	t.Helper()

	out, err := exec.Command(program).CombinedOutput()
	require.NoError(t, err, string(out))

	return strings.TrimSpace(string(out))
}

// TestLndNamesItsSource checks that a built lnd says what it is made from: the
// base, us, the topics if not all are in it, whether it holds more, and where the
// series was proven if not on this version.
func TestLndNamesItsSource(t *testing.T) {
	t.Parallel()

	b := madeUp(t)
	ctx, log := context.Background(), progress.New(&bytes.Buffer{}, "test")
	commit := runGit(t, b.Tree(), "rev-parse", "--short=12", "HEAD")

	dir, err := Lnd(ctx, b, log, b.Tree(), "lnd")
	require.NoError(t, err)
	require.Equal(t, b.Bin(), dir)
	require.Equal(t, "v1.2.3-lnd-once-"+commit, run(t, dir+"/lnd"))

	prefix := filepath.Join(b.Build(), "topic-2")
	runGit(t, b.Tree(), "worktree", "add", "-q", prefix)
	files(t, prefix, map[string]string{"new": "new"})
	dir, err = Lnd(ctx, b, log, prefix, "lnd")
	require.NoError(t, err)
	require.Equal(t, "v1.2.3-lnd-once-topics-2-"+commit+"-dirty",
		run(t, dir+"/lnd"))
	require.NotEqual(t, b.Bin(), dir)

	b.Lender = &base.Base{Name: "v1.2.2"}
	dir, err = Lnd(ctx, b, log, b.Tree(), "lnd")
	require.NoError(t, err)
	require.Equal(t, "v1.2.3-lnd-once-"+commit+"-proven-on-v1.2.2",
		run(t, dir+"/lnd"))
}

// TestWatchNamesItsCommit checks that a paymentwatch that we build says which
// commit of ours it is, if it can be known.
func TestWatchNamesItsCommit(t *testing.T) {
	t.Parallel()

	const library = "github.com/prometheus/common"
	b := &base.Base{Name: "v1.2.3", Root: t.TempDir()}
	ctx, log := context.Background(), progress.New(&bytes.Buffer{}, "test")
	files(t, b.Root, map[string]string{
		"go.mod": "module lnd-once\n\ngo 1.25\n\nrequire " + library +
			" v1.0.0\n\nreplace " + library + " => ./common\n",
		"common/go.mod": "module " + library + "\n\ngo 1.25\n",
		"common/version/version.go": "package version\n\n" +
			"var Revision = \"none\"\n",
		"cmd/paymentwatch/main.go": "package main\n\n" +
			"import \"" + library + "/version\"\n\n" +
			"func main() { println(version.Revision) }\n",
		".gitignore": "/build/\n", "patches/v1.2.3/release.sums": "0",
	})
	build := func() string {
		dir := filepath.Join(b.Root, "build")
		require.NoError(t, WatchFor(ctx, b, log, System{}, dir))

		return run(t, dir+"/paymentwatch")
	}
	require.Equal(t, "none", build())

	commitAll(t, b.Root)
	commit := runGit(t, b.Root, "rev-parse", "--short=12", "HEAD")
	require.Equal(t, commit, build())

	// A release writes its sums there.
	files(t, b.Root, map[string]string{"patches/v1.2.3/release.sums": "1"})
	require.Equal(t, commit, build())

	files(t, b.Root, map[string]string{"common/go.mod": "module " + library})
	require.Equal(t, commit+"-dirty", build())
}

// TestProgramIsBuiltWithStagedLnd checks that a program of ours is built with
// the lnd that is staged, though our own go.mod asks for other modules.
func TestProgramIsBuiltWithStagedLnd(t *testing.T) {
	t.Parallel()

	b := madeUp(t)
	program, err := Program(
		context.Background(), b, progress.New(&bytes.Buffer{}, "test"),
		"itest/show",
	)
	require.NoError(t, err)
	require.Equal(t, "none", run(t, program))
}

// TestBuildReadsOverlay checks that a package can be laid over a tree, and that
// nothing is written into the tree.
func TestBuildReadsOverlay(t *testing.T) {
	t.Parallel()

	b := madeUp(t)
	laid := files(t, t.TempDir(), map[string]string{
		"guest_test.go": "package guest\n\nimport \"testing\"\n\n" +
			"func TestGuest(*testing.T) {}\n",
	})
	output := filepath.Join(t.TempDir(), "guest.test")
	err := Build(
		context.Background(), progress.New(&bytes.Buffer{}, "test"),
		Job{
			Dir: b.Tree(), Package: "./guest", Test: true,
			Output: output, Overlay: map[string]string{
				b.Tree() + "/guest/guest_test.go": laid +
					"/guest_test.go",
			},
		},
	)
	require.NoError(t, err)
	require.Equal(t, "PASS", run(t, output))
	require.Empty(t, runGit(t, b.Tree(), "status", "--porcelain"))
}

// TestBuildQuotesGo checks that what Go says against a program is in the error,
// and that what it says of its progress is not.
func TestBuildQuotesGo(t *testing.T) {
	t.Parallel()

	dir := files(t, t.TempDir(), map[string]string{
		"go.mod":   "module bad\n\ngo 1.25\n",
		"main.go":  "package main\n\nimport _ \"bad/ok\"\n\nnonsense\n",
		"ok/ok.go": "package ok\n",
	})
	var out bytes.Buffer
	err := Build(context.Background(), progress.New(&out, "test"), Job{
		Dir: dir, Package: ".", Output: filepath.Join(dir, "bad"),
	})
	require.ErrorContains(t, err, "cannot build bad in "+dir)
	require.ErrorContains(t, err, "main.go:5:1: syntax error")
	require.NotContains(t, err.Error(), "bad/ok\n")
	require.Contains(t, out.String(), "building bad")
	require.NotContains(t, out.String(), "built")
}

// TestBuildIsInterrupted checks that an interrupted build says why it ended.
func TestBuildIsInterrupted(t *testing.T) {
	t.Parallel()

	errWhy := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errWhy)
	err := Build(ctx, progress.New(&bytes.Buffer{}, "test"), Job{
		Output: filepath.Join(t.TempDir(), "none"),
	})
	require.ErrorIs(t, err, errWhy)
}

// TestOutputCounts checks how the lines of go are told apart, wherever they are
// cut on their way to us.
func TestOutputCounts(t *testing.T) {
	t.Parallel()

	const text = "go: downloading example.com/a v1.0.0\nexample.com/a\n" +
		"internal/b\n# example.com/c\nc.go:1:2: wrong\n"
	for cut := range text {
		o := newOutput(progress.New(&bytes.Buffer{}, "test"))
		_, _ = o.Write([]byte(text[:cut]))
		_, _ = o.Write([]byte(text[cut:]))
		o.stop()

		require.Equal(t, 1, o.downloaded)
		require.Equal(t, 2, o.compiled)
		require.Equal(t, "# example.com/c\nc.go:1:2: wrong", o.rest())
	}
}
