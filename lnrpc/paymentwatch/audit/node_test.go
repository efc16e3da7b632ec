package audit

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/sink"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
)

const (
	succeeded = paymentrpc.Payment_SUCCEEDED
	failed    = paymentrpc.Payment_FAILED
	inFlight  = paymentrpc.Payment_IN_FLIGHT

	noReason = paymentrpc.PaymentFailureReason_FAILURE_REASON_NONE
	timeout  = paymentrpc.PaymentFailureReason_FAILURE_REASON_TIMEOUT
	noRoute  = paymentrpc.PaymentFailureReason_FAILURE_REASON_NO_ROUTE
	details  = paymentrpc.
			PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS

	// height is that of the node's block chain.
	height = 500
)

// ours is the node of all tests, peer the other end of its channels.
var (
	ours = sink.Identity{PubKey: strings.Repeat("02", 33), Network: "regtest"}
	peer = strings.Repeat("03", 33)
)

// fakeNode is an lnd as far as an audit asks it.
type fakeNode struct {
	payments []*paymentrpc.Payment
	htlcs    []*paymentrpc.HTLC
	pending  paymentrpc.PendingChannelsResponse

	// listed is called when the payments have been listed.
	listed func()
}

// GetInfo tells the height.
func (n *fakeNode) GetInfo(context.Context, *paymentrpc.GetInfoRequest,
	...grpc.CallOption) (*paymentrpc.GetInfoResponse, error) {

	return &paymentrpc.GetInfoResponse{BlockHeight: height}, nil
}

// ListChannels tells of a channel with the HTLCs.
func (n *fakeNode) ListChannels(context.Context, *paymentrpc.ListChannelsRequest,
	...grpc.CallOption) (*paymentrpc.ListChannelsResponse, error) {

	return &paymentrpc.ListChannelsResponse{Channels: []*paymentrpc.Channel{
		{RemotePubkey: peer, PendingHtlcs: n.htlcs},
	}}, nil
}

// PendingChannels tells of those that are being closed.
func (n *fakeNode) PendingChannels(context.Context,
	*paymentrpc.PendingChannelsRequest, ...grpc.CallOption) (
	*paymentrpc.PendingChannelsResponse, error) {

	return &n.pending, nil
}

// ListPayments lists a page of the payments.
func (n *fakeNode) ListPayments(_ context.Context,
	in *paymentrpc.ListPaymentsRequest, _ ...grpc.CallOption) (
	*paymentrpc.ListPaymentsResponse, error) {

	list := &paymentrpc.ListPaymentsResponse{}
	for _, p := range n.payments {
		if p.PaymentIndex > in.IndexOffset &&
			uint64(len(list.Payments)) < in.MaxPayments {

			list.Payments = append(list.Payments, p)
		}
	}
	if len(list.Payments) == 0 && n.listed != nil {
		n.listed()
	}

	return list, nil
}

// pay returns a payment with an attempt. Payments are a minute apart.
func pay(index uint64, status paymentrpc.Payment_PaymentStatus,
	reason paymentrpc.PaymentFailureReason) *paymentrpc.Payment {

	created := time.Date(2026, 11, 23, 0, 0, 0, 7, time.UTC).Add(
		time.Duration(index) * time.Minute,
	)
	p := &paymentrpc.Payment{
		PaymentHash:    fmt.Sprintf("%064x", index),
		PaymentIndex:   index,
		CreationTimeNs: created.UnixNano(),
		Status:         status,
		FailureReason:  reason,
		ValueMsat:      1000,
		PaymentRequest: "an invoice",
		Htlcs: []*paymentrpc.HTLCAttempt{{
			AttemptId:     index,
			AttemptTimeNs: created.UnixNano(),
			Route: &paymentrpc.Route{
				TotalTimeLock: height - 1,
				Hops:          []*paymentrpc.Hop{{PubKey: peer}},
			},
		}},
	}
	switch status {
	case succeeded:
		p.Htlcs[0].Status = paymentrpc.HTLCAttempt_SUCCEEDED
		p.PaymentPreimage = strings.Repeat("07", 32)

	case failed:
		p.Htlcs[0].Status = paymentrpc.HTLCAttempt_FAILED
		p.Htlcs[0].Failure = &paymentrpc.Failure{
			Code: paymentrpc.Failure_TEMPORARY_CHANNEL_FAILURE,
		}
	}
	if status != inFlight {
		p.Htlcs[0].ResolveTimeNs = created.UnixNano() + 1e9
	}

	return p
}

// reject makes the recipient fail the only attempt of a payment.
func reject(p *paymentrpc.Payment) *paymentrpc.Payment {
	p.Htlcs[0].Failure = &paymentrpc.Failure{
		Code: paymentrpc.
			Failure_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS,
		FailureSourceIndex: 1,
	}

	return p
}

// last is the position of a sink that has all payments up to an index.
func last(index uint64) watcher.Position {
	p := pay(index, succeeded, noReason)

	return watcher.Position{
		Next: index + 1, Newest: p.CreationTimeNs,
		Last: []watcher.Run{watcher.RunOf(p)},
	}
}

// newSink returns the URL of a sink with payments as a watcher would deliver
// them, and the sink.
func newSink(t *testing.T, position watcher.Position,
	payments ...*paymentrpc.Payment) (string, sink.Sink) {

	t.Helper()

	url := "sqlite:" + filepath.Join(t.TempDir(), "sink.db")
	s, err := sink.Open(context.Background(), url, ours)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	deliver(t, s, position, payments...)

	return url, s
}

// deliver delivers payments to a sink.
func deliver(t *testing.T, s sink.Sink, position watcher.Position,
	payments ...*paymentrpc.Payment) {

	t.Helper()

	var outcomes []*watcher.Outcome
	for _, p := range payments {
		outcomes = append(outcomes, watcher.OutcomeOf(p))
	}
	require.NoError(t, s.Deliver(
		context.Background(), outcomes, position,
	))
}
