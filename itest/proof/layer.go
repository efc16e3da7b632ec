package proof

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/gobuild"
	"lnd-once/internal/progress"
	"lnd-once/itest/proof/layer"
	"lnd-once/itest/proof/suites"
	"lnd-once/itest/tower/explore"
)

const (
	// everyWrite says which writes of a process to its payments fail in
	// lnd's integration tests. Those of results fail more often: the first
	// and each everyResult after it, so that nearly every one has to be made
	// again. After lastFault none fails.
	everyWrite  = 50
	everyResult = 2
	lastFault   = 10_000
)

// layerSources are the sources of the steps that put the tower's fault layer
// below lnd's own tests.
var layerSources = slices.Concat(suiteSources, layer.Sources)

// layerStep returns the step that runs lnd's own unit tests of the payments
// store, and of what uses it, with the tower's fault layer below it, in which
// nothing fails.
func layerStep(b *base.Base) Step {
	const name = "units-layer"

	return Step{
		Name: name, Sources: layerSources, Spares: []string{"itest/"},
		Run: func(ctx context.Context, log io.Writer) (Findings, error) {
			l, err := layer.Lay(ctx, b, name, layer.Plan{})
			if err != nil {
				return Findings{}, err
			}
			tell := progress.New(log, name)
			folders := []string{l.Folder, "routing"}
			found, err := runSuite(ctx, b, name, tell, &suites.Units{
				Base: b, Log: log, Progress: tell,
				Folders: folders, Overlay: l.Overlay,
			})
			if err == nil {
				err = countWrites(&found, l, folders)
			}

			return found, err
		},
	}
}

// countWrites adds how many writes went through a layer below the unit tests of
// some folders, the first one of which is the store's. Each has to have made
// some, on each kind of database that its tests have.
func countWrites(found *Findings, l *layer.Layer, folders []string) error {
	all := 0
	for i, folder := range folders {
		kinds := l.Kinds
		if i > 0 {
			kinds = kinds[:1]
		}
		for _, kind := range kinds {
			program := path.Base(folder) + ".test"
			writes, err := l.Writes(program, kind)
			switch {
			case err != nil:
				return err

			case writes.All == 0:
				return fmt.Errorf("the tests of %s made no "+
					"write through the layer, on %s",
					folder, strings.ToUpper(kind))
			}
			all += writes.All
		}
	}
	attack := &found.Attacks[0]
	attack.Counts = append(attack.Counts, Count{"writes", all})

	return nil
}

// faultyItestsStep returns the step that runs lnd's own integration tests of
// payments on nodes that cannot make every so manieth write to their payments.
func faultyItestsStep(b *base.Base) Step {
	const name = "itests-faulty"

	plan := layer.Plan{
		Results: faultyWrites(1, everyResult),
		Others:  faultyWrites(everyWrite, everyWrite),
	}

	return Step{
		Name: name, Settings: fmt.Sprint(everyResult, everyWrite),
		Sources: append([]string{"internal/harness"}, layerSources...),
		Spares:  []string{"itest/lnd_payment_outcome"},
		Run: func(ctx context.Context, log io.Writer) (Findings, error) {
			l, err := layer.Lay(ctx, b, name, plan)
			if err != nil {
				return Findings{}, err
			}
			tell := progress.New(log, name)
			program, err := gobuild.ItestLndOver(
				ctx, b, tell, b.Tree(), "faulty", l.Files,
			)
			if err != nil {
				return Findings{}, err
			}

			found, err := runSuite(ctx, b, name, tell, &suites.Itests{
				Harness: onHarness(
					b, name, b.Tree(), program, tell, log,
				),
				Progress: tell,
			})
			if err == nil {
				err = countFaults(&found, l, path.Base(program))
			}

			return found, err
		},
	}
}

// faultyWrites returns how writes fail, from the first to fail on every so manieth:
// the one without effect, the next one with it.
func faultyWrites(first, every int) []string {
	var faults []string
	for at := first; at < lastFault; at += every {
		ways := explore.Faults(fmt.Sprint("write", at))
		faults = append(faults, ways[len(faults)%len(ways)])
	}

	return faults
}

// countFaults adds how many writes to payments have failed, of which there have
// to be some.
func countFaults(found *Findings, l *layer.Layer, program string) error {
	writes, err := l.Writes(program, layer.KV)
	switch {
	case err != nil:
		return err

	case writes.Faults == 0:
		return fmt.Errorf("of %d writes to payments none has failed",
			writes.All)
	}
	attack := &found.Attacks[0]
	attack.Counts = append(
		attack.Counts, Count{"writes", writes.All},
		Count{"faults", writes.Faults},
	)

	return nil
}
