package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/urfave/cli"
)

// finalTimeout is how long the last look at what is stored may take.
const finalTimeout = 20 * time.Second

// runCheck runs the command until it is interrupted or its time is over.
func runCheck(ctx context.Context, c *cli.Context, out,
	errOut io.Writer) error {

	if err := noArguments(c); err != nil {
		return err
	}
	cfg, err := parseNode(c)
	if err != nil {
		return err
	}
	node, err := connect(cfg)
	if err != nil {
		return err
	}
	defer node.close()

	identity, err := node.identify(ctx)
	switch {
	case interrupted(ctx):
		return nil

	case err != nil:
		return err
	}
	fmt.Fprintf(errOut, "Checking %v, Ctrl-C ends it.\n", identity)

	if limit := c.Duration("for"); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	k := newCheck(node.lightning, out)
	if err := k.follow(ctx, node, errOut); err != nil {
		return errors.Join(err, k.summary())
	}

	final, cancel := context.WithTimeout(
		context.WithoutCancel(ctx), finalTimeout,
	)
	defer cancel()
	if err := k.finish(final); err != nil {
		err = fmt.Errorf("unable to compare with what is stored: %w",
			node.explain(err))

		return errors.Join(err, k.summary())
	}

	return k.summary()
}

// follow checks what the stream tells until the context ends. A stream that
// breaks is replaced: the contract holds across a restart of the node.
func (k *check) follow(ctx context.Context, node *node,
	errOut io.Writer) error {

	for wait := minRetry; ; wait = min(2*wait, maxRetry) {
		before := k.updates
		err := k.session(ctx, node.router)
		if err == nil {
			return nil
		}
		err = node.explain(err)
		if ctx.Err() != nil {
			return fmt.Errorf("unable to look for ends that are "+
				"missing: %w", err)
		}
		if errors.Is(err, errMacaroon) ||
			errors.Is(err, errCertificate) ||
			errors.Is(err, errNoLnd) {

			return err
		}
		if k.updates > before {
			wait = minRetry
		}
		fmt.Fprintf(errOut, "Lost the stream, trying again: %v\n", err)

		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// session checks one stream until it ends, and returns why it did. If it is the
// context that ends, it takes a last look at what the stream may have left out.
func (k *check) session(ctx context.Context,
	router routerrpc.RouterClient) error {

	k.witness = newWitness()
	updates, streamErr, stop := subscribe(ctx, router)
	defer stop()

	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case p, ok := <-updates:
			if !ok {
				return <-streamErr
			}
			k.update(p)

		case now := <-ticker.C:
			err := k.compare(ctx, now)
			if err == nil {
				err = k.findLast(ctx, now)
			}
			if err != nil && ctx.Err() == nil {
				return err
			}

		case <-ctx.Done():
			return k.lookForMissing(ctx, updates)
		}
	}
}

// subscribe opens a stream, which may outlive the context, and returns its
// updates and the error that ends them. The returned function closes it.
func subscribe(ctx context.Context, router routerrpc.RouterClient) (
	<-chan *lnrpc.Payment, <-chan error, func()) {

	streamCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	updates, streamErr := make(chan *lnrpc.Payment), make(chan error, 1)
	go func() {
		defer close(updates)
		stream, err := router.TrackPayments(
			streamCtx, &routerrpc.TrackPaymentsRequest{},
		)
		for err == nil {
			var p *lnrpc.Payment
			if p, err = stream.Recv(); err != nil {
				break
			}
			select {
			case updates <- p:
			case <-streamCtx.Done():
				err = streamCtx.Err()
			}
		}
		streamErr <- err
	}()

	return updates, streamErr, func() {
		cancel()
		for range updates {
		}
	}
}
