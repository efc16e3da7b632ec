package proof

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/git"
	"lnd-once/internal/progress"
	"lnd-once/internal/results"
)

const (
	// tell is how often the user is told how far a step is.
	tell = time.Minute

	// tailSize is how much of the log of a step that failed is shown.
	tailSize = 4000
)

// Config says what is run.
type Config struct {
	// Base is the base that is attacked.
	Base *base.Base

	// Steps are all the steps there are, Pick is a regular expression that
	// picks some of them.
	Steps []Step
	Pick  string

	// Fresh does again what has a result already.
	Fresh bool

	// Postgres is the version of PostgreSQL, if there is one.
	Postgres string

	// Log tells the user how far we are.
	Log *progress.Log
}

// run is one run of some steps.
type run struct {
	Config

	// dir is where the logs are kept.
	dir string

	// failed says, by step, why it has failed this time, and skipped why it
	// was not even tried.
	failed, skipped map[string]string
}

// Run does the steps that are picked and have no result on the sources as they
// are. It can be stopped at any time, and goes on where it was. It returns all
// there is to report, and an error if a step has failed.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	steps, err := picked(cfg.Steps, cfg.Pick)
	if err != nil {
		return nil, err
	}
	r := &run{
		Config: cfg, dir: Dir(cfg.Base), failed: make(map[string]string),
		skipped: make(map[string]string),
	}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return nil, err
	}
	if err := checkTrees(ctx, cfg.Base); err != nil {
		return nil, err
	}

	for _, step := range steps {
		if err := r.do(ctx, step); err != nil {
			return nil, err
		}
	}

	report, err := r.report(ctx)
	if err == nil && len(r.failed) > 0 {
		err = fmt.Errorf("%d steps have failed; their logs are in %s",
			len(r.failed), r.dir)
	}

	return report, err
}

// picked returns the steps whose names match a regular expression.
func picked(steps []Step, pick string) ([]Step, error) {
	pattern, err := regexp.Compile(pick)
	if err != nil {
		return nil, failure.Usage("the step '%s' is no regular "+
			"expression: %w", pick, err)
	}

	var found []Step
	names := "\n"
	for _, step := range steps {
		names += "  " + step.Name + "\n"
		if pattern.MatchString(step.Name) {
			found = append(found, step)
		}
	}
	if len(found) == 0 {
		return nil, failure.Usage("no step matches '%s'; there are:%s",
			pick, strings.TrimRight(names, "\n"))
	}

	return found, nil
}

// checkTrees returns an error if a staged tree has changes that no commit has: a
// result would name another lnd than was tried.
func checkTrees(ctx context.Context, b *base.Base) error {
	for _, tree := range []string{b.Tree(), b.Stock()} {
		changes, err := git.New(tree).Run(ctx, "status", "--porcelain")
		if err != nil {
			return err
		}
		if changes != "" {
			return failure.Usage("%s has changes that are not "+
				"committed; commit or remove them", tree)
		}
	}

	return nil
}

// do does a step, unless it has passed before, and keeps its result if it
// passes. An error ends the run: the step's own is kept for the report.
func (r *run) do(ctx context.Context, step Step) error {
	sources, err := sourcesOf(ctx, r.Base, step)
	if err != nil {
		return err
	}
	file := resultFile(r.Base, step.Name)
	before, err := load(file)
	if err != nil {
		return err
	}
	if before != nil && before.Sources == sources && !r.Fresh {
		r.Log.Say("%s: has passed before", step.Name)

		return nil
	}

	if step.Needs != nil {
		if err := step.Needs(); err != nil {
			r.skipped[step.Name] = err.Error()
			r.Log.Say("%s: skipped: %v", step.Name, err)

			return nil
		}
	}

	r.Log.Say("%s", step.Name)
	begin := time.Now()
	findings, err := r.attempt(ctx, step)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if failure.Exit(err) == failure.Exit(failure.Usage("")) {
		return fmt.Errorf("%s: %w", step.Name, err)
	}
	after, sourcesErr := sourcesOf(ctx, r.Base, step)
	if sourcesErr != nil {
		return sourcesErr
	}
	if err == nil && after != sources {
		err = errors.New("its sources have changed meanwhile")
	}
	if err == nil {
		err = judge(findings)
	}
	if err != nil {
		r.failed[step.Name] = err.Error()
		r.Log.Say("%s: FAILED after %.0f s: %v; all is in %s\n%s",
			step.Name, time.Since(begin).Seconds(), err,
			logFile(r.dir, step.Name), r.tail(step.Name))

		return os.RemoveAll(file)
	}
	r.Log.Say("%s: passed after %.0f s", step.Name,
		time.Since(begin).Seconds())

	return r.keep(ctx, file, sources, findings)
}

// judge returns an error if an attack on the patched lnd has found a violation,
// or there was no attack at all.
func judge(findings Findings) error {
	if len(findings.Attacks) == 0 {
		return errors.New("it says nothing of what it has tried")
	}
	violations := 0
	for _, attack := range findings.Attacks {
		if attack.Side != stock {
			violations += attack.Violations
		}
	}
	if violations > 0 {
		return fmt.Errorf("%d violations", violations)
	}

	return nil
}

// attempt runs a step with a log of its own, and tells now and then how far it
// is.
func (r *run) attempt(ctx context.Context, step Step) (Findings, error) {
	log, err := os.Create(logFile(r.dir, step.Name))
	if err != nil {
		return Findings{}, err
	}
	defer log.Close()

	ended := make(chan struct{})
	told := make(chan struct{})
	go func() {
		defer close(told)
		ticker := time.NewTicker(tell)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				r.Log.Say("  ... %s", lastLine(
					r.tail(step.Name),
				))

			case <-ended:
				return
			}
		}
	}()
	findings, err := step.Run(ctx, log)
	close(ended)
	<-told

	return findings, err
}

// keep saves what a step has found.
func (r *run) keep(ctx context.Context, file, sources string,
	findings Findings) error {

	commit, err := commitOf(ctx, r.Base)
	if err != nil {
		return err
	}
	result := &Result{
		Sources: sources, Commit: commit, Done: time.Now().UTC(),
		With: circumstances(r.Postgres), Findings: findings,
	}

	return results.Save(file, result)
}
