package bench

import (
	"context"
	"fmt"
	"path/filepath"

	"lnd-once/internal/git"
)

// report keeps the results and prints them. The goals come last: that is what
// is in sight when all is over.
func (r *runner) report(ctx context.Context) error {
	file := filepath.Join(r.out, "part.json")
	if r.full() {
		file = fullFile(r.Base)
	}
	if err := r.results.Save(file); err != nil {
		return err
	}

	goals, err := LoadGoals(r.Base)
	if err != nil {
		return err
	}
	verdicts, missing := goals.judge(r.results)
	for _, g := range r.groups {
		t := r.results.tableOf(g, r.Base.Stores)
		if t == nil {
			return fmt.Errorf("nothing of %s was measured on both "+
				"sides", g.name)
		}
		fmt.Fprintf(r.Out, "\n%s\n\n%s\n", g.title, t.Render())
	}
	if len(verdicts) > 0 {
		fmt.Fprintf(r.Out, "\n%s\n",
			tableOfVerdicts(verdicts).Render())
	}
	r.Log.Say("the results are in %s", file)
	if !r.full() {
		return nil
	}

	if missing != nil {
		return missing
	}

	return Report(ctx, r.Config)
}

// Report writes the page of a base, and draws its chart, from the results of its
// last full run. It measures nothing.
func Report(ctx context.Context, cfg Config) error {
	if err := WritePage(ctx, cfg.Base); err != nil {
		return err
	}
	if err := drawChart(ctx, cfg); err != nil {
		return err
	}
	cfg.Log.Say("written to %s", Page(cfg.Base))

	return nil
}

// commit returns the commit of a tree, and whether there is more in it.
func commit(ctx context.Context, tree string) (string, error) {
	g := git.New(tree)
	head, err := g.Run(ctx, "rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "", err
	}
	changes, err := g.Run(ctx, "status", "--porcelain")
	if changes != "" {
		head += "-dirty"
	}

	return head, err
}
