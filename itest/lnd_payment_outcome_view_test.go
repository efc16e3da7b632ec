//go:build integration

package itest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"

	"lnd-once/lnrpc/paymentcontract"
)

// outcomeView is what one client learns about the sender's payments, from its
// stream and from what it reads afterwards.
type outcomeView struct {
	*outcomeRun

	name       string
	noInflight bool
	stream     outcomeStream
	checker    *paymentcontract.Checker

	// updates has what was received, in its order.
	updates []*lnrpc.Payment

	// ended is the number of tries of the scenario's payment that have had
	// a terminal update.
	ended int

	// leftBehind is true if the node has been found to hold the payment
	// with no HTLC in flight and without an end.
	leftBehind bool

	// found has the violations, as they were found.
	found []error
}

// watchOutcomes opens a TrackPayments stream of the sender.
func watchOutcomes(r *outcomeRun, name string, noInflight bool) *outcomeView {
	v := newOutcomeView(r, name, noInflight)
	v.subscribe()

	return v
}

// newOutcomeView returns a client that has not subscribed yet.
func newOutcomeView(r *outcomeRun, name string, noInflight bool) *outcomeView {
	return &outcomeView{
		outcomeRun: r,
		name:       name,
		noInflight: noInflight,
		checker:    paymentcontract.NewChecker(),
	}
}

// subscribe opens the stream, and opens it again after the node has been away.
func (v *outcomeView) subscribe() {
	require.NoError(v, v.trySubscribe(v.ctx), v.name)
}

// trySubscribe opens the stream, which ends with the context.
func (v *outcomeView) trySubscribe(ctx context.Context) error {
	var err error
	v.stream, err = v.sender.RPC.Router.TrackPayments(
		ctx, &routerrpc.TrackPaymentsRequest{
			NoInflightUpdates: v.noInflight,
		},
	)

	return err
}

// receive takes one update from the stream and has it checked.
func (v *outcomeView) receive() (*lnrpc.Payment, error) {
	p, err := v.stream.Recv()
	if err != nil {
		return nil, err
	}
	v.updates = append(v.updates, p)
	v.keep("update", v.checker.Update(p))

	return p, nil
}

// receiveToEndOf takes updates up to the end of a payment.
func (v *outcomeView) receiveToEndOf(hash lntypes.Hash) {
	for {
		p, err := v.receive()
		require.NoError(v, err, v.name)

		if p.PaymentHash == hash.String() && outcomeDecided(p) {
			return
		}
	}
}

// receiveRest takes what is left in a stream whose node is gone.
func (v *outcomeView) receiveRest() {
	var err error
	for err == nil {
		_, err = v.receive()
	}
}

// judgeUpdates judges the updates of the scenario's payment.
func (v *outcomeView) judgeUpdates(c *outcomeCase) {
	var (
		created int64
		try     = -1
		ended   = make(map[int]bool)
	)
	for _, p := range v.updates {
		if p.PaymentHash != c.hash.String() {
			continue
		}
		v.Logf("%s: %s", v.name, describeOutcome(p))

		if p.CreationTimeNs > created {
			created = p.CreationTimeNs
			try++
			require.Less(v, try, len(c.reasons), "%s: one try "+
				"more than there were", v.name)
		}
		if outcomeDecided(p) {
			ended[try] = true
			v.judgeOutcome("update", p, c.reasons[try])
		}
	}
	v.ended = len(ended)
}

// judgeRow has a row that was read from the sender compared with the updates.
// A payment that the node has left behind has no outcome to judge, whatever a
// restart makes of it.
func (v *outcomeView) judgeRow(c *outcomeCase, source string,
	row *lnrpc.Payment) {

	v.keep(source, v.checker.Stored(row))

	if err := paymentcontract.CheckEnds(row); err != nil {
		v.keep(source, err)
		v.leftBehind = true
	}
	if v.leftBehind {
		return
	}

	require.Equal(v, len(c.reasons), v.ended, "%s: tries with a terminal "+
		"update", v.name)
	v.judgeOutcome(source, row, c.reasons[len(c.reasons)-1])
}

// judgeOutcome checks an ended payment against the outcome of the contract.
func (v *outcomeView) judgeOutcome(source string, p *lnrpc.Payment,
	reason lnrpc.PaymentFailureReason) {

	require.Equal(v, reason == outcomeNoReason,
		p.Status == lnrpc.Payment_SUCCEEDED, "%s: %s", source,
		describeOutcome(p))
	v.keep(source, paymentcontract.CheckSpecific(p, reason))
}

// keep keeps a violation, if there is one, for the judgement at the end.
func (v *outcomeView) keep(source string, err error) {
	if err != nil {
		v.found = append(v.found, fmt.Errorf("%s: %w", source, err))
	}
}

// broken returns the names of the guarantees that were found broken, in
// alphabetical order.
func (v *outcomeView) broken() string {
	return outcomeBrokenIn(v.found)
}

// report logs what was found in a scenario.
func (v *outcomeView) report(name string) {
	for _, err := range v.found {
		v.Logf("%s: violation: %v", v.name, err)
	}
	v.Logf("%s: %s: broken guarantees: [%s]", v.name, name, v.broken())
}

// outcomeBrokenIn returns the names of the guarantees that violations break, in
// alphabetical order.
func outcomeBrokenIn(found []error) string {
	var names []string
	for _, g := range paymentcontract.Broken(errors.Join(found...)) {
		names = append(names, string(g))
	}

	return strings.Join(names, " ")
}

// outcomeDecided returns whether a payment has reached its end.
func outcomeDecided(p *lnrpc.Payment) bool {
	return p.Status == lnrpc.Payment_SUCCEEDED ||
		p.Status == lnrpc.Payment_FAILED
}

// describeOutcome returns in one line what an update says.
func describeOutcome(p *lnrpc.Payment) string {
	attempts := make([]string, 0, len(p.Htlcs))
	for _, htlc := range p.Htlcs {
		attempts = append(attempts, htlc.Status.String())
	}

	return fmt.Sprintf("%v %s attempts=%v", p.Status,
		paymentcontract.ReasonName(p.FailureReason), attempts)
}
