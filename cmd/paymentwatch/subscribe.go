package main

import (
	"context"

	"lnd-once/lnrpc/paymentrpc"
)

// subscribe opens a stream, which may outlive the context, and returns its
// updates and the error that ends them. The returned function closes it.
func subscribe(ctx context.Context, node *paymentrpc.Client) (
	<-chan *paymentrpc.Payment, <-chan error, func()) {

	streamCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	updates := make(chan *paymentrpc.Payment)
	streamErr := make(chan error, 1)
	go func() {
		defer close(updates)
		stream, err := node.TrackPayments(
			streamCtx, &paymentrpc.TrackPaymentsRequest{},
		)
		for err == nil {
			var p *paymentrpc.Payment
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
