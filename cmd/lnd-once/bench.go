package main

import (
	"context"
	"os"

	"github.com/urfave/cli"

	"lnd-once/itest/bench"
)

// benchCommand returns the verb that measures.
func benchCommand() cli.Command {
	return cli.Command{
		Name:  "bench",
		Usage: "measure stock and patched lnd side by side",
		Description: "The groups are commits, latency, load, " +
			"subscription, fanout, stalled and probe. Results " +
			"are kept in build/<base>/bench. If all groups were " +
			"measured, results/<base>/bench.json is written, and " +
			"docs/benchmarks/<base>.md with its chart.",
		Flags: []cli.Flag{
			baseFlag(),
			cli.StringFlag{
				Name: "group",
				Usage: "regular expression that picks groups " +
					"by name (default: all)",
			},
			cli.IntFlag{
				Name:  "runs",
				Value: 3,
				Usage: "rounds in which the two sides take " +
					"turns",
			},
			cli.BoolFlag{
				Name: "profile",
				Usage: "write CPU profiles after the " +
					"measurements, too",
			},
			cli.BoolFlag{
				Name: "report",
				Usage: "measure nothing, and write the page " +
					"and its chart from the last full run",
			},
		},
		Action: action(runBench),
	}
}

// runBench measures a base.
func runBench(ctx context.Context, c *cli.Context) error {
	b, err := chosenBase(c)
	if err != nil {
		return err
	}
	cfg := bench.Config{
		Base:    b,
		Group:   c.String("group"),
		Rounds:  c.Int("runs"),
		Profile: c.Bool("profile"),
		Log:     newLog("bench"),
		Out:     os.Stdout,
	}
	if c.Bool("report") {
		return bench.Report(ctx, cfg)
	}

	return bench.Run(ctx, cfg)
}
