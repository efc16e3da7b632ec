package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/urfave/cli"

	"lnd-once/internal/base"
	"lnd-once/internal/gobuild"
	"lnd-once/internal/process"
	"lnd-once/internal/progress"
)

// demoCommand returns the verb that shows what is wrong with lnd.
func demoCommand() cli.Command {
	return cli.Command{
		Name:  "demo",
		Usage: "run stock and patched lnd side by side and print a table",
		Description: "Builds both, starts real nodes on loopback, and " +
			"plays the payments that stock announces twice.\n   " +
			"Fails unless stock breaks exactly what it is known " +
			"to break, and patched nothing,\n   or with topics " +
			"what is known of those.",
		Flags: []cli.Flag{
			basesFlag(),
			topicsFlag(),
			cli.BoolFlag{
				Name: "keep",
				Usage: "leave the patched nodes running, and " +
					"print how to reach and stop them",
			},
		},
		Action: action(runDemo),
	}
}

// runDemo shows the demo of a base, or of all.
func runDemo(ctx context.Context, c *cli.Context) error {
	bases, err := chosenBases(c)
	if err != nil {
		return err
	}

	log := newLog("demo")
	for _, b := range bases {
		err := demo(ctx, b, log, c.String("topics"), c.Bool("keep"))
		if err != nil {
			return err
		}
	}
	log.Say("all done")

	return nil
}

// demo builds what the demo of a base needs, with the series up to a topic or
// with all of it, and runs it.
func demo(ctx context.Context, b *base.Base, log *progress.Log, topics string,
	keep bool) error {

	tree, topic, err := stageTopics(ctx, b, topics, log)
	if err != nil {
		return err
	}
	programs := []string{"lnd"}
	if keep {
		programs = append(programs, "lncli")
	}
	built, err := gobuild.BuildDemo(ctx, b, log, tree, programs...)
	if err != nil {
		return err
	}

	args := []string{
		"-base", b.Name, "-bin", built.Stock,
		"-patched", built.Patched,
		"-topics", strconv.Itoa(topic),
		"-dir", filepath.Join(b.Build(), "demo"),
	}
	if keep {
		args = append(args, "-keep")
	}

	// It says itself what went wrong.
	err = process.Run(ctx, process.Config{
		Path: built.Program, Args: args, Dir: b.Root,
		Stdout: os.Stdout, Stderr: os.Stderr,
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%s: %w", b.Name, err)
	}

	return err
}
