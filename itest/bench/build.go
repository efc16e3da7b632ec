package bench

import (
	"context"
	"path/filepath"

	"lnd-once/internal/gobuild"
	"lnd-once/internal/process"
	"lnd-once/internal/staging"
	"lnd-once/itest/tower/attack"
)

// Programs of ours, by the folders that they are in.
const (
	probeFolder = "itest/bench/probe"
	chartFolder = "itest/bench/chart"
)

// nodes are the programs that the probes are measured on.
type nodes struct {
	// probe sends the probes, and lnd is that of each side.
	probe, btcd string
	lnd         map[string]string
}

// build stages the base and builds all programs that are needed.
func (r *runner) build(ctx context.Context) error {
	if err := staging.Stage(ctx, r.Base, r.Log); err != nil {
		return err
	}
	if r.needs(probes) {
		if err := r.buildNodes(ctx); err != nil {
			return err
		}
	}
	if !r.needsTower() {
		return nil
	}
	for side, tree := range map[string]string{
		stock: r.Base.Stock(), patched: r.Base.Tree(),
	} {
		r.tests[side] = filepath.Join(
			r.Base.Bin(), "tower-"+side+".test",
		)
		err := attack.Build(ctx, r.Base, r.Log, tree, r.tests[side])
		if err != nil {
			return err
		}
	}

	return nil
}

// buildNodes builds the nodes and what sends the probes.
func (r *runner) buildNodes(ctx context.Context) error {
	bin, err := gobuild.Lnd(ctx, r.Base, r.Log, r.Base.Tree(), "lnd")
	if err != nil {
		return err
	}
	lndStock, err := gobuild.Stock(ctx, r.Base, r.Log)
	if err != nil {
		return err
	}
	r.nodes.lnd = map[string]string{
		stock: lndStock, patched: filepath.Join(bin, "lnd"),
	}
	r.nodes.btcd, err = gobuild.Btcd(ctx, r.Base, r.Log)
	if err != nil {
		return err
	}
	r.nodes.probe, err = gobuild.Program(ctx, r.Base, r.Log, probeFolder)

	return err
}

// drawChart draws the chart of a base from the results of its last full run.
func drawChart(ctx context.Context, cfg Config) error {
	program := filepath.Join(cfg.Base.Bin(), "chart")
	err := gobuild.Build(ctx, cfg.Log, gobuild.Job{
		Dir: cfg.Base.Root, Package: "./" + chartFolder, Output: program,
	})
	if err != nil {
		return err
	}

	return process.Run(ctx, process.Config{
		Path: program, Args: []string{
			"-results", fullFile(cfg.Base), "-out", filepath.Join(
				filepath.Dir(Page(cfg.Base)),
				chart(cfg.Base.Name),
			),
		},
		Stdout: cfg.Out, Stderr: cfg.Out,
	})
}
