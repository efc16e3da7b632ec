package main

import (
	"context"

	"github.com/urfave/cli"

	"lnd-once/internal/staging"
)

// seriesCommand returns the verb that writes commits back to a series.
func seriesCommand() cli.Command {
	return cli.Command{
		Name:  "series",
		Usage: "write the commits in build/BASE/lnd back to patches/BASE",
		Description: "Writes every commit of upstream..patched as a " +
			"patch, and those to packages into\n   their folders. " +
			"Applies what it wrote, to see that the same tree " +
			"comes out.\n   If a patch did not apply and was " +
			"mended in build/BASE/failed, writes that one.",
		Flags: []cli.Flag{baseFlag()},
		Action: action(func(ctx context.Context, c *cli.Context) error {
			b, err := chosenBase(c)
			if err != nil {
				return err
			}

			return staging.WriteBack(ctx, b, newLog("series"))
		}),
	}
}
