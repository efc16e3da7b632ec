package report

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/sink"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

const (
	timeout = paymentrpc.PaymentFailureReason_FAILURE_REASON_TIMEOUT
	noRoute = paymentrpc.PaymentFailureReason_FAILURE_REASON_NO_ROUTE
	details = paymentrpc.
		PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS
)

// ours is the node of all tests, carol who forwards and dave who gets paid.
var (
	ours = sink.Identity{
		PubKey: strings.Repeat("02", 33), Network: "regtest",
	}
	carol, dave = strings.Repeat("03", 33), strings.Repeat("04", 33)

	// began is when the first payment was made.
	began = time.Date(2026, 11, 20, 21, 0, 0, 7, time.UTC)
)

// pay returns a payment by way of carol that has succeeded, made some time after
// the first.
func pay(after time.Duration, value, fee int64) *paymentrpc.Payment {
	created := began.Add(after)
	hash := sha256.Sum256([]byte(fmt.Sprint(after, value)))

	return &paymentrpc.Payment{
		PaymentHash:     hex.EncodeToString(hash[:]),
		CreationTimeNs:  created.UnixNano(),
		PaymentPreimage: hex.EncodeToString(hash[:]),
		Status:          paymentrpc.Payment_SUCCEEDED,
		ValueMsat:       value, FeeMsat: fee,
		Htlcs: []*paymentrpc.HTLCAttempt{{
			Status:        paymentrpc.HTLCAttempt_SUCCEEDED,
			AttemptTimeNs: created.UnixNano(),
			ResolveTimeNs: created.Add(3 * time.Second).UnixNano(),
			Route: &paymentrpc.Route{Hops: []*paymentrpc.Hop{
				{PubKey: carol, ChanId: 1},
				{PubKey: dave, ChanId: 2},
			}},
		}},
	}
}

// fail lets a payment fail at a place of its way.
func fail(p *paymentrpc.Payment, reason paymentrpc.PaymentFailureReason,
	code paymentrpc.Failure_FailureCode, source uint32) *paymentrpc.Payment {

	p.Status, p.FailureReason = paymentrpc.Payment_FAILED, reason
	p.FeeMsat, p.PaymentPreimage = 0, ""
	p.Htlcs[0].Status = paymentrpc.HTLCAttempt_FAILED
	p.Htlcs[0].Failure = &paymentrpc.Failure{
		Code: code, FailureSourceIndex: source,
	}

	return p
}

// newSink returns the URL of a sink with payments.
func newSink(t *testing.T, payments ...*paymentrpc.Payment) string {
	t.Helper()

	ctx, url := context.Background(), "sqlite:"+filepath.Join(
		t.TempDir(), "sink.db",
	)
	s, err := sink.Open(ctx, url, ours)
	require.NoError(t, err)
	var outcomes []*watcher.Outcome
	for _, p := range payments {
		outcomes = append(outcomes, watcher.OutcomeOf(p))
	}
	require.NoError(t, s.Deliver(ctx, outcomes, watcher.Position{Next: 1}))
	require.NoError(t, s.Close())

	return url
}

// read returns the report of a sink with payments.
func read(t *testing.T, payments ...*paymentrpc.Payment) *Report {
	t.Helper()

	r, err := Read(context.Background(), newSink(t, payments...),
		"", sink.Period{})
	require.NoError(t, err)

	return r
}

// many returns the payments of some weeks, of all sizes and ends.
func many() []*paymentrpc.Payment {
	var payments []*paymentrpc.Payment
	for i := range 400 {
		p := pay(time.Duration(i)*97*time.Minute,
			int64(i*i*i+1)*17, int64(i*i%900))
		p.Htlcs[0].AttemptId = uint64(i)
		p.Htlcs[0].ResolveTimeNs = p.CreationTimeNs +
			int64(i%40)*int64(time.Second)*int64(i%7)/3
		switch {
		case i%11 == 3:
			fail(p, timeout, paymentrpc.
				Failure_TEMPORARY_CHANNEL_FAILURE, 1)

		case i%17 == 5:
			fail(p, details, paymentrpc.
				Failure_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS,
				2)

		case i%29 == 7:
			fail(p, noRoute, paymentrpc.Failure_UNKNOWN_NEXT_PEER, 0)
		}
		payments = append(payments, p)
	}

	return payments
}
