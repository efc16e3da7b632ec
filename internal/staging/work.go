package staging

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/git"
	"lnd-once/internal/manifest"
)

// shownWork is how many lines of somebody's work we name.
const shownWork = 20

// workIn returns what the staged tree in a folder holds beyond what was staged
// into its branch; nothing if it holds nothing.
func workIn(ctx context.Context, dir, branch string) (string, error) {
	tree, staged := git.New(dir), "refs/lnd-once/"+branch

	// A tree that we cannot judge is not ours to delete.
	_, err := tree.Run(ctx, "rev-parse", "-q", "--verify", staged)
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	var gitErr *git.Error
	if errors.As(err, &gitErr) {
		return "not a tree that staging finished", nil
	}
	if err != nil {
		return "", err
	}

	work, err := tree.Run(
		ctx, "log", "--format=commit %h %s", "--branches",
		"--glob=refs/stash", "HEAD", "--not", "--glob=refs/lnd-once",
		"--",
	)
	if err != nil {
		return "", err
	}
	lines := []string{work}

	// A topic's tree has no branch of its own.
	if !strings.HasPrefix(branch, manifest.TopicPrefix) {
		_, err = tree.Run(
			ctx, "merge-base", "--is-ancestor", staged, branch,
		)
		if err != nil {
			lines = append(lines, "branch "+branch+" no longer "+
				"has all staged commits")
		}
		head, _ := tree.Run(ctx, "symbolic-ref", "-q", "HEAD")
		if head != "refs/heads/"+branch {
			lines = append(lines, "HEAD is not at branch "+branch)
		}
	}
	status, err := tree.Run(ctx, "status", "--porcelain")
	if err != nil {
		return "", err
	}

	return strings.TrimSpace(strings.Join(append(lines, status), "\n")), nil
}

// refuseIfWork returns an error if the staged trees of a base hold work that
// replacing them would destroy. Its text begins as given.
func refuseIfWork(ctx context.Context, b *base.Base, begin string) error {
	// Without its repository no other tree is of use.
	if !exists(b.Tree()) {
		return nil
	}

	branchOf := map[string]string{b.Tree(): "patched", b.Stock(): "stock"}
	dirs := []string{b.Tree(), b.Stock()}
	topics, err := filepath.Glob(filepath.Join(b.Build(), manifest.TopicPrefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range topics {
		branchOf[dir] = filepath.Base(dir)
		dirs = append(dirs, dir)
	}

	for _, dir := range dirs {
		if !exists(dir) {
			continue
		}
		work, err := workIn(ctx, dir, branchOf[dir])
		if err != nil {
			return err
		}
		if work != "" {
			return failure.Usage("%s %s holds\nwork that would "+
				"be lost:\n%s\nTo keep it, commit it in %s "+
				"on branch patched and run: make series "+
				"BASE=%s\nTo discard it: rm -rf %s", begin,
				dir, indent(work, shownWork), b.Tree(), b.Name,
				dir)
		}
	}

	return nil
}

// indent returns at most n lines of a text, each of them indented.
func indent(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) > n {
		lines = append(lines[:n], "...")
	}

	return "  " + strings.Join(lines, "\n  ")
}

// Clean removes all that was built of all bases, unless a staged tree in there
// holds work.
func Clean(ctx context.Context, root string) error {
	build := filepath.Join(root, "build")
	entries, err := os.ReadDir(build)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		b := &base.Base{Name: entry.Name(), Root: root}
		if err := refuseIfWork(ctx, b, "not removed:"); err != nil {
			return err
		}
	}

	return os.RemoveAll(build)
}
