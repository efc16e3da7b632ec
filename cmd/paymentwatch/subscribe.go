package main

import (
	"context"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
)

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
