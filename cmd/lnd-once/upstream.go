package main

import (
	"context"

	"github.com/urfave/cli"

	"lnd-once/internal/failure"
	"lnd-once/internal/upstream"
)

// upstreamCommand returns the verb that brings the series to lnd.
func upstreamCommand() cli.Command {
	return cli.Command{
		Name:  "upstream",
		Usage: "make topic branches in your clone of lnd",
		Description: "Makes branches lnd-once/topic-N in your clone, " +
			"with your name and signature, and checks\n   them " +
			"as lnd's CI does. Never touches what is checked " +
			"out, never pushes. What to\n   post is written to " +
			"build/upstream.",
		Flags: []cli.Flag{
			baseFlag(),
			cli.StringFlag{
				Name:  "repo",
				Usage: "your clone of lnd",
			},
			cli.StringFlag{
				Name: "onto",
				Usage: "what the branches begin at (default: " +
					"the HEAD of origin)",
			},
			cli.StringFlag{
				Name: "topic",
				Usage: "number or name of the only topic to " +
					"check (default: all)",
			},
			cli.BoolFlag{
				Name: "issue",
				Usage: "write the comment for lnd issue " +
					"8884, with a test that fails on stock",
			},
			cli.BoolFlag{
				Name:  "continue",
				Usage: "go on after a conflict was solved",
			},
			cli.BoolFlag{
				Name:  "abort",
				Usage: "give up and remove the work tree",
			},
		},
		Action: action(runUpstream),
	}
}

// runUpstream makes branches, or the text for the issue.
func runUpstream(ctx context.Context, c *cli.Context) error {
	b, err := chosenBase(c)
	if err != nil {
		return err
	}
	log := newLog("upstream")
	if c.Bool("issue") {
		return upstream.Issue(ctx, b, log)
	}
	if c.String("repo") == "" {
		return failure.Usage("want your clone of lnd, --repo PATH, " +
			"or --issue")
	}

	cfg := upstream.Config{
		Base: b, Repo: c.String("repo"), Onto: c.String("onto"),
		Topic: c.String("topic"), Log: log,
	}
	switch {
	case c.Bool("abort"):
		return upstream.Abort(ctx, cfg)

	case c.Bool("continue"):
		return upstream.Continue(ctx, cfg)
	}

	return upstream.Run(ctx, cfg)
}
