package watcher_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"google.golang.org/grpc"
)

// memory is the smallest sink there can be. One that is to outlive the program
// keeps both in one transaction.
type memory struct {
	outcomes []*watcher.Outcome
	position *watcher.Position
}

// Position returns the position of the last delivery.
func (m *memory) Position(context.Context) (*watcher.Position, error) {
	return m.position, nil
}

// Deliver takes outcomes and position, both or none of them.
func (m *memory) Deliver(_ context.Context, outcomes []*watcher.Outcome,
	position watcher.Position) error {

	m.outcomes = append(m.outcomes, outcomes...)
	m.position = &position

	return nil
}

// Holds returns which runs it has the outcome of.
func (m *memory) Holds(_ context.Context, runs []watcher.Run) ([]bool, error) {
	held := make([]bool, len(runs))
	for i, r := range runs {
		held[i] = slices.ContainsFunc(m.outcomes,
			func(o *watcher.Outcome) bool {
				return r.Same(watcher.RunOf(o.Payment))
			})
	}

	return held, nil
}

// pastNode is a node that makes no payment any more. Real ones are those of
// paymentrpc.NewClient.
type pastNode struct {
	paymentrpc.UpdateStream

	payments []*paymentrpc.Payment
	ctx      context.Context
}

// ListPayments returns all payments, or none if it is asked for more.
func (n *pastNode) ListPayments(_ context.Context,
	in *paymentrpc.ListPaymentsRequest, _ ...grpc.CallOption) (
	*paymentrpc.ListPaymentsResponse, error) {

	list := &paymentrpc.ListPaymentsResponse{}
	if in.IndexOffset == 0 {
		list.Payments = n.payments
	}

	return list, nil
}

// TrackPayments returns a stream without updates.
func (n *pastNode) TrackPayments(ctx context.Context,
	_ *paymentrpc.TrackPaymentsRequest, _ ...grpc.CallOption) (
	paymentrpc.UpdateStream, error) {

	return &pastNode{ctx: ctx}, nil
}

// Recv waits for the end of the stream.
func (n *pastNode) Recv() (*paymentrpc.Payment, error) {
	<-n.ctx.Done()

	return nil, n.ctx.Err()
}

// timedOut is why one of the payments below has failed.
const timedOut = paymentrpc.PaymentFailureReason_FAILURE_REASON_TIMEOUT

// ExampleSink delivers to a sink of one's own until all that has ended is there.
// A second watcher goes on from the position, and has nothing to deliver.
func ExampleSink() {
	node := &pastNode{payments: []*paymentrpc.Payment{{
		PaymentHash: "00aa", PaymentIndex: 1, CreationTimeNs: 1000,
		Status: paymentrpc.Payment_SUCCEEDED,
	}, {
		PaymentHash: "00bb", PaymentIndex: 2, CreationTimeNs: 2000,
		Status:        paymentrpc.Payment_FAILED,
		FailureReason: timedOut,
	}}}
	kept := &memory{}

	for range 2 {
		ctx, stop := context.WithCancel(context.Background())
		err := watcher.New(watcher.Config{
			Payments: node, Router: node, Sink: kept,
			OnState: func(s watcher.State) {
				if s.Phase == watcher.Live {
					stop()
				}
			},
		}).Run(ctx)
		if !errors.Is(err, context.Canceled) {
			fmt.Println(err)
		}
	}
	for _, o := range kept.outcomes {
		fmt.Println(o.Payment.PaymentHash, o.Payment.Status,
			o.Payment.FailureReason)
	}
	fmt.Println("next index:", kept.position.Next)
	// Output:
	// 00aa SUCCEEDED FAILURE_REASON_NONE
	// 00bb FAILED FAILURE_REASON_TIMEOUT
	// next index: 3
}
