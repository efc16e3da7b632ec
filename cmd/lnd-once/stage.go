package main

import (
	"context"
	"os"

	"github.com/urfave/cli"

	"lnd-once/internal/base"
	"lnd-once/internal/progress"
	"lnd-once/internal/staging"
)

// stageCommand returns the verb that stages a base.
func stageCommand() cli.Command {
	return cli.Command{
		Name:  "stage",
		Usage: "make build/BASE/lnd, the git tree of lnd with our series",
		Description: "Downloads the pinned module, checks its hash and " +
			"applies the series: the same\n   commits on every " +
			"machine. Does nothing if nothing has changed, and " +
			"never replaces\n   a tree that holds work of yours. " +
			"patches/README.md has more.",
		Flags: []cli.Flag{baseFlag()},
		Action: action(func(ctx context.Context, c *cli.Context) error {
			b, err := chosenBase(c)
			if err != nil {
				return err
			}

			return staging.Stage(ctx, b, newLog("stage"))
		}),
	}
}

// cleanCommand returns the verb that removes what was built.
func cleanCommand() cli.Command {
	return cli.Command{
		Name:  "clean",
		Usage: "remove build/, if no staged tree in there holds work",
		Action: action(func(ctx context.Context, c *cli.Context) error {
			root, err := base.Root()
			if err != nil {
				return err
			}

			return staging.Clean(ctx, root)
		}),
	}
}

// newLog returns the log of a verb.
func newLog(verb string) *progress.Log {
	return progress.New(os.Stdout, verb)
}
