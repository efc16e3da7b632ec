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
		fmt.Fprintf(errOut, "Unable to compare with what is stored: "+
			"%v\n", node.explain(err))
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
		if ctx.Err() != nil {
			return nil
		}
		err = node.explain(err)
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

// session checks one stream until it ends, and returns why it did.
func (k *check) session(ctx context.Context,
	router routerrpc.RouterClient) error {

	ctx, cancel := context.WithCancel(ctx)
	stream, err := router.TrackPayments(
		ctx, &routerrpc.TrackPaymentsRequest{},
	)
	if err != nil {
		cancel()

		return err
	}

	updates, streamErr := make(chan *lnrpc.Payment), make(chan error, 1)
	go func() {
		defer close(updates)
		for {
			p, err := stream.Recv()
			if err != nil {
				streamErr <- err

				return
			}
			select {
			case updates <- p:
			case <-ctx.Done():
				streamErr <- ctx.Err()

				return
			}
		}
	}()
	defer func() {
		cancel()
		for range updates {
		}
	}()

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
			if err := k.compare(ctx, now); err != nil {
				return err
			}
		}
	}
}
