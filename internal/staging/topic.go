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
	"lnd-once/internal/progress"
)

// setTopics sets, for every topic of a series, the tag at its last commit. What
// is for our fork alone has none.
func setTopics(ctx context.Context, tree *git.Git,
	series *manifest.Series) error {

	commits, err := commitsOf(ctx, tree, "upstream..patched")
	if err != nil {
		return err
	}
	old, err := tree.Run(ctx, "tag", "--list", manifest.TopicPrefix+"*")
	if err != nil {
		return err
	}
	for _, tag := range strings.Fields(old) {
		err := runAll(
			ctx, tree, []string{"tag", "-d", tag},
			[]string{"update-ref", "-d", "refs/lnd-once/" + tag},
		)
		if err != nil {
			return err
		}
	}

	for _, topic := range series.Topics {
		if topic.Number == 0 {
			continue
		}
		last := "upstream"
		if end := series.End(topic); end > 0 {
			last = commits[end-1]
		}

		// The second one is what workIn compares with.
		err := runAll(
			ctx, tree, []string{"tag", manifest.TopicTag(topic.Number), last},
			[]string{
				"update-ref", "refs/lnd-once/" +
					manifest.TopicTag(topic.Number), last,
			},
		)
		if err != nil {
			return err
		}
	}

	return nil
}

// commitsOf returns the commits of a range in a tree, the oldest first.
func commitsOf(ctx context.Context, tree *git.Git, span string) ([]string,
	error) {

	out, err := tree.Run(
		ctx, "rev-list", "--reverse", "--topo-order", span,
	)

	return strings.Fields(out), err
}

// Prefix stages a base and returns the folder of a work tree that has its series
// only up to the end of a topic, which is named by number or by name.
func Prefix(ctx context.Context, b *base.Base, topic string,
	log *progress.Log) (string, error) {

	if err := Stage(ctx, b, log); err != nil {
		return "", err
	}
	unlock, err := Lock(ctx, b, log)
	if err != nil {
		return "", err
	}
	defer unlock()

	series, err := manifest.Read(b.Dir)
	if err != nil {
		return "", err
	}
	found, err := series.Topic(topic)
	if err != nil {
		return "", err
	}

	name := manifest.TopicTag(found.Number)
	dir := filepath.Join(b.Build(), name)
	tree := git.New(b.Tree())
	if !exists(filepath.Join(dir, ".git")) {
		return dir, runAll(
			ctx, tree, []string{"worktree", "prune"},
			[]string{
				"worktree", "add", "-q", "--detach", dir, name,
			},
		)
	}

	// A tree that is there is used as it is, unless the tag has moved.
	moved, err := git.New(dir).Run(ctx, "rev-list", "-1", "HEAD.."+name)
	if err != nil || moved == "" {
		return dir, err
	}
	work, err := workIn(ctx, dir, name)
	if err != nil {
		return "", err
	}
	if work != "" {
		return "", failure.Usage("topic %s has changed, but %s holds "+
			"work that would be lost:\n%s\nTo discard it: rm -rf "+
			"%s", topic, dir, indent(work, shownWork), dir)
	}

	return dir, runAll(ctx, git.New(dir), []string{
		"checkout", "-q", "--detach", name,
	})
}

// relink corrects the paths by which a staged tree and its other work trees know
// each other, after this repository was moved or copied.
func relink(b *base.Base) error {
	entries, err := filepath.Glob(filepath.Join(
		b.Tree(), ".git", "worktrees", "*",
	))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		file := filepath.Join(b.Build(), filepath.Base(entry), ".git")
		got, err := os.ReadFile(file)
		want := "gitdir: " + entry + "\n"
		if errors.Is(err, fs.ErrNotExist) || string(got) == want {
			continue
		}
		err = errors.Join(
			err, os.WriteFile(file, []byte(want), 0o644),
			os.WriteFile(
				filepath.Join(entry, "gitdir"),
				[]byte(file+"\n"), 0o644,
			),
		)
		if err != nil {
			return err
		}
	}

	return nil
}
