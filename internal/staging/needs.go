package staging

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/git"
	"lnd-once/internal/manifest"
)

// CheckNeeds returns an error unless every topic of a staged base applies to
// stock together with the topics that it needs, as the series says, and without
// all others.
func CheckNeeds(ctx context.Context, b *base.Base) error {
	series, err := manifest.Read(b.Dir)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "lnd-once-needs")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	tree := git.New(b.Tree())
	stock, err := tree.Run(ctx, "rev-parse", "refs/lnd-once/stock")
	if err != nil {
		return err
	}
	alone := git.New(dir)
	err = runAll(ctx, alone, []string{
		"clone", "-q", "--shared", "--no-checkout", b.Tree(), ".",
	})
	if err != nil {
		return err
	}
	commits, err := commitsOf(ctx, tree, "upstream..patched")
	if err != nil {
		return err
	}
	for _, topic := range series.Topics {
		if topic.Number == 0 {
			continue
		}
		err := runAll(ctx, alone, []string{
			"checkout", "-q", "--force", "--detach", stock,
		})
		if err != nil {
			return err
		}
		for _, number := range append(
			slices.Clone(topic.Needs), topic.Number,
		) {

			needed := series.Topics[number-1]
			end := series.End(needed)
			err := pick(
				ctx, alone, series.Entries[needed.First:end],
				commits[needed.First:end],
			)
			if err != nil {
				return fmt.Errorf("topic %d (%s) of %s does "+
					"not apply to stock with what it "+
					"needs, %v, and nothing else: %w",
					topic.Number, topic.Name, b.Name,
					topic.Needs, err)
			}
		}
	}

	return nil
}

// pick applies the commits of entries to a work tree: all but those that stock
// has as well. Those that only change documents are left out: release notes of
// topics stand side by side, and whoever merges one puts its note where it
// belongs.
func pick(ctx context.Context, alone *git.Git, entries []*manifest.Entry,
	commits []string) error {

	for i, entry := range entries {
		if entry.Kind == manifest.Build {
			continue
		}
		docs, err := onlyDocs(ctx, alone, commits[i])
		if err != nil {
			return err
		}
		if docs {
			continue
		}
		_, err = alone.Run(ctx, "cherry-pick", commits[i])
		if err != nil {
			return err
		}
	}

	return nil
}

// onlyDocs tells whether a commit only changes documents.
func onlyDocs(ctx context.Context, tree *git.Git, commit string) (bool, error) {
	changed, err := tree.Run(
		ctx, "show", "--format=", "--name-only", commit,
	)

	return !slices.ContainsFunc(
		strings.Fields(changed), func(file string) bool {
			return !strings.HasPrefix(file, "docs/")
		},
	), err
}
