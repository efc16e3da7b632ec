// The program paymentwatch writes the outcome of every payment of an lnd into a
// database, each of them once, also of those that ended while it was away. It
// works with any lnd from 0.16 on, stock or patched, and only reads from it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli"
)

// main runs the program until it is done or asked to stop.
func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals

		// Whoever asks a second time does not want to wait.
		signal.Stop(signals)
		cancel(errInterrupted)
	}()

	err := newApp(ctx, os.Stdout, os.Stderr).Run(os.Args)
	if !errors.As(err, &loggedError{}) && err != nil {
		// In a log this is an entry as well.
		fmt.Fprintf(os.Stderr, "paymentwatch: %s\n",
			oneLine(err.Error()))
	}
	os.Exit(exitStatus(err))
}

const (
	// exitBroken says that a check has found a guarantee broken, or an
	// audit something that is not as it should be, exitFailed that the
	// program could not do what it was to, and exitNotObserved that a check
	// has seen too little to say that all of them hold.
	exitBroken      = 1
	exitFailed      = 2
	exitNotObserved = 3
)

// exitStatus returns the status that the program ends with.
func exitStatus(err error) int {
	switch {
	case err == nil:
		return 0

	case errors.Is(err, errBroken), errors.Is(err, errDiffers):
		return exitBroken

	case errors.Is(err, errNotObserved):
		return exitNotObserved

	default:
		return exitFailed
	}
}

// newApp returns the program. Results go to out, all else to errOut.
func newApp(ctx context.Context, out, errOut io.Writer) *cli.App {
	app := newCommands(ctx, out, errOut)
	addSettings(app)

	return app
}

// newCommands returns the program with its commands, whose flags only count on
// the command line.
func newCommands(ctx context.Context, out, errOut io.Writer) *cli.App {
	app := cli.NewApp()
	app.Name = "paymentwatch"
	app.Usage = "the outcome of every payment of an lnd, exactly once"
	app.Version = buildVersion()
	app.EnableBashCompletion = true
	app.Writer, app.ErrWriter = out, errOut

	// Without a command all flags are those of watch.
	app.Flags = watchFlags()
	watchAction := func(nodes []*cli.Context) error {
		return runWatch(ctx, nodes, errOut)
	}
	app.Action = watchAction
	app.Commands = []cli.Command{{
		Name:   "watch",
		Usage:  "deliver outcomes to the sink; the default command",
		Flags:  watchFlags(),
		Action: watchAction,
	}, {
		Name: "report",
		Usage: "print the totals of the sink, or write them as a " +
			"page",
		Flags: reportFlags(),
		Action: func(c *cli.Context) error {
			return runReport(ctx, c, out)
		},
	}, {
		Name: "check",
		Usage: "check the node's live updates against the contract " +
			"and print what breaks which guarantee; exits with " +
			"1 if one was broken, with 2 if it could not check, " +
			"with 3 if it has seen too little",
		Flags: append(nodeFlags(), forFlag),
		Action: func(c *cli.Context) error {
			return runCheck(ctx, c, out, errOut)
		},
	}, {
		Name: "audit",
		Usage: "compare the sink with the node, payment by payment; " +
			"exits with 1 if something is not as it should be, " +
			"with 2 if it could not compare",
		Flags: auditFlags(),
		Action: func(c *cli.Context) error {
			return runAudit(ctx, c, out)
		},
	}, {
		Name:  "version",
		Usage: "print which paymentwatch this is",
		Action: func(c *cli.Context) error {
			cli.ShowVersion(c)

			return nil
		},
	}, {
		Name:      "completion",
		Usage:     "print what makes a shell complete our flags",
		ArgsUsage: "bash|zsh|fish",
		Action: func(c *cli.Context) error {
			return runCompletion(c, out)
		},
	}}

	return app
}
