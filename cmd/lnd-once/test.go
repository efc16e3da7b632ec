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
		Usage: "run all that must pass, on every base",
		Description: "Runs one check after the other, stops at the " +
			"first that fails, and ends with a\n   table of what " +
			"was run and how long it took.",
		Flags: []cli.Flag{cli.StringFlag{
			Name: "base", Value: "all",
			Usage: "lnd version, a folder of patches/, or all",
		}},
		Action: action(func(ctx context.Context, c *cli.Context) error {
			root, err := base.Root()
			if err != nil {
				return err
			}
			names, err := base.Known(root)
			if err != nil {
				return err
			}
			if c.String("base") != "all" {
				names = []string{c.String("base")}
			}

			all := checks.Module(root)
			for _, name := range names {
				b, err := base.Load(root, name)
				if err != nil {
					return err
				}
				all = append(all, checks.Base(b)...)
			}

			return checks.Run(ctx, os.Stdout, all)
		}),
	}
}
