//go:build integration

package itest

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

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

	// outcomeMaxPayments is more than any test case makes.
	outcomeMaxPayments = 1000
)

// outcomeRun is one run of a test case.
type outcomeRun struct {
	*lntest.HarnessTest

	// ctx ends what the run waits for when it takes too long.
	ctx context.Context //nolint:containedctx

	// middle is on the way from the sender to the recipient, or nil if they
	// have a channel with each other.
	sender, middle, recipient *node.HarnessNode

	// hops has the keys of the nodes that a route from the sender to the
	// recipient passes.
	hops [][]byte

	// views are the clients that watch the sender.
	views []*outcomeView
}

// outcomeStream is a stream of payment updates: TrackPayments, TrackPaymentV2
// or SendPaymentV2.
type outcomeStream interface {
	Recv() (*lnrpc.Payment, error)
}

// newOutcomeRun starts the nodes of a test case. The run must be closed.
func newOutcomeRun(ht *lntest.HarnessTest,
	open func(*outcomeRun)) (*outcomeRun, context.CancelFunc) {

	ctx, cancel := context.WithTimeout(ht.Context(), 10*defaultTimeout)
	r := &outcomeRun{HarnessTest: ht, ctx: ctx}
	open(r)

	return r, cancel
}

// outcomeCase is what a scenario has made.
type outcomeCase struct {
	*outcomeScenario

	// reasons has the failure reasons of all tries on the lnd under test.
	reasons []lnrpc.PaymentFailureReason

	hash  lntypes.Hash
	views []*outcomeView
}

// runOutcomeScenarios runs scenarios one after the other on the nodes that open
// starts, and requires of each the outcome of the contract of a patched sender,
// and exactly the known violations of a stock one.
func runOutcomeScenarios(ht *lntest.HarnessTest, open func(*outcomeRun),
	scenarios ...*outcomeScenario) {

	r, done := newOutcomeRun(ht, open)
	defer done()

	cases := make([]*outcomeCase, len(scenarios))
	for i, s := range scenarios {
		cases[i] = r.runScenario(s)
	}

	// What the node holds must be what it announced, before and after a
	// restart.
	r.RestartNode(r.sender)
	for _, c := range cases {
		r.judgeStored(c, "stored, after a restart")
	}
	for _, c := range cases {
		r.requireBroken(c.name, c.views, c.stock)
	}
}

// runScenario runs one scenario up to what the node holds after it.
func (r *outcomeRun) runScenario(s *outcomeScenario) *outcomeCase {
	r.Logf("scenario: %s", s.name)

	// Both clients watch from before the payment until after the last
	// update that could come of it.
	r.watch()
	c := &outcomeCase{
		outcomeScenario: s,
		reasons: slices.Concat(
			s.first[r.base()], s.reasons,
		),
		hash:  s.pay(r),
		views: r.views,
	}
	last := r.payLast()
	for _, view := range c.views {
		view.receiveToEndOf(last)
		view.judgeUpdates(c)
	}
	r.judgeStored(c, "stored")

	return c
}

// watch has a client of terminal updates alone and one of all updates watch the
// sender, in place of those that did before.
func (r *outcomeRun) watch() {
	r.views = []*outcomeView{
		watchOutcomes(r, "terminal updates", true),
		watchOutcomes(r, "all updates", false),
	}
}

// requireBroken requires that the clients have found exactly the violations
// that the lnd under test is known for.
func (r *outcomeRun) requireBroken(name string, views []*outcomeView,
	stock outcomeStock) {

	for _, view := range views {
		view.report(name)
	}

	known := r.knownViolations(stock)
	for _, view := range views {
		want := known.all
		if view.noInflight {
			want = known.ends
		}
		found := view.broken()
		if known.race != "" && found != want {
			want = known.race
		}
		require.Equal(r, want, found, "%s: broken guarantees as seen "+
			"by a client of %s", name, view.name)
	}
}

// base returns the version that the lnd under test is made from.
func (r *outcomeRun) base() string {
	version := r.sender.RPC.GetInfo().Version

	return "v" + strings.Fields(version)[0]
}

// knownViolations returns the guarantees that the lnd under test is known to
// break. It fails the test if it cannot tell which lnd that is.
func (r *outcomeRun) knownViolations(stock outcomeStock) outcomeBroken {
	binary, base := os.Getenv(outcomeBinaryEnv), r.base()
	r.Logf("lnd under test: %s, version %s", binary,
		r.sender.RPC.GetInfo().Version)

	switch binary {
	case "patched":
		return outcomeBroken{}

	case "stock":
		known, ok := stock[base]
		require.Truef(r, ok, "no table of what stock %s breaks, add "+
			"its column to the scenarios", base)

		return known
	}

	require.Failf(r, "unknown lnd", "set %s to patched or stock, so that "+
		"the test knows what to expect: it is %q", outcomeBinaryEnv,
		binary)

	return outcomeBroken{}
}

// payLast makes one more payment, which succeeds, and returns its hash. The
// streams are ordered and a payment takes several commits: a late update of the
// payment before, which is one commit away at most, comes before the end of
// this one.
func (r *outcomeRun) payLast() lntypes.Hash {
	// A node that was blamed for a failure would not be paid.
	r.sender.RPC.ResetMissionControl()

	invoice := r.addInvoice(outcomeAmt)
	require.Equal(r, lnrpc.Payment_SUCCEEDED, r.payInvoice(invoice).Status,
		"the payment after")

	return lntypes.Hash(invoice.RHash)
}

// trackToEnd follows a payment to its end and returns its updates.
func (r *outcomeRun) trackToEnd(hash lntypes.Hash) []*lnrpc.Payment {
	stream, err := r.sender.RPC.Router.TrackPaymentV2(
		r.ctx, &routerrpc.TrackPaymentRequest{PaymentHash: hash[:]},
	)
	require.NoError(r, err, "TrackPaymentV2")

	return r.receiveToEnd(stream)
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
func (r *outcomeRun) judgeStored(c *outcomeCase, when string) {
	payments := r.listPayments()
	i := slices.IndexFunc(payments, func(p *lnrpc.Payment) bool {
		return p.PaymentHash == c.hash.String()
	})
	require.NotEqual(r, -1, i, "payment %v is not listed, %s", c.hash, when)
	r.judgeRow(c, "ListPayments, "+when, payments[i])

	// The stream of a payment that has been left behind does not end.
	if !outcomeDecided(payments[i]) {
		return
	}
	tracked := r.trackToEnd(c.hash)
	require.Len(r, tracked, 1, "TrackPaymentV2 of an ended payment")
	r.judgeRow(c, "TrackPaymentV2, "+when, tracked[0])
}

// judgeRow has every view compare a row that was read from the sender with what
// was announced.
func (r *outcomeRun) judgeRow(c *outcomeCase, source string,
	row *lnrpc.Payment) {

	r.Logf("%s: %s", source, describeOutcome(row))
	for _, view := range c.views {
		view.judgeRow(c, source, row)
	}
}

// listPayments returns all payments that the sender holds. Unless it is told
// how many, it may return fewer.
func (r *outcomeRun) listPayments() []*lnrpc.Payment {
	return r.sender.RPC.ListPayments(&lnrpc.ListPaymentsRequest{
		IncludeIncomplete: true,
		MaxPayments:       outcomeMaxPayments,
	}).Payments
}
