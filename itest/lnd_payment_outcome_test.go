//go:build integration

// Package itest runs the scenarios in which lnd used to decide, store or
// announce the outcome of a payment more than once, on real nodes, and has
// every update and every stored row judged by the checker of paymentwatch.
//
// The same tests run against a patched and against a stock lnd. On stock they
// are a control: they must find exactly the broken guarantees that the table
// below lists, so a checker that has gone blind fails the run.
package itest

import (
	"time"

	"github.com/lightningnetwork/lnd/chainreg"
	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/invoicesrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/lightningnetwork/lnd/lntest"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"
)

const (
	// outcomeAmt is the amount in satoshis that a scenario pays.
	outcomeAmt = 10_000

	// outcomePayTimeout is the payment timeout in the scenarios whose HTLC
	// outlives it.
	outcomePayTimeout = 2 * time.Second

	// outcomeIncorrectDetails is the recipient's own verdict.
	outcomeIncorrectDetails = lnrpc.PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS //nolint:ll
)

// outcomeScenario is one payment whose outcome stock lnd gets wrong in at
// least one of the bases.
type outcomeScenario struct {
	// pay makes the payment and returns its hash once the sender has got
	// an answer.
	pay func(*outcomeRun) lntypes.Hash

	// status and reason are the outcome that the contract demands.
	status lnrpc.Payment_PaymentStatus
	reason lnrpc.PaymentFailureReason

	// stock has what stock breaks, by base. Patched breaks nothing.
	stock map[string]outcomeBroken
}

// outcomeBroken has the names of the guarantees that a client finds broken, in
// alphabetical order.
type outcomeBroken struct {
	// ends is what a client of terminal updates alone finds.
	ends string

	// all is what a client of all updates finds.
	all string
}

// The table of expectations.
var (
	outcomeRouteRejected = outcomeScenario{
		pay:    payRejectedRoute,
		status: lnrpc.Payment_FAILED,
		reason: outcomeIncorrectDetails,
		stock: map[string]outcomeBroken{
			"v0.18.5-beta": {
				ends: "Final Once Specific",
				all:  "Final Once Reason Specific",
			},
			"v0.21.2-beta": {
				ends: "",
				all:  "Reason",
			},
		},
	}

	outcomeLateFail = outcomeScenario{
		pay:    payLateFail,
		status: lnrpc.Payment_FAILED,
		reason: outcomeIncorrectDetails,
		stock: map[string]outcomeBroken{
			"v0.18.5-beta": {
				ends: "Final Once Specific",
				all:  "Final Once Reason Specific",
			},
			"v0.21.2-beta": {
				ends: "Final Once Specific",
				all:  "Final Once Reason Specific",
			},
		},
	}

	outcomeLateSettle = outcomeScenario{
		pay:    payLateSettle,
		status: lnrpc.Payment_SUCCEEDED,
		reason: lnrpc.PaymentFailureReason_FAILURE_REASON_NONE,
		stock: map[string]outcomeBroken{
			"v0.18.5-beta": {
				ends: "Final Once Reason",
				all:  "Final Once Reason",
			},
			"v0.21.2-beta": {
				ends: "Final Once Reason",
				all:  "Final Once Reason",
			},
		},
	}
)

// paymentOutcomeTestCases are the scenarios as lnd's list of integration tests
// takes them.
var paymentOutcomeTestCases = []*lntest.TestCase{
	{
		Name:     "payment outcome S1 route rejected",
		TestFunc: testPaymentOutcomeRouteRejected,
	},
	{
		Name:     "payment outcome S2 late fail",
		TestFunc: testPaymentOutcomeLateFail,
	},
	{
		Name:     "payment outcome S3 late settle",
		TestFunc: testPaymentOutcomeLateSettle,
	},
}

// testPaymentOutcomeRouteRejected checks the outcome of a payment by
// SendToRoute that the recipient rejects.
func testPaymentOutcomeRouteRejected(ht *lntest.HarnessTest) {
	runOutcomeScenario(ht, &outcomeRouteRejected)
}

// testPaymentOutcomeLateFail checks the outcome of a payment whose HTLC is
// still in flight when the payment times out, and then fails.
func testPaymentOutcomeLateFail(ht *lntest.HarnessTest) {
	runOutcomeScenario(ht, &outcomeLateFail)
}

// testPaymentOutcomeLateSettle checks the outcome of a payment whose HTLC is
// still in flight when the payment times out, and then settles.
func testPaymentOutcomeLateSettle(ht *lntest.HarnessTest) {
	runOutcomeScenario(ht, &outcomeLateSettle)
}

// payRejectedRoute sends a payment over a route of the caller's own making
// whose payment address the recipient does not know.
func payRejectedRoute(r *outcomeRun) lntypes.Hash {
	invoice := r.recipient.RPC.AddInvoice(&lnrpc.Invoice{Value: outcomeAmt})

	rt := r.sender.RPC.BuildRoute(&routerrpc.BuildRouteRequest{
		AmtMsat:        outcomeAmt * 1000,
		FinalCltvDelta: chainreg.DefaultBitcoinTimeLockDelta,
		HopPubkeys:     [][]byte{r.recipient.PubKey[:]},
	}).Route
	rt.Hops[0].MppRecord = &lnrpc.MPPRecord{
		PaymentAddr:  r.Random32Bytes(),
		TotalAmtMsat: outcomeAmt * 1000,
	}

	attempt := r.sender.RPC.SendToRouteV2(&routerrpc.SendToRouteRequest{
		PaymentHash: invoice.RHash,
		Route:       rt,
	})
	require.Equal(r, lnrpc.HTLCAttempt_FAILED, attempt.Status,
		"the recipient took a payment address it does not know")

	return lntypes.Hash(invoice.RHash)
}

// payLateFail pays a hold invoice that is cancelled after the payment has
// timed out.
func payLateFail(r *outcomeRun) lntypes.Hash {
	return payHoldInvoice(r, func(preimage lntypes.Preimage) {
		hash := preimage.Hash()
		r.recipient.RPC.CancelInvoice(hash[:])
	})
}

// payLateSettle pays a hold invoice that is settled after the payment has
// timed out.
func payLateSettle(r *outcomeRun) lntypes.Hash {
	return payHoldInvoice(r, func(preimage lntypes.Preimage) {
		r.recipient.RPC.SettleInvoice(preimage[:])
	})
}

// payHoldInvoice pays a hold invoice with a short payment timeout and calls
// resolve when the recipient has held the HTLC past that timeout.
func payHoldInvoice(r *outcomeRun,
	resolve func(lntypes.Preimage)) lntypes.Hash {

	preimage := r.RandomPreimage()
	hash := preimage.Hash()

	invoice := r.recipient.RPC.AddHoldInvoice(
		&invoicesrpc.AddHoldInvoiceRequest{
			Value: outcomeAmt,
			Hash:  hash[:],
		},
	)
	held := r.recipient.RPC.SubscribeSingleInvoice(hash[:])

	stream := r.sendPayment(invoice.PaymentRequest, outcomePayTimeout)

	// The timeout began before the HTLC left, so that it is over a second
	// or more before the HTLC is resolved. Nothing tells a client when a
	// timeout passes: to wait it out is the scenario itself.
	r.AssertInvoiceState(held, lnrpc.Invoice_ACCEPTED)
	time.Sleep(outcomePayTimeout + time.Second)
	resolve(preimage)

	r.receiveToEnd(stream)

	return hash
}
