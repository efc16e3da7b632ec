package upstream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lnd-once/internal/git"
	"lnd-once/internal/manifest"
)

// conflictError says that a commit does not fit what it is brought to.
type conflictError struct {
	text string
}

// Error returns where it stopped, and how to go on.
func (e *conflictError) Error() string {
	return e.text
}

// makeBranches makes the branches of all topics behind one that stands already.
// Each stands on the one before it.
func (r *run) makeBranches(ctx context.Context, done int, below string) error {
	for _, topic := range r.topics(done+1, r.last) {
		tag, _ := tagOf(topic.Number)
		source, err := r.staged().Run(ctx, "rev-parse", tag)
		if err != nil {
			return err
		}
		if r.unchanged(ctx, topic.Number, source, below) {
			r.Log.Say("branch %s: as it was",
				branchName(topic.Number))
			_, err = r.repo.work.Run(
				ctx, "checkout", "-q", "--detach",
				branchName(topic.Number),
			)
		} else {
			err = r.makeBranch(ctx, topic, source, below)
		}
		if err != nil {
			return err
		}
		below, err = r.repo.head(ctx)
		if err != nil {
			return err
		}
	}

	return nil
}

// makeBranch applies the commits of a topic where the work tree is.
func (r *run) makeBranch(ctx context.Context, topic *manifest.Topic, source,
	below string) error {

	// Should it be interrupted by a conflict, this tells where we were.
	err := r.saveState(topic.Number, source, below)
	if err != nil {
		return err
	}
	changes, noted, err := r.commits(ctx, topic.Number)
	if err != nil {
		return err
	}

	var (
		mails []byte
		now   = time.Now().Format(time.RFC1123Z)
	)
	for _, c := range changes {
		err := c.lend(ctx, r.staged(), r.repo.work)
		if err != nil {
			return err
		}
		text, err := c.mail(ctx, r.staged(), r.repo.author, now)
		if err != nil {
			return err
		}
		mails = append(mails, text...)
	}
	if len(mails) > 0 {
		_, err = r.repo.work.Feed(
			ctx, mails, "-c", "gc.auto=0", "am", "-q", "-3",
			"--keep-cr", "--keep-non-patch", "--no-scissors",
			"--no-message-id", "--whitespace=nowarn",
		)
	}
	var gitErr *git.Error
	if errors.As(err, &gitErr) {
		return r.conflict(ctx, topic, gitErr)
	}
	if err != nil {
		return err
	}

	return r.endBranch(ctx, topic, noted, source, below)
}

// endBranch adds a topic's release notes and sets its branch.
func (r *run) endBranch(ctx context.Context, topic *manifest.Topic,
	noted []commit, source, below string) error {

	for _, c := range noted {
		if err := r.addNote(ctx, c); err != nil {
			return err
		}
	}

	return r.setBranch(ctx, topic, source, below)
}

// conflict returns the error that says where git am has stopped. If it has not
// even begun, it is git's own.
func (r *run) conflict(ctx context.Context, topic *manifest.Topic,
	cause *git.Error) error {

	stopped, err := r.stopped(ctx)
	if err != nil || stopped == "" {
		return errors.Join(err, cause)
	}
	files, err := r.repo.work.Run(
		ctx, "diff", "--name-only", "--diff-filter=U",
	)
	if err != nil {
		return err
	}
	if files == "" {
		files = cause.Output
	}

	return &conflictError{fmt.Sprintf(`topic %d, %s: "%s" does not fit %s.
There are conflicts in
  %s
In %s solve them, git add the files and git am
--continue, until all of the topic's commits are there; git am
--show-current-patch is the commit as it was. Then %s`, topic.Number, topic.Name, stopped,
		r.repo.ontoTitle, strings.ReplaceAll(files, "\n", "\n  "),
		r.repo.work.Dir(), waysOn(r.repo.dir))}
}

// stopped returns the subject of the commit that git am has stopped at, nothing
// if it is not at work.
func (r *run) stopped(ctx context.Context) (string, error) {
	dir, err := r.repo.work.Run(
		ctx, "rev-parse", "--path-format=absolute", "--git-path",
		"rebase-apply",
	)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(dir, "final-commit"))
	if errors.Is(err, os.ErrNotExist) {
		_, err = os.Stat(dir)
		if errors.Is(err, os.ErrNotExist) {
			return "", nil
		}

		return "a commit", err
	}
	subject, _, _ := strings.Cut(string(text), "\n")

	return subject, err
}
