package main

import (
	"context"

	"github.com/urfave/cli"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/port"
)

// portCommand returns the verb that moves a series to another version of lnd.
func portCommand() cli.Command {
	return cli.Command{
		Name:      "port",
		Usage:     "move a series to another version of lnd",
		ArgsUsage: "NEW",
		Description: "Merges the commits of a base into lnd NEW, one " +
			"by one, in build/NEW/port, and writes\n   patches/" +
			"NEW. Where they do not fit it stops and says how to " +
			"go on.",
		Flags: []cli.Flag{
			cli.StringFlag{
				Name: "from",
				Usage: "base whose series is moved (default: " +
					"the newest)",
			},
			cli.BoolFlag{
				Name:  "continue",
				Usage: "go on after a conflict was solved",
			},
			cli.BoolFlag{
				Name:  "skip",
				Usage: "go on without the commit in conflict",
			},
			cli.BoolFlag{
				Name:  "abort",
				Usage: "give up and remove what was done",
			},
		},
		Action: action(runPort),
	}
}

// runPort begins, continues or ends a port.
func runPort(ctx context.Context, c *cli.Context) error {
	if c.NArg() != 1 || c.Args().First() == "" {
		return failure.Usage("want one version of lnd: make port " +
			"NEW=... FROM=...")
	}
	root, err := base.Root()
	if err != nil {
		return err
	}

	version, log := c.Args().First(), newLog("port")
	switch {
	case c.Bool("abort"):
		return port.Abort(root, version, log)

	case c.Bool("continue"), c.Bool("skip"):
		return port.Continue(ctx, root, version, c.Bool("skip"), log)
	}

	from, err := namedBase(c.String("from"))
	if err != nil {
		return err
	}

	return port.Start(ctx, from, version, log)
}
