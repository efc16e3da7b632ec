package main

import (
	"context"
	"os"

	"github.com/urfave/cli"

	"lnd-once/internal/base"
	"lnd-once/internal/checks"
)

// testCommand returns the verb that runs all that must pass.
func testCommand() cli.Command {
	return cli.Command{
		Name:  "test",
		Usage: "run all that must pass",
		Description: "Runs one check after the other, stops at the " +
			"first that fails, and ends with a\n   table of what " +
			"was run and how long it took. Without a base, the " +
			"newest one has\n   all of its checks, and the " +
			"others their tests and S1 to S4.",
		Flags: []cli.Flag{basesFlag()},
		Action: action(func(ctx context.Context, c *cli.Context) error {
			root, err := base.Root()
			if err != nil {
				return err
			}
			everything := c.String("base") != ""
			bases, err := chosenBases(c)
			if !everything {
				bases, err = base.All(root)
			}
			if err != nil {
				return err
			}

			all := checks.Module(root)
			for i, b := range bases {
				brief := !everything && i < len(bases)-1
				all = append(all, checks.Base(b, brief)...)
			}

			return checks.Run(ctx, os.Stdout, all)
		}),
	}
}
