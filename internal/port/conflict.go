package port

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/failure"
	"lnd-once/internal/staging"
)

// stopped tells whether git has commits left to move: one waits for its conflict
// to be solved, or git was interrupted.
func (p *Port) stopped() bool {
	for _, name := range []string{"CHERRY_PICK_HEAD", "sequencer"} {
		_, err := os.Stat(filepath.Join(p.dir, ".git", name))
		if err == nil {
			return true
		}
	}

	return false
}

// checkSolved returns an error if a conflict is not solved yet.
func (p *Port) checkSolved(ctx context.Context) error {
	files, err := p.unmerged(ctx)
	if err != nil {
		return err
	}
	if files != "" {
		return p.conflict(ctx, files)
	}

	// It prints what it finds, and fails then.
	found, err := p.tree.Run(ctx, "diff", "--cached", "--check")
	if err != nil && strings.Contains(found, "conflict marker") {
		return failure.Usage("there are conflict markers left in "+
			"%s:\n%s", p.dir, found)
	}

	return nil
}

// unmerged returns the files that have a conflict, one a line.
func (p *Port) unmerged(ctx context.Context) (string, error) {
	return p.tree.Run(ctx, "diff", "--name-only", "--diff-filter=U")
}

// goOn is called after git has moved commits, and has perhaps failed. It goes on
// as far as can be without the user.
func (p *Port) goOn(ctx context.Context, err error) error {
	var last string
	for err != nil {
		// Where git does not get on there is something that only the
		// user can put right.
		at, _ := p.tree.Run(ctx, "rev-parse", "CHERRY_PICK_HEAD")
		if ctx.Err() != nil || !p.stopped() || at == last {
			return err
		}
		last = at

		files, unmergedErr := p.unmerged(ctx)
		if unmergedErr != nil {
			return unmergedErr
		}
		if files != "" {
			return p.conflict(ctx, files)
		}

		// Either git remembers how this conflict was solved, or
		// nothing is left of the commit.
		status, statusErr := p.tree.Run(
			ctx, "status", "--porcelain", "--untracked-files=no",
		)
		if statusErr != nil {
			return statusErr
		}
		step := "--continue"
		if status == "" {
			step = "--skip"
		}
		_, err = p.tree.Run(ctx, "cherry-pick", step)
	}

	return p.finish(ctx)
}

// conflict returns an error that says where git has stopped, and how to go on.
func (p *Port) conflict(ctx context.Context, files string) error {
	title, err := p.tree.Run(
		ctx, "log", "-1", "--format=%s", "CHERRY_PICK_HEAD",
	)
	if err != nil {
		return err
	}

	return fmt.Errorf(`"%s" does not fit %s. There are conflicts in
  %s
In %s solve them and git add the files; git show
CHERRY_PICK_HEAD is the commit as it was. Then go on, without that commit, or
not at all:
  make port NEW=%s CONTINUE=1
  make port NEW=%s SKIP=1
  make port NEW=%s ABORT=1`, title, p.to.Name,
		strings.ReplaceAll(files, "\n", "\n  "), p.dir, p.to.Name,
		p.to.Name, p.to.Name)
}

// finish writes the folder of the new base.
func (p *Port) finish(ctx context.Context) error {
	ported, err := staging.WritePorted(
		ctx, p.tree, oldUpstream+".."+oldPatched, p.from, p.to,
	)
	if err != nil {
		return fmt.Errorf("%w\nWhen that is mended in %s: make "+
			"port NEW=%s CONTINUE=1", err, p.dir, p.to.Name)
	}
	for _, title := range ported.Lost {
		p.log.Say("not carried over: %s", title)
	}
	p.log.Say("wrote patches/%s; it yields commit %.12s. Look through "+
		"base.yaml and what was\ncopied to it from %s, then make test",
		p.to.Name, ported.Head, p.from.Name)

	return os.RemoveAll(p.dir)
}
