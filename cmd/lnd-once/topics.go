package main

import (
	"context"

	"github.com/urfave/cli"

	"lnd-once/internal/base"
	"lnd-once/internal/manifest"
	"lnd-once/internal/progress"
	"lnd-once/internal/staging"
)

// topicsFlag returns the flag that says how much of a series lnd is patched
// with.
func topicsFlag() cli.Flag {
	return cli.StringFlag{
		Name: "topics",
		Usage: "number or name of the last topic of the series that " +
			"is in (default: all)",
	}
}

// stageTopics stages a base. It returns the work tree that has its series up to
// the topic of that number or name, and the topic's number. For all, which no
// name stands for, that is the patched tree, and 0.
func stageTopics(ctx context.Context, b *base.Base, name string,
	log *progress.Log) (string, int, error) {

	if name == "" {
		return b.Tree(), 0, staging.Stage(ctx, b, log)
	}

	series, err := manifest.Read(b.Dir)
	if err != nil {
		return "", 0, err
	}
	topic, err := series.Topic(name)
	if err != nil {
		return "", 0, err
	}
	tree, err := staging.Prefix(ctx, b, name, log)

	return tree, topic.Number, err
}
