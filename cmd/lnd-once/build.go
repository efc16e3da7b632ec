package main

import (
	"context"
	"slices"
	"strings"

	"github.com/urfave/cli"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/gobuild"
	"lnd-once/internal/progress"
)

// buildable are what the verb build can build.
var buildable = []string{"lnd", "lncli", "stock", "btcd"}

// buildCommand returns the verb that builds lnd.
func buildCommand() cli.Command {
	return cli.Command{
		Name:      "build",
		Usage:     "build lnd and lncli as lnd's releases are built",
		ArgsUsage: "[" + strings.Join(buildable, "|") + "]...",
		Description: "Stages the base first. What is built is in " +
			"build/BASE/bin: lnd and lncli, or what is named;\n   " +
			"stock is lnd as it was, lnd-stock. With topics it " +
			"is in build/BASE/bin/topics-N.",
		Flags: []cli.Flag{
			baseFlag(),
			topicsFlag(),
		},
		Action: action(runBuild),
	}
}

// runBuild builds what is named.
func runBuild(ctx context.Context, c *cli.Context) error {
	what := []string(c.Args())
	if len(what) == 0 {
		what = []string{"lnd", "lncli"}
	}
	for _, name := range what {
		if !slices.Contains(buildable, name) {
			return failure.Usage("cannot build '%s'; there are: %s",
				name, strings.Join(buildable, ", "))
		}
	}

	b, err := chosenBase(c)
	if err != nil {
		return err
	}
	log := newLog("build")
	tree, _, err := stageTopics(ctx, b, c.String("topics"), log)
	if err != nil {
		return err
	}

	return build(ctx, b, log, tree, what...)
}

// build builds what is named, in that order.
func build(ctx context.Context, b *base.Base, log *progress.Log, tree string,
	what ...string) error {

	for _, name := range what {
		var err error
		switch name {
		case "stock":
			_, err = gobuild.Stock(ctx, b, log)

		case "btcd":
			_, err = gobuild.Btcd(ctx, b, log)

		default:
			_, err = gobuild.Lnd(ctx, b, log, tree, name)
		}
		if err != nil {
			return err
		}
	}

	return nil
}
