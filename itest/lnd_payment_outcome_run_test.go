//go:build integration

package itest

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/btcsuite/btcd/btcutil"
	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/lightningnetwork/lnd/lntest"
	"github.com/lightningnetwork/lnd/lntest/node"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"
)

const (
	// outcomeBinaryEnv is the environment variable that tells whether the
	// lnd under test is patched or stock.
	outcomeBinaryEnv = "LND_ONCE_LND"

	// outcomeChanAmt is the capacity in satoshis of the one channel.
	outcomeChanAmt = btcutil.Amount(300_000)

	// outcomeSettleTimeout is the timeout of a payment that nothing holds
	// up.
	outcomeSettleTimeout = time.Minute
)

// outcomeRun is one run of a scenario.
type outcomeRun struct {
	*lntest.HarnessTest

	// ctx ends what the run waits for when it takes too long.
	ctx context.Context //nolint:containedctx

	sender, recipient *node.HarnessNode
}

// outcomeStream is a stream of payment updates: TrackPayments, TrackPaymentV2
// or SendPaymentV2.
type outcomeStream interface {
	Recv() (*lnrpc.Payment, error)
}

// runOutcomeScenario runs a scenario on two fresh nodes and requires the
// outcome of the contract of a patched sender, and exactly the known
// violations of a stock one.
func runOutcomeScenario(ht *lntest.HarnessTest, s *outcomeScenario) {
	ctx, cancel := context.WithTimeout(ht.Context(), 3*defaultTimeout)
	defer cancel()

	r := &outcomeRun{HarnessTest: ht, ctx: ctx}
	r.openChannel()
	known := r.knownViolations(s)

	// Both clients watch from before the payment until after the last
	// update that could come of it.
	ends := watchOutcomes(r, "terminal updates", true)
	all := watchOutcomes(r, "all updates", false)
	views := []*outcomeView{ends, all}

	hash := s.pay(r)
	last := r.payLast()

	for _, view := range views {
		view.judgeUpdates(s, hash, last)
	}

	// What the node holds must be what it announced, before and after a
	// restart.
	r.judgeStored(s, views, hash, "stored")
	r.RestartNode(r.sender)
	r.judgeStored(s, views, hash, "stored, after a restart")

	ends.report()
	all.report()
	require.Equal(ht, known.ends, ends.broken(), "broken guarantees as "+
		"seen by a client of terminal updates")
	require.Equal(ht, known.all, all.broken(), "broken guarantees as "+
		"seen by a client of all updates")
}

// knownViolations returns the guarantees that the lnd under test is known to
// break in the scenario. It fails the test if it cannot tell which lnd that is.
func (r *outcomeRun) knownViolations(s *outcomeScenario) outcomeBroken {
	version := r.sender.RPC.GetInfo().Version
	base := "v" + strings.Fields(version)[0]

	binary := os.Getenv(outcomeBinaryEnv)
	r.Logf("lnd under test: %s, version %s", binary, version)

	switch binary {
	case "patched":
		return outcomeBroken{}

	case "stock":
		known, ok := s.stock[base]
		require.Truef(r, ok, "no table of what stock %s breaks, add "+
			"its column to the scenarios", base)

		return known
	}

	require.Failf(r, "unknown lnd", "set %s to patched or stock, so that "+
		"the test knows what to expect: it is %q", outcomeBinaryEnv,
		binary)

	return outcomeBroken{}
}

// openChannel starts the two nodes and opens a channel from the sender to the
// recipient. The names differ from those of the standby nodes that older lnd
// harnesses start on their own.
func (r *outcomeRun) openChannel() {
	r.sender = r.NewNode("Sender", nil)
	r.recipient = r.NewNode("Recipient", nil)

	r.FundCoins(btcutil.SatoshiPerBitcoin, r.sender)
	r.ConnectNodes(r.sender, r.recipient)
	r.OpenChannel(r.sender, r.recipient, lntest.OpenChannelParams{
		Amt: outcomeChanAmt,
	})
}

// sendPayment starts to pay an invoice.
func (r *outcomeRun) sendPayment(invoice string,
	timeout time.Duration) outcomeStream {

	return r.sender.RPC.SendPaymentWithContext(
		r.ctx, &routerrpc.SendPaymentRequest{
			PaymentRequest: invoice,
			TimeoutSeconds: int32(timeout.Seconds()),
		},
	)
}

// payLast makes one more payment, which succeeds, and returns its hash. The
// streams are ordered and a payment takes several commits: a late update of the
// payment before, which is one commit away at most, comes before the end of
// this one.
func (r *outcomeRun) payLast() lntypes.Hash {
	invoice := r.recipient.RPC.AddInvoice(&lnrpc.Invoice{Value: outcomeAmt})
	updates := r.receiveToEnd(
		r.sendPayment(invoice.PaymentRequest, outcomeSettleTimeout),
	)
	require.Equal(r, lnrpc.Payment_SUCCEEDED,
		updates[len(updates)-1].Status, "the payment after")

	return lntypes.Hash(invoice.RHash)
}

// receiveToEnd returns the updates of a single payment's stream, which must end
// right after its one terminal update.
func (r *outcomeRun) receiveToEnd(stream outcomeStream) []*lnrpc.Payment {
	var updates []*lnrpc.Payment
	for {
		p, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(r, err, "stream of a single payment")

		updates = append(updates, p)
	}

	require.NotEmpty(r, updates, "stream of a single payment")
	require.Equal(r, len(updates)-1,
		slices.IndexFunc(updates, outcomeDecided),
		"a single payment's stream ends with its terminal update: %v",
		updates)

	return updates
}

// judgeStored reads the payment back from the sender in both ways there are and
// has every view compare it with what was announced.
func (r *outcomeRun) judgeStored(s *outcomeScenario, views []*outcomeView,
	hash lntypes.Hash, when string) {

	resp := r.sender.RPC.ListPayments(&lnrpc.ListPaymentsRequest{
		IncludeIncomplete: true,
	})
	i := slices.IndexFunc(resp.Payments, func(p *lnrpc.Payment) bool {
		return p.PaymentHash == hash.String()
	})
	require.NotEqual(r, -1, i, "payment %v is not listed, %s", hash, when)

	stream, err := r.sender.RPC.Router.TrackPaymentV2(
		r.ctx, &routerrpc.TrackPaymentRequest{PaymentHash: hash[:]},
	)
	require.NoError(r, err, "TrackPaymentV2")
	tracked := r.receiveToEnd(stream)
	require.Len(r, tracked, 1, "TrackPaymentV2 of an ended payment")

	listed := "ListPayments, " + when
	r.Logf("%s: %s", listed, describeOutcome(resp.Payments[i]))

	single := "TrackPaymentV2, " + when
	r.Logf("%s: %s", single, describeOutcome(tracked[0]))

	for _, view := range views {
		view.judgeRow(s, listed, resp.Payments[i])
		view.judgeRow(s, single, tracked[0])
	}
}
