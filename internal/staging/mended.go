package staging

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/git"
	"lnd-once/internal/manifest"
	"lnd-once/internal/progress"
)

// writeMended writes the patch that did not apply, if it was mended and
// committed in the tree that was kept of it.
func writeMended(ctx context.Context, b *base.Base,
	log *progress.Log) (bool, error) {

	dir := failedDir(b)
	if !exists(filepath.Join(dir, ".git", failureFile)) {
		return false, nil
	}
	tree := git.New(dir)
	out, err := tree.Run(ctx, "rev-list", "before..HEAD")
	if err != nil {
		return false, err
	}
	commits, name := strings.Fields(out), setting(ctx, tree, failedPatchKey)
	switch {
	case len(commits) == 0:
		return false, nil

	case len(commits) > 1:
		return false, failure.Usage("%s has %d commits more than "+
			"before; make one of them, the mended %s: git rebase "+
			"-i before", dir, len(commits), name)
	}

	series, err := manifest.Read(b.Dir)
	if err != nil {
		return false, err
	}
	s := &source{root: b.Root, base: b, series: series}
	for _, entry := range series.Entries {
		if entry.Name == name {
			err := s.replacePatch(ctx, tree, entry)
			if err != nil {
				return false, err
			}
			log.Say("%s: wrote the mended %s", b.Name,
				s.patchPath(name))

			return true, os.RemoveAll(dir)
		}
	}

	return false, failure.Usage("the series of %s no longer names %s; to "+
		"go on without it: rm -rf %s", b.Name, name, dir)
}

// replacePatch writes the last commit of a tree as the patch of an entry, and
// the files that it creates.
func (s *source) replacePatch(ctx context.Context, tree *git.Git,
	entry *manifest.Entry) error {

	mail, err := formatPatch(ctx, tree, "HEAD")
	if err != nil {
		return err
	}
	_, fromLnd := imports(s.series, s.base.Module)
	kept, err := takeOut(mail, func(name string) (bool, error) {
		i := slices.IndexFunc(entry.Created, func(
			c manifest.Created) bool {

			return c.Path == name
		})
		if i < 0 {
			return false, nil
		}
		blob, err := tree.Feed(
			ctx, nil, "cat-file", "blob", "HEAD:"+name,
		)
		if err != nil {
			return false, err
		}

		return true, writeFile(
			filepath.Join(
				s.root, s.createdPath(entry.Created[i].From),
			), []byte(fromLnd.Replace(string(blob))),
		)
	})
	if err != nil {
		return err
	}

	return writeFile(
		filepath.Join(s.root, s.patchPath(entry.Name)), kept,
	)
}
