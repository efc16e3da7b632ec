package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/urfave/cli"

	"lnd-once/internal/staging"
	"lnd-once/itest/proof"
)

// proveCommand returns the verb that attacks the contract.
func proveCommand() cli.Command {
	return cli.Command{
		Name:  "prove",
		Usage: "attack every guarantee of the contract; takes hours",
		Description: "Can be stopped at any time, and goes on where it " +
			"was: what a step has found is kept\n   in results/" +
			"BASE/proof, with the sources that it is true of. " +
			"In the end it writes\n   docs/proof/BASE.md. " +
			"docs/proof.md says what the steps do.",
		Flags: []cli.Flag{
			baseFlag(),
			cli.StringFlag{
				Name: "step",
				Usage: "regular expression that picks steps by " +
					"name; one that matches none lists " +
					"them (default: all)",
			},
			cli.BoolFlag{
				Name: "fresh",
				Usage: "do again what has passed on the same " +
					"sources",
			},
			cli.StringFlag{
				Name: "row",
				Usage: "only undo what this regular " +
					"expression picks in undo.yaml, and " +
					"keep no result",
			},
		},
		Action: action(prove),
	}
}

// prove does the steps that were asked for, and writes what there is to report.
func prove(ctx context.Context, c *cli.Context) error {
	b, err := chosenBase(c)
	if err != nil {
		return err
	}
	log := newLog("prove")
	if err := staging.Stage(ctx, b, log); err != nil {
		return err
	}

	if row := c.String("row"); row != "" {
		return proof.UndoRows(ctx, b, row, os.Stdout)
	}

	steps, err := proof.Steps(b)
	if err != nil {
		return err
	}

	report, err := proof.Run(ctx, proof.Config{
		Base: b, Steps: steps, Pick: c.String("step"),
		Fresh: c.Bool("fresh"), Postgres: postgresVersion(), Log: log,
	})
	if report == nil {
		return err
	}
	fmt.Println("\n" + report.Markdown())
	if writeErr := report.Write(proof.Document(b)); writeErr != nil {
		return writeErr
	}
	log.Say("written to %s", proof.Document(b))

	return err
}

// postgresVersion returns the version of the PostgreSQL on this machine, or
// nothing if there is none.
func postgresVersion() string {
	out, err := exec.Command("pg_config", "--version").Output()
	if err != nil {
		return ""
	}

	return strings.TrimSpace(string(out))
}
