package proof

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"lnd-once/internal/base"
	"lnd-once/internal/progress"
	"lnd-once/itest/nodes"
	"lnd-once/itest/proof/suites"
)

const (
	// killTest is the test that kills nodes. Its parts are called as the
	// sides are.
	killTest = "TestOutcomesKilled/"

	// manyKills is how often the patched node is killed, someKills how
	// often stock, which is a control.
	manyKills = 50
	someKills = 10

	// networkTest is the test that kills nodes of a network, and fiveKills
	// how often with a patched sender.
	networkTest = "TestOutcomesNetwork/"
	fiveKills   = 100

	// outageTest is the test that takes a node's database away, and cutTest
	// the one that cuts its commits off. Their parts are called likewise.
	outageTest = "TestOutcomesOutage/"
	cutTest    = "TestOutcomesCut/"

	// manyOutages and manyCuts are how often that is done to the patched
	// node, and someFaults how often to stock.
	manyOutages = 16
	manyCuts    = 60
	someFaults  = 4

	// diskTest is the test that fills a node's disk, and manyDisks how often
	// it does. manyClocks is how often a node's clock is set back.
	diskTest   = "TestOutcomesFullDisk/"
	manyDisks  = 16
	manyClocks = 60

	// soakTest is the test that soaks a node, and soakTime how long.
	soakTest = "TestSoak/"
	soakTime = 2 * time.Hour
)

// nodeSteps returns the steps that attack real nodes. It returns an error if the
// bases cannot be read.
func nodeSteps(b *base.Base) ([]Step, error) {
	older, err := nodes.Older(b)
	if err != nil {
		return nil, err
	}

	// struck returns what strikes a node so often.
	struck := func(test, side, store string, strikes int) nodes.Config {
		return nodes.Config{
			Base: b, Case: test + side, Kills: strikes, Store: store,
		}
	}
	const patched, stock = suites.Patched, suites.Stock

	input := nodeStep("input", struck("TestBadInput", "", bbolt, 1))
	input.Sources = append(
		input.Sources, path.Join(b.Patches(), "input.yaml"),
	)

	steps := []Step{
		nodeStep("kills-bbolt", struck(
			killTest, patched, bbolt, manyKills,
		)),
		nodeStep("kills-postgres", struck(
			killTest, patched, "postgres", manyKills,
		)),
		nodeStep("kills-bbolt-stock", struck(
			killTest, stock, bbolt, someKills,
		)),
		nodeStep("network-bbolt-stock", struck(
			networkTest, stock, bbolt, someKills,
		)),
		nodeStep("outages-postgres-stock", struck(
			outageTest, stock, "postgres", someFaults,
		)),
		nodeStep("cuts-postgres-stock", struck(
			cutTest, stock, "postgres", someFaults,
		)),
		fullDiskStep("full-disk-bbolt", struck(
			diskTest, patched, bbolt, manyDisks,
		)),
		fullDiskStep("full-disk-sqlite", struck(
			diskTest, patched, "sqlite", manyDisks,
		)),
		fullDiskStep("full-disk-bbolt-stock", struck(
			diskTest, stock, bbolt, someFaults,
		)),
		nodeStep("clock-back", struck(
			nodes.ClockBack+"/", patched, bbolt, manyClocks,
		)),
		nodeStep("soak", nodes.Config{
			Base: b, Case: soakTest + patched, Kills: 1,
			Soak: soakTime, Store: bbolt,
		}),
		nodeStep("subscribers", struck(
			"TestBadSubscribers", "", bbolt, 1,
		)),
		input,
	}
	for _, store := range []string{"postgres", "nativepostgres"} {
		if !b.HasStore(store) {
			continue
		}
		steps = append(steps, nodeStep("outages-"+store, struck(
			outageTest, patched, store, manyOutages,
		)), nodeStep("cuts-"+store, struck(
			cutTest, patched, store, manyCuts,
		)))
	}
	for _, store := range []string{
		bbolt, "postgres", "nativepostgres", "nativesqlite",
	} {
		if !b.HasStore(store) {
			continue
		}
		steps = append(steps, nodeStep("network-"+store, struck(
			networkTest, patched, store, fiveKills,
		)))
	}
	if len(older) > 0 {
		moves := nodeStep("moves", nodes.Config{
			Base: b, Case: nodes.MovingUp, Kills: 1, Store: bbolt,
		})
		moves.Sources = append(moves.Sources, "patches")
		steps = append(steps, moves)
	}

	return steps, nil
}

// nodeStep returns the step that runs tests of real nodes.
func nodeStep(name string, cfg nodes.Config) Step {
	test, _, _ := strings.Cut(cfg.Case, "/")

	return Step{
		Name: name,
		Settings: fmt.Sprint(
			cfg.Case, " ", cfg.Kills, " ", cfg.Soak, " ", cfg.Store,
		),
		Sources: []string{
			"itest/regtest", "itest/scenario", "itest/expect",
			"internal/postgres", "cmd/paymentwatch", "lnrpc",
			path.Join(cfg.Base.Patches(), "scenarios.yaml"),
		},
		Folder: "itest/nodes", Test: test,
		Spares: []string{"itest/"}, SparesTests: true,
		Run: func(ctx context.Context, log io.Writer) (Findings, error) {
			cfg.Progress, cfg.Log = progress.New(log, name), log
			report, err := nodes.Run(ctx, cfg)
			if report == nil {
				return Findings{}, err
			}

			return nodeFindings(report), err
		},
	}
}

// fullDiskStep returns a step that fills the disk of a node.
func fullDiskStep(name string, cfg nodes.Config) Step {
	step := nodeStep(name, cfg)
	step.Needs = nodes.CheckMount

	return step
}

// nodeFindings returns what tests of real nodes have found.
func nodeFindings(report *nodes.Report) Findings {
	var findings Findings
	for _, f := range report.Found {
		attack := Attack{
			Kind: Kind(f.Kind), Side: f.Side, Store: f.Store,
			Violations: f.Violations, Seed: f.Seed,
			Seconds: f.Seconds,
		}
		for _, c := range f.Counts {
			attack.Counts = append(attack.Counts, Count(c))
		}
		findings.Attacks = append(findings.Attacks, attack)
	}

	return findings
}
