//go:build integration

package itest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"

	"lnd-once/lnrpc/paymentwatch"
)

// outcomeView is what one client learns about the sender's payments, from its
// stream and from what it reads afterwards.
type outcomeView struct {
	*outcomeRun

	name    string
	stream  outcomeStream
	checker *paymentwatch.Checker

	// found has the violations, as they were found.
	found []error
}

// watchOutcomes opens a TrackPayments stream of the sender.
func watchOutcomes(r *outcomeRun, name string, noInflight bool) *outcomeView {
	stream, err := r.sender.RPC.Router.TrackPayments(
		r.ctx, &routerrpc.TrackPaymentsRequest{
			NoInflightUpdates: noInflight,
		},
	)
	require.NoError(r, err, "TrackPayments, %s", name)

	return &outcomeView{
		outcomeRun: r,
		name:       name,
		stream:     stream,
		checker:    paymentwatch.NewChecker(),
	}
}

// judgeUpdates receives the updates up to the end of the last payment and has
// them checked. At least one of them must end the payment with the hash.
func (v *outcomeView) judgeUpdates(s *outcomeScenario, hash,
	last lntypes.Hash) {

	var ends int
	for {
		p, err := v.stream.Recv()
		require.NoError(v, err, v.name)
		v.keep("update", v.checker.Update(p))

		switch {
		case p.PaymentHash == hash.String():
			v.Logf("%s: %s", v.name, describeOutcome(p))

			if outcomeDecided(p) {
				ends++
				v.judgeOutcome(s, "update", p)
			}

		case p.PaymentHash == last.String() && outcomeDecided(p):
			require.NotZero(v, ends, "%s: no terminal update",
				v.name)

			return
		}
	}
}

// judgeRow has a row that was read from the sender compared with the updates.
func (v *outcomeView) judgeRow(s *outcomeScenario, source string,
	row *lnrpc.Payment) {

	v.keep(source, v.checker.Stored(row))
	v.judgeOutcome(s, source, row)
}

// judgeOutcome checks an ended payment against the outcome of the contract.
func (v *outcomeView) judgeOutcome(s *outcomeScenario, source string,
	p *lnrpc.Payment) {

	require.Equal(v, s.status, p.Status, "%s: status", source)
	v.keep(source, paymentwatch.CheckSpecific(p, s.reason))
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
	var names []string
	for _, g := range paymentwatch.Broken(errors.Join(v.found...)) {
		names = append(names, string(g))
	}

	return strings.Join(names, " ")
}

// report logs what was found.
func (v *outcomeView) report() {
	for _, err := range v.found {
		v.Logf("%s: violation: %v", v.name, err)
	}
	v.Logf("%s: broken guarantees: [%s]", v.name, v.broken())
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
		paymentwatch.ReasonName(p.FailureReason), attempts)
}
