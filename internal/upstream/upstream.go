// Package upstream brings our series to where lnd's maintainers can look at it:
// topic branches in a clone of lnd, checked as lnd's CI checks them, and the
// texts to post. patches/README.md shows the use.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/manifest"
	"lnd-once/internal/progress"
	"lnd-once/internal/staging"
)

// Config says what is brought where.
type Config struct {
	// Base is the base whose series it is.
	Base *base.Base

	// Repo is the user's clone of lnd, Onto what in it the branches begin
	// at. Without one it is what the clone's origin has as its HEAD.
	Repo, Onto string

	// Topic is the number or name of the only topic that is checked and
	// described. Those below it get their branches, too. Empty means all.
	Topic string

	// Log is told what is being done, and what was found.
	Log *progress.Log
}

// run is one making of branches.
type run struct {
	Config
	repo *repo

	// series is the series of the base. last is the last topic that gets a
	// branch, first the first one that is checked.
	series      *manifest.Series
	first, last int
}

// Dir returns the folder that has all that is written.
func Dir(b *base.Base) string {
	return filepath.Join(b.Root, "build", "upstream")
}

// workTree returns the folder of the work tree that branches are made in.
func workTree(b *base.Base) string {
	return filepath.Join(Dir(b), "lnd")
}

// Run makes the topic branches in the user's clone, checks them, and writes the
// texts to post. It stops at a conflict, and Continue goes on there.
func Run(ctx context.Context, cfg Config) error {
	if _, err := os.Stat(workTree(cfg.Base)); err == nil {
		return failure.Usage("an earlier run has stopped at a "+
			"conflict, or was killed, in %s; %s",
			workTree(cfg.Base), waysOn(cfg.Repo))
	}
	r, err := newRun(ctx, cfg)
	if err != nil {
		return err
	}
	if err := r.repo.resolve(ctx, cfg.Onto); err != nil {
		return err
	}
	r.Log.Say("%s: branches begin at %s", r.repo.dir, r.repo.ontoTitle)
	if err := r.refuseForeign(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(Dir(cfg.Base), 0o755); err != nil {
		return err
	}
	err = r.repo.addWorkTree(ctx, workTree(cfg.Base))
	if err != nil {
		return errors.Join(err, r.repo.removeWorkTree(ctx))
	}

	return r.finish(ctx, r.makeBranches(ctx, 0, r.repo.onto))
}

// waysOn says how to go on after a conflict.
func waysOn(repo string) string {
	return fmt.Sprintf(`go on, or give up:
  make upstream REPO=%s CONTINUE=1
  make upstream REPO=%s ABORT=1`, repo, repo)
}

// newRun stages the base and opens the user's clone.
func newRun(ctx context.Context, cfg Config) (*run, error) {
	err := staging.Stage(ctx, cfg.Base, cfg.Log)
	if err != nil {
		return nil, err
	}
	r := &run{Config: cfg}
	r.series, err = manifest.Read(cfg.Base.Dir)
	if err != nil {
		return nil, err
	}
	for _, topic := range r.series.Topics {
		r.last = max(r.last, topic.Number)
	}
	if r.last == 0 {
		return nil, failure.Usage("the series of %s has no topics",
			cfg.Base.Name)
	}
	r.first = 1
	if cfg.Topic != "" {
		topic, err := r.series.Topic(cfg.Topic)
		if err != nil {
			return nil, err
		}
		r.first, r.last = topic.Number, topic.Number
	}
	r.repo, err = openRepo(ctx, cfg.Repo)

	return r, err
}

// finish checks the branches that were made, and removes the work tree unless
// there is something left to do in it.
func (r *run) finish(ctx context.Context, err error) error {
	var stopped *conflictError
	if errors.As(err, &stopped) {
		return err
	}
	if err == nil {
		err = r.report(ctx)
	}

	// What was interrupted must be tidied up all the same.
	return errors.Join(err, r.repo.removeWorkTree(
		context.WithoutCancel(ctx),
	))
}

// topics returns the topics from one number to another.
func (r *run) topics(from, to int) []*manifest.Topic {
	var chosen []*manifest.Topic
	for _, topic := range r.series.Topics {
		if topic.Number >= max(from, 1) && topic.Number <= to {
			chosen = append(chosen, topic)
		}
	}

	return chosen
}
