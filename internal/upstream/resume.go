package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"lnd-once/internal/failure"
	"lnd-once/internal/git"
)

// state is what a run that has stopped at a conflict needs to go on.
type state struct {
	// Repo, Onto, Title and Topic are what the run was called with.
	Repo, Onto, Title, Topic string

	// Number is the topic that it was at, made of Source on top of Below.
	Number        int
	Source, Below string
}

// stateFile returns the file that has the state.
func (r *run) stateFile() string {
	return filepath.Join(Dir(r.Base), "state.json")
}

// saveState notes where the run is.
func (r *run) saveState(number int, source, below string) error {
	text, err := json.MarshalIndent(state{
		Repo: r.repo.dir, Onto: r.repo.onto, Title: r.repo.ontoTitle,
		Topic: r.Topic, Number: number, Source: source, Below: below,
	}, "", "  ")
	if err != nil {
		return err
	}

	return os.WriteFile(r.stateFile(), text, 0o644)
}

// Continue goes on after a conflict that was solved.
func Continue(ctx context.Context, cfg Config) error {
	r, s, err := reopen(ctx, cfg)
	if err != nil {
		return err
	}
	stopped, err := r.stopped(ctx)
	if err != nil {
		return err
	}
	if stopped != "" {
		return failure.Usage("git am is still at \"%s\" in %s: solve "+
			"the conflicts, git add the files, git am --continue",
			stopped, r.repo.work.Dir())
	}
	tag, _ := tagOf(s.Number)
	source, err := r.staged().Run(ctx, "rev-parse", tag)
	if err != nil {
		return err
	}
	if source != s.Source {
		return failure.Usage("topic %d has changed since; begin anew: "+
			"make upstream REPO=%s ABORT=1", s.Number,
			r.repo.dir)
	}

	changes, noted, err := r.commits(ctx, s.Number)
	if err != nil {
		return err
	}
	there, err := r.repo.work.Run(
		ctx, "rev-list", s.Below+"..HEAD",
	)
	if err != nil {
		return err
	}
	if there == "" && len(changes) > 0 {
		return failure.Usage("no commit of topic %d is in %s; begin "+
			"anew: make upstream REPO=%s ABORT=1", s.Number,
			r.repo.work.Dir(), r.repo.dir)
	}
	topic := r.topics(s.Number, s.Number)[0]
	err = r.endBranch(ctx, topic, noted, s.Source, s.Below)
	if err != nil {
		return err
	}
	below, err := r.repo.head(ctx)
	if err != nil {
		return err
	}

	return r.finish(ctx, r.makeBranches(ctx, s.Number, below))
}

// Abort removes what a run that has stopped left. Branches that it has finished
// stay.
func Abort(ctx context.Context, cfg Config) error {
	r, _, err := reopen(ctx, cfg)
	if err != nil {
		return err
	}

	return errors.Join(
		r.repo.removeWorkTree(ctx), os.Remove(r.stateFile()),
	)
}

// reopen returns a run that has stopped.
func reopen(ctx context.Context, cfg Config) (*run, state, error) {
	var s state
	r := &run{Config: cfg}
	text, err := os.ReadFile(r.stateFile())
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err == nil {
		_, err = os.Stat(workTree(cfg.Base))
	}
	if err != nil {
		return nil, s, failure.Usage("no run has stopped at a "+
			"conflict: %w", err)
	}

	cfg.Topic = s.Topic
	r, err = newRun(ctx, cfg)
	if err != nil {
		return nil, s, err
	}
	if r.repo.dir != s.Repo {
		return nil, s, failure.Usage("the run that has stopped was "+
			"for %s", s.Repo)
	}
	r.repo.onto, r.repo.ontoTitle = s.Onto, s.Title
	r.repo.work = git.NewAsUser(workTree(cfg.Base))

	return r, s, nil
}
