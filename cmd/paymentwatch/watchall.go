package main

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli"
)

// runWatch runs the command for all nodes until it is interrupted or cannot go on
// with one of them.
func runWatch(ctx context.Context, nodes []*cli.Context,
	errOut io.Writer) error {

	c, console := nodes[0], newConsole(errOut)
	if err := noArguments(c); err != nil {
		return err
	}
	log, err := newLogger(c, console, "")
	if err != nil {
		return err
	}
	watches, err := newWatches(nodes, console)
	defer func() {
		for _, w := range watches {
			w.node.close()
		}
	}()
	if err != nil {
		return err
	}

	if address := c.String("metrics"); address != "" {
		var all watched
		for _, w := range watches {
			all = append(all, w.metrics)
		}
		stop, err := all.serve(
			address, expand(c.String("metrics-config")),
		)
		if err != nil {
			return err
		}
		defer stop()
	}

	err = runAll(ctx, watches)
	switch {
	case interrupted(ctx):

	// Whoever reads JSON can do nothing with another line below it.
	case err != nil && c.String("logformat") == jsonLog:
		log.ErrorS(context.Background(), "Cannot go on", err)

		return loggedError{err}

	default:
		return err
	}

	// What we were stopped in the midst of needs no explanation: the sink
	// has all of it or nothing.
	log.InfoS(context.Background(), "Stopped")

	return nil
}

// newWatches returns a watch for each node, not connected yet. Those that there
// are when one of them fails are returned as well.
func newWatches(nodes []*cli.Context, console *console) ([]*watch, error) {
	var watches []*watch
	for _, c := range nodes {
		w, err := newWatch(c)
		if err != nil {
			return watches, ofNode(c.String(nodeFlag.Name), err)
		}
		watches = append(watches, w)
		if w.log, err = newLogger(c, console, w.name); err != nil {
			return watches, err
		}

		// The bars of several nodes would be in each other's way.
		w.bar = &bar{}
		if len(nodes) == 1 {
			w.bar.console = console
		}
		w.warnOfOldSink()
	}

	return watches, nil
}

// runAll follows all nodes until the context ends or one of them cannot be
// followed any more. That ends all: whoever starts us again, or is told that we
// are down, has to know of it.
func runAll(ctx context.Context, watches []*watch) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	ended := make(chan error)
	for _, w := range watches {
		go func() {
			err := w.run(ctx)
			w.bar.finish(false)
			ended <- ofNode(w.name, err)
		}()
	}

	// Those that come later have ended because of the first.
	err := <-ended
	cancel()
	for range len(watches) - 1 {
		<-ended
	}

	return err
}

// ofNode returns an error with the name of the node that it is about, if there are
// several.
func ofNode(name string, err error) error {
	if name == "" || err == nil {
		return err
	}

	return fmt.Errorf("node %s: %w", name, err)
}
