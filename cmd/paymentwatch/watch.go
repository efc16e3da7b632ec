package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"lnd-once/lnrpc/paymentwatch/sink"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/btcsuite/btclog/v2"
	"github.com/urfave/cli"
)

// progressInterval is the time between two lines about the progress of a
// catching-up.
const progressInterval = 10 * time.Second

// watch is the command for one node, while it runs.
type watch struct {
	// name is that of one of several nodes.
	name string

	node     *node
	sinkURL  string
	options  []sink.Option
	from     watcher.From
	hold     time.Duration
	metrics  *metrics
	log      btclog.Logger
	bar      *bar
	identity sink.Identity

	// noPreimages says that the sink gets no preimages.
	noPreimages bool

	// fromGiven says that the user has said where to begin.
	fromGiven bool

	// opened says that we had the sink before.
	opened bool

	// lost is why there is no connection, as it was told last.
	lost string

	// caughtUp is how many payments were delivered by the catching-up.
	caughtUp int

	// nextLine is when the progress may be logged again.
	nextLine time.Time
}

// newWatch returns what the flags ask for, not connected yet.
func newWatch(c *cli.Context) (*watch, error) {
	w := &watch{
		name: c.String(nodeFlag.Name),

		sinkURL: sinkURL(c),
		options: []sink.Option{
			sink.PositionFile(expand(c.String("position"))),
			sink.SecretFile(expand(c.String("webhook-secret-file"))),
		},
		hold: holdFailures(c),

		noPreimages: c.Bool(noPreimagesFlag.Name),
		fromGiven:   c.IsSet("from"),
		metrics:     newMetrics(),
	}
	if err := sink.Check(w.sinkURL, w.options...); err != nil {
		return nil, fmt.Errorf("--sink: %w", err)
	}
	if w.sinkURL == defaultSink {
		if err := os.MkdirAll(defaultDir, 0o700); err != nil {
			return nil, fmt.Errorf("--sink: %w", err)
		}
	}
	w.metrics.node, w.metrics.fresh = w.name, w.hold+slowSink
	if w.hold < 0 {
		return nil, fmt.Errorf("--hold-failures is %v, it must not "+
			"be negative", w.hold)
	}

	var err error
	if w.from, err = parseFrom(c.String("from")); err != nil {
		return nil, err
	}
	w.node, err = chosenNode(c)

	return w, err
}

// warnOfOldSink tells who has a sink where it was by default once that it is not
// used.
func (w *watch) warnOfOldSink() {
	_, err := os.Stat(sinkFile)
	if w.sinkURL == defaultSink && err == nil {
		w.log.WarnS(context.Background(), "There is a sink in this "+
			"folder, which is not the default any more; name it "+
			"with --sink to go on with it", nil, "found", sinkFile,
			"sink", w.sinkURL)
	}
}

// run waits for the node, then delivers its outcomes. A sink that went away is
// opened again.
func (w *watch) run(ctx context.Context) error {
	err := w.retry(ctx, "Waiting for the node", temporary, func() error {
		var err error
		w.identity, err = w.node.identify(ctx)

		return err
	})
	if err != nil {
		return err
	}
	w.log.InfoS(ctx, "Found the node", "pubkey", w.identity.PubKey,
		"network", w.identity.Network)

	// When a session was lost it may take the database a while to notice,
	// and until then it holds the lock of who we were.
	again := func(err error) bool {
		return errors.Is(err, sink.ErrUnavailable) ||
			w.opened && errors.Is(err, sink.ErrInUse)
	}

	return w.retry(ctx, "Waiting for the sink", again, func() error {
		return w.session(ctx)
	})
}

// session opens the sink and delivers to it until the sink fails, the node
// refuses or the context ends.
func (w *watch) session(ctx context.Context) error {
	s, position, err := w.openSink(ctx)
	if err != nil {
		return err
	}
	switch {
	case position == nil:
		w.log.InfoS(ctx, "The sink is new")

	case w.fromGiven && !w.opened:
		w.log.WarnS(ctx, "The sink has a position, --from is for a "+
			"new one and is not used", nil, "next_index",
			position.Next)

	default:
		w.log.InfoS(ctx, "The sink has a position, going on from "+
			"there", "next_index", position.Next)
	}
	w.opened = true

	following := watcher.New(watcher.Config{
		Payments: w.node.rpc, Router: w.node.rpc,
		Sink: &countingSink{Sink: s, watch: w}, From: w.from,
		HoldFailures: w.hold, OnState: w.onState,
	})
	w.metrics.follow(following.Oldest)
	err = following.Run(ctx)

	w.bar.finish(false)
	w.metrics.setPhase(watcher.Disconnected)
	if errors.Is(err, sink.ErrUnavailable) {
		w.metrics.sinkErrors.Inc()
	}
	err = errors.Join(err, w.call("close", s.Close))

	return explainWatch(w.node.nodeConfig, err)
}

// onState tells what the watcher is doing.
func (w *watch) onState(s watcher.State) {
	ctx := context.Background()
	changed := w.metrics.setState(s) != s.Phase
	if s.Phase != watcher.CatchingUp {
		w.bar.finish(s.Phase == watcher.Live)
	}

	switch s.Phase {
	case watcher.Disconnected:
		// A node that stays away is told of once.
		err := w.node.explain(s.Err)
		if err.Error() != w.lost {
			w.log.WarnS(ctx, "No connection, trying again", err)
		}
		w.lost = err.Error()

	case watcher.CatchingUp:
		w.bar.show(w.caughtUp, s.Done, s.Total)
		now := time.Now()
		if changed {
			w.log.InfoS(ctx, "Connected, catching up")
			w.nextLine = now.Add(progressInterval)
			w.caughtUp = 0
		} else if s.Anew {
			w.log.InfoS(ctx, "The node may have numbered its "+
				"payments anew, reading all of them")
		} else if s.Total > 0 && now.After(w.nextLine) {
			w.log.InfoS(ctx, "Catching up", "delivered", w.caughtUp,
				"indexes_read", s.Done, "indexes", s.Total)
			w.nextLine = now.Add(progressInterval)
		}

	case watcher.Live:
		if changed {
			w.log.InfoS(ctx, "Live", "caught_up", w.caughtUp)
		}
		w.lost = ""
	}
}
