package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/urfave/cli"

	"lnd-once/internal/staging"
	"lnd-once/itest/nodes"
)

// nodetestCommand returns the verb that tests real nodes.
func nodetestCommand() cli.Command {
	return cli.Command{
		Name:  "nodetest",
		Usage: "test real nodes, which are killed, and lied to",
		Description: "Tests nodes of stock and of patched lnd with " +
			"paymentwatch and other clients of ours.\n   There " +
			"are TestWatch..., TestOutcomesKilled, " +
			"TestOutcomesNetwork, TestOutcomesFullDisk,\n" +
			"   TestOutcomesOutage and TestOutcomesCut, whose " +
			"database has to be in PostgreSQL,\n   TestSoak, " +
			"TestBadSubscribers, TestBadInput, TestDropIn, " +
			"TestMovingUp, for which all\n   older bases are " +
			"built, and TestOutcomesClockBack, for which one " +
			"more lnd is, if\n   it is named. All logs are " +
			"kept in build/BASE/nodes.",
		Flags: []cli.Flag{
			baseFlag(),
			cli.StringFlag{
				Name: "case", Value: "TestWatch",
				Usage: "regular expression that picks tests " +
					"by name",
			},
			cli.IntFlag{
				Name: "kills", Value: 30,
				Usage: "how often to kill the node, and the " +
					"monitors, on each side, or to " +
					"attack its database",
			},
			cli.Uint64Flag{
				Name: "seed",
				Usage: "seed of the random choices, to repeat " +
					"those of an earlier run; 0 for a " +
					"new one",
			},
			cli.IntFlag{
				Name: "history",
				Usage: "how many payments to catch up with, " +
					"for the rate of that",
			},
			cli.DurationFlag{
				Name:  "soak",
				Usage: "how long to soak a node, such as 2h",
			},
			cli.StringFlag{
				Name: "db", Value: "bbolt",
				Usage: "database of the node in the tests " +
					"that let one choose, one of the " +
					"base's stores",
			},
		},
		Action: action(nodetest),
	}
}

// nodetest runs the tests that were asked for and prints what they have found.
func nodetest(ctx context.Context, c *cli.Context) error {
	b, err := chosenBase(c)
	if err != nil {
		return err
	}
	log := newLog("nodetest")
	if err := staging.Stage(ctx, b, log); err != nil {
		return err
	}
	if err := os.MkdirAll(nodes.Dir(b), 0o755); err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(nodes.Dir(b), "test.log"))
	if err != nil {
		return err
	}
	defer out.Close()

	report, err := nodes.Run(ctx, nodes.Config{
		Base: b, Case: c.String("case"), Kills: c.Int("kills"),
		Seed: c.Uint64("seed"), History: c.Int("history"),
		Soak: c.Duration("soak"), Store: c.String("db"),
		Progress: log, Out: os.Stdout, Log: out,
	})
	if report != nil {
		printFound(report.Found)
	}
	if err != nil {
		return err
	}
	log.Say("passed on %s; all logs are in %s", b.Name, nodes.Dir(b))

	return nil
}

// printFound prints what attacks on nodes have found, if there were any.
func printFound(found []nodes.Found) {
	if len(found) == 0 {
		return
	}

	t := table.NewWriter()
	t.SetOutputMirror(os.Stdout)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{
		"attack", "lnd", "found", "violations", "seconds",
	})
	for _, f := range found {
		var counts []string
		for _, count := range f.Counts {
			counts = append(counts, fmt.Sprintf("%s: %d",
				count.Name, count.Value))
		}
		if f.Seed != 0 {
			counts = append(counts, fmt.Sprintf("seed: %d", f.Seed))
		}
		t.AppendRow(table.Row{
			f.Kind, strings.TrimSpace(f.Side + " " + f.Store),
			strings.Join(counts, "\n"), f.Violations,
			fmt.Sprintf("%.0f", f.Seconds),
		})
	}
	t.Render()
}
