package staging

import (
	"context"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/git"
	"lnd-once/internal/module"
	"lnd-once/internal/progress"
)

// stageLender stages the base whose series another one takes, and sees to it
// that the module of that one is pinned.
func stageLender(ctx context.Context, b *base.Base, log *progress.Log) error {
	lender := b.Lender.Name
	if err := Stage(ctx, b.Lender, log); err != nil {
		return err
	}
	log.Say("%s takes the series of %s, and was not proven with it. To "+
		"prove it: make prove BASE=%s", b.Name, lender, b.Name)
	if b.Sum != "" {
		return nil
	}

	m, err := module.DownloadNew(ctx, b.Module, b.Version)
	if err != nil {
		return err
	}
	if err := b.Pin(m.Sum); err != nil {
		return err
	}
	log.Say("%s: Go's checksum database knows %s. Keep %s, which has that "+
		"hash from now on", b.Name, m, b.PinsPath())

	return nil
}

// move puts a branch of the lender's tree on top of a tree, with git's three-way
// merge. Each commit becomes one, so that topics end where they did.
func (s *stager) move(ctx context.Context, tree *git.Git, branch string) error {
	from := s.base.Lender.Tree()
	err := runAll(ctx, tree, []string{
		"fetch", "-q", "--no-tags", from, "refs/tags/upstream",
		"refs/lnd-once/" + branch,
	})
	if err != nil {
		return err
	}
	lent := git.New(from)
	commits, err := commitsOf(
		ctx, lent, "upstream..refs/lnd-once/"+branch,
	)
	if err != nil {
		return err
	}
	for _, commit := range commits {
		if err := s.moveCommit(ctx, tree, commit); err != nil {
			return err
		}
	}

	return nil
}

// moveCommit puts a commit on top of a tree. What documents it cannot find there
// it does without: the release notes of one version are not in another.
func (s *stager) moveCommit(ctx context.Context, tree *git.Git,
	commit string) error {

	date, err := tree.Run(ctx, "log", "-1", "--format=%aI", commit)
	if err != nil {
		return err
	}
	tree = tree.With("GIT_COMMITTER_DATE=" + date)
	_, err = tree.Run(
		ctx, "cherry-pick", "--allow-empty", "--keep-redundant-commits",
		commit,
	)
	if err == nil || ctx.Err() != nil {
		return err
	}
	docs, err := onlyDocs(ctx, tree, commit)
	if err != nil {
		return err
	}
	if docs {
		return runAll(
			ctx, tree, []string{"reset", "-q", "--hard"}, []string{
				"commit", "-q", "--allow-empty", "-C", commit,
			},
		)
	}
	files, err := tree.Run(ctx, "diff", "--name-only", "--diff-filter=U")
	if err != nil {
		return err
	}
	title, err := tree.Run(ctx, "log", "-1", "--format=%s", commit)
	if err != nil {
		return err
	}

	return failure.Usage("\"%s\" of %s does not fit %s. There are "+
		"conflicts in\n%s\nTo solve them, and give %s a folder of "+
		"its own:\n  make port NEW=%s FROM=%s", title,
		s.base.Lender.Name, s.base.Name, indent(files, shownWork),
		s.base.Name, s.base.Name, s.base.Lender.Name)
}
