package bench

import (
	"context"
	"errors"
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

	if err := errors.Join(missing, r.drawChart(ctx)); err != nil {
		return err
	}
	if err := WritePage(ctx, r.Base); err != nil {
		return err
	}
	r.Log.Say("written to %s", Page(r.Base))

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
