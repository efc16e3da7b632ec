package undo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/git"
	"lnd-once/internal/manifest"
	"lnd-once/internal/process"
)

const (
	// series is the branch of the clone that has all of the series.
	series = "series"

	// sharedFolder is the folder of our repository with the patches that fit
	// all bases.
	sharedFolder = "patches/_undo"
)

// tree is a clone of the staged tree in which things are undone.
type tree struct {
	base *base.Base
	dir  string
	git  *git.Git
}

// newTree makes the clone.
func newTree(ctx context.Context, b *base.Base) (*tree, error) {
	dir := filepath.Join(b.Build(), "undo", "lnd")
	if err := os.RemoveAll(filepath.Dir(dir)); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}

	t := &tree{base: b, dir: dir, git: git.New(dir)}
	for _, args := range [][]string{
		{"clone", "-q", "--branch", "patched", b.Tree(), "."},
		{"branch", "-q", series},
	} {
		if _, err := t.git.Run(ctx, args...); err != nil {
			return nil, err
		}
	}

	return t, nil
}

// subjects returns the subjects of the commits of the series that change more
// than lnd's documents.
func (t *tree) subjects(ctx context.Context) ([]string, error) {
	subjects, err := t.git.Run(
		ctx, "log", "--format=%s", "upstream.."+series, "--", ".",
		":!docs",
	)
	if err != nil {
		return nil, err
	}

	return strings.Split(subjects, "\n"), nil
}

// reset brings back the series up to the end of a topic, or the whole.
func (t *tree) reset(ctx context.Context, topic int) error {
	end := series
	if topic > 0 {
		end = manifest.TopicTag(topic)
	}
	_, err := t.git.Run(ctx, "reset", "-q", "--hard", end)
	if err != nil {
		return err
	}
	_, err = t.git.Run(ctx, "clean", "-q", "-f", "-d")

	return err
}

// undo undoes what a row says in the series that it says it of.
func (t *tree) undo(ctx context.Context, row Row) error {
	if err := t.reset(ctx, row.Topic); err != nil {
		return err
	}
	if row.Undo == drop {
		return t.drop(ctx, row.What)
	}

	patch := filepath.Join(t.base.Dir, filepath.Dir(file), row.Undo)
	_, err := os.Stat(patch)
	if errors.Is(err, fs.ErrNotExist) {
		patch = filepath.Join(t.base.Root, sharedFolder, row.Undo)
		_, err = os.Stat(patch)
	}
	if err != nil {
		return failure.Usage("there is no patch %s, neither beside %s "+
			"of base %s nor in %s", row.Undo, file, t.base.Name,
			sharedFolder)
	}
	if _, err := t.git.Run(ctx, "apply", patch); err != nil {
		return failure.Usage("%s does not apply to the series any "+
			"more: %w", patch, err)
	}

	return nil
}

// drop takes back all that the commit with a subject does, but for its tests.
func (t *tree) drop(ctx context.Context, subject string) error {
	list, err := t.git.Run(
		ctx, "log", "--format=%H %s", "upstream.."+series,
	)
	if err != nil {
		return err
	}
	commit := ""
	for line := range strings.Lines(list) {
		hash, of, _ := strings.Cut(strings.TrimSpace(line), " ")
		if of == subject {
			commit = hash
		}
	}

	diff, err := t.git.Feed(ctx, nil, "diff", "--full-index", commit,
		commit+"^", "--", ".", ":!*_test.go")
	if err != nil {
		return err
	}
	if _, err := t.git.Feed(ctx, diff, "apply", "--3way"); err != nil {
		return failure.Usage("dropping '%s' conflicts with the rest of "+
			"the series; take its effect away by a patch beside "+
			"%s instead: %w", subject, file, err)
	}

	return nil
}

// builds returns an error if the go command does not find all that lnd is made
// of.
func (t *tree) builds(ctx context.Context) error {
	var out bytes.Buffer
	err := process.Run(ctx, process.Config{
		Path: "go", Args: []string{"list", "-deps", "./cmd/lnd"},
		Dir: t.dir, Env: append(os.Environ(), "GOWORK=off"),
		Stderr: &out,
	})
	if err != nil {
		return fmt.Errorf("lnd does not build: %w\n%s", err, &out)
	}

	return nil
}
