// Package port moves the series of a base to another version of lnd, commit by
// commit, with git's three-way merge.
package port

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/semver"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/git"
	"lnd-once/internal/module"
	"lnd-once/internal/progress"
	"lnd-once/internal/staging"
)

const (
	// oldUpstream and oldPatched are, in the tree that a series is moved
	// in, the lnd that it comes from and its commits there.
	oldUpstream = "refs/old/upstream"
	oldPatched  = "refs/old/patched"

	// fromKey and sumKey are the settings of that tree that name the base
	// that the series comes from, and the hash of the new module.
	fromKey = "lnd-once.from"
	sumKey  = "lnd-once.sum"
)

// Port is a series on its way to another version of lnd.
type Port struct {
	log *progress.Log

	// from and to are the bases. dir is the tree in which it moves.
	from, to *base.Base
	dir      string
	tree     *git.Git
}

// Start begins to move the series of a base to another version of lnd. It ends
// when the folder of the new base is written, or with the first conflict.
func Start(ctx context.Context, from *base.Base, version string,
	log *progress.Log) error {

	p, err := newPort(from.Root, version, log)
	if err != nil {
		return err
	}
	if _, err := os.Stat(p.dir); err == nil {
		return failure.Usage("%s is being ported already, in %s; "+
			"go on, or give up:\n  make port NEW=%s CONTINUE=1\n"+
			"  make port NEW=%s ABORT=1", version, p.dir, version,
			version)
	}
	if err := staging.Stage(ctx, from, log); err != nil {
		return err
	}
	m, err := module.Download(ctx, from.Module, version)
	if err != nil {
		return err
	}
	p.from = from
	p.to = from.Next(version, m.Sum)

	unlock, err := staging.Lock(ctx, p.to, log)
	if err != nil {
		return err
	}
	defer unlock()

	log.Say("unpacking %s", m)
	if err := p.unpack(ctx, m); err != nil {
		return err
	}
	_, err = p.tree.Run(
		ctx, "cherry-pick", oldUpstream+".."+oldPatched,
	)

	return p.goOn(ctx, err)
}

// newPort returns the port to a version, whether it has begun or not.
func newPort(root, version string, log *progress.Log) (*Port, error) {
	if !semver.IsValid(version) {
		return nil, failure.Usage("'%s' is no version of lnd; want "+
			"one like those of the bases", version)
	}
	known, err := base.Known(root)
	if err != nil {
		return nil, err
	}
	if slices.Contains(known, version) {
		return nil, failure.Usage("there is a base %s already: "+
			"patches/%s", version, version)
	}
	dir := filepath.Join(root, "build", version, "port")

	return &Port{log: log, dir: dir, tree: git.New(dir)}, nil
}

// unpack makes the tree: the new lnd, and the old one with its series.
func (p *Port) unpack(ctx context.Context, m *module.Module) error {
	temp, err := os.MkdirTemp(p.to.Build(), ".port.")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)

	tree, err := staging.NewTree(ctx, m, filepath.Join(temp, "port"))
	if err != nil {
		return err
	}

	// What was solved once is solved in the next port, too.
	solved := filepath.Join(p.to.Root, "build", "rr-cache")
	err = errors.Join(
		os.MkdirAll(solved, 0o755),
		os.Symlink(solved, filepath.Join(
			tree.Dir(), ".git", "rr-cache",
		)),
	)
	if err != nil {
		return err
	}
	for _, args := range [][]string{
		{"config", "rerere.enabled", "true"},
		{"config", "rerere.autoUpdate", "true"},
		{"config", "merge.conflictStyle", "zdiff3"},
		{"config", fromKey, p.from.Name},
		{"config", sumKey, p.to.Sum},
		{
			"fetch", "-q", "--no-tags", p.from.Tree(),
			"refs/tags/upstream:" + oldUpstream,
			"refs/lnd-once/patched:" + oldPatched,
		},
		{"checkout", "-q", "-b", "patched", "upstream"},
	} {
		if _, err := tree.Run(ctx, args...); err != nil {
			return err
		}
	}

	return os.Rename(tree.Dir(), p.dir)
}

// open returns the port to a version that was begun.
func open(root, version string, log *progress.Log) (*Port, error) {
	p, err := newPort(root, version, log)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(p.dir); err != nil {
		return nil, failure.Usage("no port to '%s' has begun; see the "+
			"flag --from", version)
	}

	return p, nil
}

// Continue goes on after a conflict that was solved, or without the commit that
// has it.
func Continue(ctx context.Context, root, version string, skip bool,
	log *progress.Log) error {

	p, err := open(root, version, log)
	if err != nil {
		return err
	}
	from, err := p.tree.Run(ctx, "config", fromKey)
	if err != nil {
		return err
	}
	p.from, err = base.Load(root, from)
	if err != nil {
		return err
	}
	sum, err := p.tree.Run(ctx, "config", sumKey)
	if err != nil {
		return err
	}
	p.to = p.from.Next(version, sum)

	unlock, err := staging.Lock(ctx, p.to, log)
	if err != nil {
		return err
	}
	defer unlock()

	switch {
	// Whoever has finished it with git alone has nothing left to solve.
	case !p.stopped():

	case skip:
		_, err = p.tree.Run(ctx, "cherry-pick", "--skip")

	default:
		if err := p.checkSolved(ctx); err != nil {
			return err
		}
		_, err = p.tree.Run(ctx, "cherry-pick", "--continue")
	}

	return p.goOn(ctx, err)
}

// Abort ends a port and leaves nothing of it.
func Abort(root, version string, log *progress.Log) error {
	p, err := open(root, version, log)
	if err != nil {
		return err
	}

	return os.RemoveAll(p.dir)
}
