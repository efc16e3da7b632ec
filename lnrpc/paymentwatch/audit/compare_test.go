package audit

import (
	"strings"
	"testing"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// change returns a payment that was changed.
func change(p *paymentrpc.Payment, change func(*paymentrpc.Payment)) *paymentrpc.Payment {
	change(p)

	return p
}

// TestCompare audits a single payment that the sink was told of, and that the
// node has stored perhaps otherwise.
func TestCompare(t *testing.T) {
	t.Parallel()

	for name, tc := range map[string]struct {
		told, stored *paymentrpc.Payment
		kind         Kind
		detail       string
	}{
		"succeeded": {
			told:   pay(1, succeeded, noReason),
			stored: pay(1, succeeded, noReason),
		},
		"failed": {
			told: pay(1, failed, noRoute), stored: pay(
				1, failed, noRoute,
			),
		},
		"moved to another database, with another index": {
			told: pay(1, failed, noRoute),
			stored: change(pay(1, failed, noRoute), func(
				p *paymentrpc.Payment) {

				p.PaymentIndex = 2
				p.CreationTimeNs -= 7
				p.Htlcs[0].AttemptTimeNs -= 7
				p.Htlcs[0].ResolveTimeNs -= 7
			}),
		},
		"failed attempts deleted": {
			told: reject(pay(1, failed, details)),
			stored: change(pay(1, failed, details), func(
				p *paymentrpc.Payment) {

				p.Htlcs = nil
			}),
		},
		"another status": {
			told:   pay(1, failed, timeout),
			stored: pay(1, succeeded, noReason), kind: Different,
			detail: "it should be SUCCEEDED; payment_preimage is " +
				"NULL, the node has " +
				strings.Repeat("07", 32) +
				"; attempt 1 is not that of the node",
		},
		"less specific row": {
			told:   pay(1, failed, timeout),
			stored: pay(1, failed, noRoute), kind: Different,
			detail: "it should be FAILED NO_ROUTE",
		},
		"not ended": {
			told: pay(1, failed, timeout), kind: Different,
			stored: change(pay(1, inFlight, noReason), func(
				p *paymentrpc.Payment) {

				p.Htlcs = nil
			}),
			detail: "the node has not ended it",
		},
		"another value": {
			told: pay(1, succeeded, noReason), kind: Different,
			stored: change(pay(1, succeeded, noReason), func(
				p *paymentrpc.Payment) {

				p.ValueMsat, p.FeeMsat = 2, 3
				p.PaymentRequest = ""
				p.PaymentPreimage = strings.Repeat("08", 32)
				p.Htlcs[0].Route.Hops[0].PubKey = "02"
			}),
			detail: "value_msat is 1000, the node has 2; " +
				"fee_msat is 0, the node has 3; " +
				"payment_request is an invoice, the node has " +
				"NULL; payment_preimage is " +
				strings.Repeat("07", 32) + ", the node has " +
				strings.Repeat("08", 32) + "; destination is " +
				peer + ", the node has 02; attempt 1 is not " +
				"that of the node",
		},
		"an attempt more": {
			told: pay(1, succeeded, noReason), kind: Different,
			stored: change(pay(1, succeeded, noReason), func(
				p *paymentrpc.Payment) {

				more := pay(2, failed, timeout)
				p.Htlcs = append(p.Htlcs, more.Htlcs...)
			}),
			detail: "attempt 2 is missing",
		},
		"a reason that was overwritten": {
			told: reject(pay(1, failed, details)),
			stored: change(pay(1, failed, timeout), func(
				p *paymentrpc.Payment) {

				p.Htlcs = nil
			}),
			kind:   LessSpecific,
			detail: "the sink was told INCORRECT_PAYMENT_DETAILS",
		},
		"a reason that the attempts disprove": {
			told:   reject(pay(1, failed, timeout)),
			stored: reject(pay(1, failed, timeout)),
			kind:   LessSpecific, detail: "the attempts prove " +
				"INCORRECT_PAYMENT_DETAILS",
		},
		"a reason for a success": {
			told: pay(1, succeeded, timeout), stored: pay(
				1, succeeded, timeout,
			), kind: Contradictory,
		},
		"no reason for a failure": {
			told: pay(1, failed, noReason), stored: pay(
				1, failed, noReason,
			), kind: Contradictory,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			url, _ := newSink(t, last(1), tc.told)
			r := run(t, url, &fakeNode{
				payments: []*paymentrpc.Payment{tc.stored},
			})
			require.Equal(t, 1, r.Rows)
			require.Equal(t, 1, r.Payments+r.InFlight)
			if tc.kind == "" {
				require.Empty(t, r.Findings)
				require.Equal(t, 1, r.Same)
				require.False(t, r.Differs())

				return
			}
			require.Equal(t, []Kind{tc.kind}, kinds(r))
			require.True(t, r.Differs())
			f := r.Findings[0]
			require.Equal(t, tc.detail, f.Detail)
			require.Equal(t, watcher.RunOf(tc.stored), watcher.Run{
				Hash: f.PaymentHash, Created: f.CreationTimeNs,
				Index: f.PaymentIndex,
			})
			require.Equal(t, describe(
				tc.stored.Status.String(),
				reasonName(tc.stored),
			), f.Node)
			told := watcher.OutcomeOf(tc.told).Payment
			require.Equal(t, describe(
				told.Status.String(), reasonName(told),
			), f.Sink)
		})
	}
}
