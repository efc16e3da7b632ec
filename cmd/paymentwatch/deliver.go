package main

import (
	"context"
	"errors"
	"time"

	"lnd-once/lnrpc/paymentcontract"
	"lnd-once/lnrpc/paymentwatch/sink"
	"lnd-once/lnrpc/paymentwatch/watcher"
)

// slowSink is how long the sink may take before somebody is told: it does not
// look like an error, but nothing is delivered meanwhile.
const slowSink = 5 * time.Second

// call calls the sink, and warns if it takes long.
func (w *watch) call(what string, call func() error) error {
	ctx, begin := context.Background(), time.Now()
	timer := time.AfterFunc(slowSink, func() {
		w.log.WarnS(ctx, "The sink does not answer, still waiting; is "+
			"the database stopped, or has another session a lock?",
			nil, "call", what, "for", slowSink)
	})
	err := call()
	if !timer.Stop() && err == nil {
		w.log.InfoS(ctx, "The sink has answered", "call", what,
			"after", time.Since(begin).Round(time.Millisecond))
	}

	return err
}

// openSink opens the sink and returns it with its position, or nil if it has
// none yet.
func (w *watch) openSink(ctx context.Context) (sink.Sink, *watcher.Position,
	error) {

	var (
		s        sink.Sink
		position *watcher.Position
	)
	err := w.call("open", func() error {
		var err error
		s, err = sink.Open(ctx, w.sinkURL, w.identity, w.options...)
		if err != nil {
			return err
		}
		if w.noPreimages {
			s = withoutPreimages(s)
		}
		position, err = s.Position(ctx)
		if err != nil {
			err = errors.Join(err, s.Close())
		}

		return err
	})

	return s, position, err
}

// post delivers to a webhook until all was taken. How long that takes depends on
// how much it is, so it is only told of if it fails.
func (w *watch) post(ctx context.Context, deliver func() error) error {
	again := func(err error) bool {
		notTaken := errors.Is(err, sink.ErrNotTaken)
		if notTaken {
			w.metrics.sinkErrors.Inc()
		}

		return notTaken
	}

	return w.retry(ctx, "Waiting for the webhook", again, deliver)
}

// countingSink counts what is delivered.
type countingSink struct {
	sink.Sink
	watch *watch
}

// Holds asks the sink what it holds.
func (c *countingSink) Holds(ctx context.Context, runs []watcher.Run) ([]bool,
	error) {

	var held []bool
	err := c.watch.call("ask", func() error {
		var err error
		held, err = c.Sink.Holds(ctx, runs)

		return err
	})

	return held, err
}

// Deliver delivers, and then counts and logs what was delivered.
func (c *countingSink) Deliver(ctx context.Context,
	outcomes []*watcher.Outcome, position watcher.Position) error {

	deliver := func() error {
		return c.Sink.Deliver(ctx, outcomes, position)
	}
	var err error
	if sink.IsWebhook(c.watch.sinkURL) {
		err = c.watch.post(ctx, deliver)
	} else {
		err = c.watch.call("deliver", deliver)
	}
	if err != nil {
		return err
	}

	c.watch.metrics.delivered(outcomes, position.Next)
	c.watch.caughtUp += len(outcomes)

	// What was missed is told as a whole when it is over.
	if c.watch.metrics.current() != watcher.Live {
		return nil
	}
	for _, o := range outcomes {
		p := o.Payment
		c.watch.log.InfoS(ctx, "Delivered",
			"payment_hash", p.GetPaymentHash(),
			"index", p.GetPaymentIndex(), "status", p.GetStatus(),
			"reason", paymentcontract.ReasonName(
				p.GetFailureReason(),
			))
	}

	return nil
}
