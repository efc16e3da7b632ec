// The tool lnd-once patches, builds, shows, tests and measures the lnd versions
// that this repository has patches for. "make help" lists what it can do.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
)

// errInterrupted ends a verb that the user or the system has asked to stop.
var errInterrupted = errors.New("interrupted")

// main runs the verb and turns its error into an exit status.
func main() {
	err := newApp().Run(os.Args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "lnd-once: %v\n", err)
	}
	os.Exit(failure.Exit(err))
}

// newApp returns the tool with its verbs.
func newApp() *cli.App {
	app := cli.NewApp()
	app.Name = "lnd-once"
	app.Usage = "lnd, in which a payment ends once"
	app.HideVersion = true
	app.OnUsageError = usageError
	app.Action = func(c *cli.Context) error {
		if c.NArg() > 0 {
			return failure.Usage("unknown verb '%s'; lnd-once "+
				"--help lists them", c.Args().First())
		}

		return cli.ShowAppHelp(c)
	}

	// Each verb is in the file that has its name.
	app.Commands = []cli.Command{
		buildCommand(),
		stageCommand(),
		demoCommand(),
		testCommand(),
		itestCommand(),
		nodetestCommand(),
		seriesCommand(),
		portCommand(),
		proveCommand(),
		cleanCommand(),
		benchCommand(),
		upstreamCommand(),
		releaseCommand(),
	}
	for i := range app.Commands {
		command := &app.Commands[i]
		command.OnUsageError = usageError
		if command.ArgsUsage == "" {
			command.ArgsUsage = " "
			command.Before = refuseArguments
		}
	}

	return app
}

// usageError says which flag was wrong.
func usageError(c *cli.Context, err error, _ bool) error {
	return failure.Usage("%w; lnd-once %s --help lists the flags", err,
		c.Command.Name)
}

// refuseArguments ends a verb that takes flags only and was given more.
func refuseArguments(c *cli.Context) error {
	if c.NArg() > 0 {
		return failure.Usage("lnd-once %s takes flags only, not '%s'",
			c.Command.Name, c.Args().First())
	}

	return nil
}

// action returns a verb's action from a function that does its work and stops,
// in order, when its context ends.
func action(run func(context.Context, *cli.Context) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		ctx, cancel := context.WithCancelCause(context.Background())
		defer cancel(nil)

		signals := make(chan os.Signal, 1)
		signal.Notify(
			signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP,
		)
		defer signal.Stop(signals)
		go func() {
			select {
			case <-signals:
				cancel(errInterrupted)

			case <-ctx.Done():
			}
		}()

		return run(ctx, c)
	}
}

// baseFlag returns the flag that says which base a verb is about.
func baseFlag() cli.Flag {
	return cli.StringFlag{
		Name: "base",
		Usage: "lnd version, a folder of patches/ or another patch " +
			"release of one (default: the newest)",
	}
}

// chosenBase returns the base that the flag of baseFlag names.
func chosenBase(c *cli.Context) (*base.Base, error) {
	return namedBase(c.String("base"))
}

// namedBase returns the base of a name, the newest if it is empty.
func namedBase(name string) (*base.Base, error) {
	root, err := base.Root()
	if err != nil {
		return nil, err
	}
	if name == "" {
		name, err = base.Newest(root)
		if err != nil {
			return nil, err
		}
	}

	return base.Load(root, name)
}
