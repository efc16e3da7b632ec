package upstream

import (
	"context"
	"fmt"
	"strings"

	"lnd-once/internal/failure"
	"lnd-once/internal/git"
	"lnd-once/internal/manifest"
)

// branchName returns the name of a topic's branch in the user's clone.
func branchName(number int) string {
	return fmt.Sprintf("lnd-once/topic-%d", number)
}

// recordKey returns the setting of the user's clone that says what we have made
// a branch of. Git removes it together with the branch.
func recordKey(number int) string {
	return "branch." + branchName(number) + ".lndonce"
}

// record is what we note of a branch that we have made.
type record struct {
	// tip is its last commit, source the staged commit that it was made
	// of, below the commit that it stands on.
	tip, source, below string
}

// String returns the record as it is noted.
func (r record) String() string {
	return strings.Join([]string{r.tip, r.source, r.below}, " ")
}

// recorded returns what we have noted of a topic's branch, nothing if it is not
// ours.
func (r *repo) recorded(ctx context.Context, number int) record {
	text, err := r.user.Run(ctx, "config", recordKey(number))
	fields := strings.Fields(text)
	if err != nil || len(fields) != 3 {
		return record{}
	}

	return record{tip: fields[0], source: fields[1], below: fields[2]}
}

// tip returns the last commit of a topic's branch, nothing if there is none.
func (r *repo) tip(ctx context.Context, number int) string {
	tip, err := r.user.Run(
		ctx, "rev-parse", "-q", "--verify",
		"refs/heads/"+branchName(number),
	)
	if err != nil {
		return ""
	}

	return tip
}

// refuseForeign returns an error if a branch that would be made is there, with
// commits that are not what we made.
func (r *run) refuseForeign(ctx context.Context) error {
	for _, topic := range r.topics(0, r.last) {
		name := branchName(topic.Number)
		tip := r.repo.tip(ctx, topic.Number)
		if tip == "" || tip == r.repo.recorded(ctx, topic.Number).tip {
			continue
		}
		commits, err := r.repo.user.Run(
			ctx, "log", "--max-count=5", "--format=  %h %s", tip,
			"--not", r.repo.onto, "--",
		)
		if err != nil {
			return err
		}

		return failure.Usage("branch %s in %s is not as lnd-once made "+
			"it; its last commits are\n%s\nTo keep them: git -C "+
			"%s branch -m %s NAME\nTo discard them: git -C %s "+
			"branch -D %s", name, r.repo.dir, commits, r.repo.dir,
			name, r.repo.dir, name)
	}

	return nil
}

// unchanged tells whether a topic's branch is what we would make now.
func (r *run) unchanged(ctx context.Context, number int, source,
	below string) bool {

	tip := r.repo.tip(ctx, number)

	return tip != "" && r.repo.recorded(ctx, number) == record{
		tip: tip, source: source, below: below,
	}
}

// setBranch makes a topic's branch end where the work tree is.
func (r *run) setBranch(ctx context.Context, topic *manifest.Topic, source,
	below string) error {

	name := branchName(topic.Number)
	where, err := r.repo.user.Run(
		ctx, "for-each-ref", "--format=%(worktreepath)",
		"refs/heads/"+name,
	)
	if err != nil {
		return err
	}
	if where != "" {
		return failure.Usage("branch %s is checked out in %s and "+
			"cannot be replaced; switch to another one there", name,
			where)
	}

	tip, err := r.repo.head(ctx)
	if err != nil {
		return err
	}

	// If somebody has moved it meanwhile, git refuses. A null hash is the
	// value of a branch that is not there.
	old := r.repo.tip(ctx, topic.Number)
	if old == "" {
		old = strings.Repeat("0", len(tip))
	}
	_, err = r.repo.user.Run(
		ctx, "update-ref", "-m", "lnd-once upstream",
		"refs/heads/"+name, tip, old,
	)
	if err != nil {
		return err
	}
	_, err = r.repo.user.Run(
		ctx, "config", recordKey(topic.Number),
		record{tip: tip, source: source, below: below}.String(),
	)
	if err != nil {
		return err
	}
	r.Log.Say("branch %s: %s", name, topic.Name)

	return nil
}

// staged returns the tree that the commits are taken from.
func (r *run) staged() *git.Git {
	return git.New(r.Base.Tree())
}

// tagOf returns the tag that ends a topic in the staged tree, and that which
// the topic stands on.
func tagOf(number int) (string, string) {
	below := "upstream"
	if number > 1 {
		below = manifest.TopicTag(number - 1)
	}

	return manifest.TopicTag(number), below
}
