// Package staging makes git trees of lnd: the pinned module, our series of
// patches and packages on top, the same commits on every machine. It also writes
// commits in such a tree back to the series. patches/README.md shows the use.
package staging

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"lnd-once/internal/base"
	"lnd-once/internal/git"
	"lnd-once/internal/manifest"
	"lnd-once/internal/module"
	"lnd-once/internal/progress"
)

const (
	// stampKey is the setting of a staged tree that says what it was made
	// of. Only a complete tree has it.
	stampKey = "lnd-once.stamp"

	// seriesKey is the setting that says from which series.
	seriesKey = "lnd-once.series"

	// patchedRef and stockRef are what was staged into the branches of the
	// same names.
	patchedRef = "refs/lnd-once/patched"
	stockRef   = "refs/lnd-once/stock"
)

// stager stages a base.
type stager struct {
	base *base.Base
	log  *progress.Log

	// source is what goes on top, stamp says what it is.
	source *source
	stamp  string

	// temp is where trees are made before they are put in place.
	temp string
}

// Stage makes the tree of a base and its stock tree. It does nothing if both are
// there and nothing that they are made of has changed. It never replaces a tree
// that holds somebody's work.
func Stage(ctx context.Context, b *base.Base, log *progress.Log) error {
	if b.Lender != nil {
		if err := stageLender(ctx, b, log); err != nil {
			return err
		}
	}
	unlock, err := Lock(ctx, b, log)
	if err != nil {
		return err
	}
	defer unlock()

	// What an earlier, interrupted staging left is of no use to anybody,
	// also if it came as far as to complete the tree.
	if err := removeAll(b, ".staging.*"); err != nil {
		return err
	}

	s := &stager{base: b, log: log}
	s.source, err = openSource(b.Root, b)
	if err != nil {
		return err
	}
	s.stamp, err = s.source.stamp()
	if err != nil {
		return err
	}

	if err := relink(b); err != nil {
		return err
	}
	if s.upToDate(ctx) {
		log.Say("%s: build/%s/lnd is up to date", b.Name, b.Name)

		return nil
	}
	if err := s.refuseIfFailed(ctx); err != nil {
		return err
	}
	err = refuseIfWork(ctx, b, "patches or packages have changed, but")
	if err != nil {
		return err
	}

	return s.stage(ctx)
}

// removeAll removes what matches a pattern in the folder of what is built.
func removeAll(b *base.Base, pattern string) error {
	paths, err := filepath.Glob(filepath.Join(b.Build(), pattern))
	for _, path := range paths {
		err = errors.Join(err, os.RemoveAll(path))
	}

	return err
}

// upToDate tells whether the staged trees are complete and of this stamp.
func (s *stager) upToDate(ctx context.Context) bool {
	for _, dir := range []string{s.base.Tree(), s.base.Stock()} {
		if !exists(filepath.Join(dir, ".git")) {
			return false
		}
	}

	return setting(ctx, git.New(s.base.Tree()), stampKey) == s.stamp
}

// setting returns a setting of a tree's own, nothing if it has none.
func setting(ctx context.Context, tree *git.Git, name string) string {
	value, err := tree.Run(ctx, "config", name)
	if err != nil {
		return ""
	}

	return value
}

// stage makes both trees in a temporary folder and puts them in place. The
// stamp, which alone says that they are complete, comes last.
func (s *stager) stage(ctx context.Context) error {
	b := s.base
	m, err := module.Download(ctx, b.Module, b.Version)
	if err != nil {
		return err
	}
	err = m.Verify(b.Sum, pinFile(b))
	if err != nil {
		return err
	}

	s.temp, err = os.MkdirTemp(b.Build(), ".staging.")
	if err != nil {
		return err
	}
	defer os.RemoveAll(s.temp)

	s.log.Say("%s: unpacking %s", b.Name, m)
	tree, err := NewTree(ctx, m, filepath.Join(s.temp, "lnd"))
	if err != nil {
		return err
	}
	if err := s.fill(ctx, tree); err != nil {
		var failed *patchError
		if errors.As(err, &failed) {
			return s.keepFailed(ctx, tree, failed)
		}

		return err
	}
	if err := s.putInPlace(ctx, tree); err != nil {
		return err
	}

	head, err := git.New(b.Tree()).Run(
		ctx, "rev-parse", "--short=12", "patched",
	)
	if err != nil {
		return err
	}
	s.log.Say("%s: staged %s in build/%s/lnd", b.Name, head, b.Name)

	return nil
}

// pinFile returns the file that has the hash of a base's module.
func pinFile(b *base.Base) string {
	if b.Lender != nil {
		return b.PinsPath()
	}

	return filepath.Join(b.Dir, base.File)
}

// fill makes the branches stock and patched, and the tags of the topics.
func (s *stager) fill(ctx context.Context, tree *git.Git) error {
	branches := []struct {
		name, ref string
		chosen    func(*manifest.Entry) bool
	}{
		{"stock", stockRef, buildOnly},
		{"patched", patchedRef, all},
	}
	for _, branch := range branches {
		err := runAll(ctx, tree, []string{
			"checkout", "-q", "-b", branch.name, "upstream",
		})
		if err != nil {
			return err
		}
		if s.base.Lender != nil {
			err = s.move(ctx, tree, branch.name)
		} else {
			err = s.source.apply(ctx, tree, branch.chosen)
		}
		if err != nil {
			return err
		}
		err = runAll(ctx, tree, []string{
			"update-ref", branch.ref, "HEAD",
		})
		if err != nil {
			return err
		}
	}

	err := runAll(ctx, tree, []string{"branch", "-q", "-D", "module"})
	if err != nil {
		return err
	}

	return setTopics(ctx, tree, s.source.series)
}

// putInPlace replaces the trees that are there by those in the temporary folder.
func (s *stager) putInPlace(ctx context.Context, tree *git.Git) error {
	b := s.base
	old, err := filepath.Glob(filepath.Join(b.Build(), manifest.TopicPrefix+"*"))
	if err != nil {
		return err
	}

	// A removal that is interrupted must not leave half a tree in place.
	for _, dir := range append(old, b.Stock(), b.Tree()) {
		err := os.Rename(dir, filepath.Join(
			s.temp, "old-"+filepath.Base(dir),
		))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := os.Rename(tree.Dir(), b.Tree()); err != nil {
		return err
	}

	series, err := s.source.seriesStamp()
	if err != nil {
		return err
	}
	err = runAll(
		ctx, git.New(b.Tree()),
		[]string{"worktree", "add", "-q", b.Stock(), "stock"},
		[]string{"config", seriesKey, series},
		[]string{"config", stampKey, s.stamp},
	)
	if err != nil {
		return err
	}

	return os.RemoveAll(failedDir(b))
}
