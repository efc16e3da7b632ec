package main

import (
	"github.com/urfave/cli"

	"lnd-once/internal/base"
)

// basesFlag returns the flag that says which bases a verb is about.
func basesFlag() cli.Flag {
	return cli.StringFlag{
		Name: "base",
		Usage: "lnd version, a folder of patches/, or all (default: " +
			"the newest)",
	}
}

// chosenBases returns the bases that the flag of basesFlag names: one, or all.
func chosenBases(c *cli.Context) ([]*base.Base, error) {
	if c.String("base") != "all" {
		b, err := chosenBase(c)
		if err != nil {
			return nil, err
		}

		return []*base.Base{b}, nil
	}

	root, err := base.Root()
	if err != nil {
		return nil, err
	}

	return base.All(root)
}
