package staging

import (
	"context"
	"fmt"
	"path/filepath"

	"lnd-once/internal/base"
	"lnd-once/internal/git"
)

// verified is what comes out of a series that was written.
type verified struct {
	// head and stock are the commits that it yields, stamp is what staging
	// would call it.
	head, stock, stamp string
}

// verify applies the series of a base that was written below a folder to the
// upstream commit of a tree. It returns an error if the tree that comes out is
// not the one of the given revision.
func verify(ctx context.Context, tree *git.Git, b *base.Base, root,
	rev string) (*verified, error) {

	s, err := openSource(root, b)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(root, "verified")
	err = runAll(ctx, tree, []string{
		"worktree", "add", "-q", "--detach", dir, "upstream",
	})
	if err != nil {
		return nil, err
	}
	defer tree.Run(
		context.WithoutCancel(ctx), "worktree", "remove", "--force",
		dir,
	)

	v, work := &verified{}, git.New(dir)
	if err := s.apply(ctx, work, all); err != nil {
		return nil, fmt.Errorf("what would be written does not "+
			"apply: %w", err)
	}
	v.head, err = work.Run(ctx, "rev-parse", "HEAD")
	if err != nil {
		return nil, err
	}
	stat, err := tree.Run(ctx, "diff", "--stat", v.head, rev)
	if err != nil {
		return nil, err
	}
	if stat != "" {
		return nil, fmt.Errorf("staging what would be written yields "+
			"another tree:\n%s", stat)
	}

	err = runAll(ctx, work, []string{
		"checkout", "-q", "--detach", "upstream",
	})
	if err != nil {
		return nil, err
	}
	if err := s.apply(ctx, work, buildOnly); err != nil {
		return nil, fmt.Errorf("what would be written for the stock "+
			"tree does not apply: %w", err)
	}
	v.stock, err = work.Run(ctx, "rev-parse", "HEAD")
	if err != nil {
		return nil, err
	}
	v.stamp, err = s.stamp()

	return v, err
}
