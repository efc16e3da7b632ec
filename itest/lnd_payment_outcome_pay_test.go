//go:build integration

package itest

import (
	"strings"
	"time"

	"github.com/lightningnetwork/lnd/chainreg"
	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"
)

// outcomePayTimeout is the payment timeout in the scenarios whose HTLC outlives
// it.
const outcomePayTimeout = 2 * time.Second

// payRejectedRoute sends a payment over a route of the caller's own making
// whose payment address the recipient does not know.
func payRejectedRoute(r *outcomeRun) lntypes.Hash {
	invoice := r.addInvoice(outcomeAmt)
	rt := r.buildRoute(r.Random32Bytes(), outcomeAmt)
	r.sendRejected(invoice.RHash, rt)

	return lntypes.Hash(invoice.RHash)
}

// payUnderfunded sends a payment over a route whose HTLC carries less than it
// is to deliver. That is a failure of the route, and not the recipient's own
// verdict.
func payUnderfunded(r *outcomeRun) lntypes.Hash {
	invoice := r.addInvoice(outcomeAmt)
	r.sendRejected(invoice.RHash, r.buildUnderfunded(
		invoice.PaymentAddr, outcomeAmt,
	))

	return lntypes.Hash(invoice.RHash)
}

// payLateFail pays a hold invoice that is cancelled after the payment has
// timed out.
func payLateFail(r *outcomeRun) lntypes.Hash {
	return payLate(r, (*outcomeHold).cancel)
}

// payLateSettle pays a hold invoice that is settled after the payment has
// timed out.
func payLateSettle(r *outcomeRun) lntypes.Hash {
	return payLate(r, (*outcomeHold).settle)
}

// payLate pays a hold invoice with a short payment timeout and calls resolve
// when the recipient has held the HTLC past that timeout.
func payLate(r *outcomeRun, resolve func(*outcomeHold)) lntypes.Hash {
	hold := r.addHoldInvoice()
	stream := r.sendPayment(r.ctx, &routerrpc.SendPaymentRequest{
		PaymentRequest: hold.request,
		TimeoutSeconds: int32(outcomePayTimeout.Seconds()),
	})

	// The timeout began before the HTLC left.
	hold.awaitHTLC()
	time.Sleep(outcomePayTimeout + outcomeNotice)
	resolve(hold)
	r.receiveToEnd(stream)

	return hold.hash
}

// payCancelledHeld pays a hold invoice, has its client cancel the payment, and
// then cancels the invoice.
func payCancelledHeld(r *outcomeRun) lntypes.Hash {
	hold := r.addHoldInvoice()
	r.sendThenCancel(hold.request, hold.awaitHTLC)
	hold.cancel()
	r.trackToEnd(hold.hash)

	return hold.hash
}

// payKilledFail pays a hold invoice, kills the sender, and cancels the invoice
// when the sender is back.
func payKilledFail(r *outcomeRun) lntypes.Hash {
	return payKilled(r, (*outcomeHold).cancel)
}

// payKilledSettle pays a hold invoice, kills the sender, and settles the
// invoice when the sender is back.
func payKilledSettle(r *outcomeRun) lntypes.Hash {
	return payKilled(r, (*outcomeHold).settle)
}

// payKilled pays a hold invoice, kills the sender, and calls resolve when the
// sender is back.
func payKilled(r *outcomeRun, resolve func(*outcomeHold)) lntypes.Hash {
	hold := r.addHoldInvoice()
	r.sendPayment(r.ctx, &routerrpc.SendPaymentRequest{
		PaymentRequest: hold.request,
	})
	hold.awaitHTLC()
	r.killSender()
	resolve(hold)
	r.trackToEnd(hold.hash)

	return hold.hash
}

// payTimeout makes a payment that times out while its one HTLC is held on the
// way, which then fails for a reason that would allow another attempt.
func payTimeout(r *outcomeRun) lntypes.Hash {
	forward := r.interceptForward()
	defer forward.stop()

	invoice := r.addInvoice(outcomeAmt)
	stream := r.sendPayment(r.ctx, &routerrpc.SendPaymentRequest{
		PaymentRequest: invoice.PaymentRequest,
		TimeoutSeconds: int32(outcomePayTimeout.Seconds()),
	})

	forward.awaitHTLC()
	time.Sleep(outcomePayTimeout + outcomeNotice)
	forward.fail()
	r.receiveToEnd(stream)

	return lntypes.Hash(invoice.RHash)
}

// payCancelledForward makes a payment that its client cancels while its one
// HTLC is held on the way, which then fails for a reason that would allow
// another attempt.
func payCancelledForward(r *outcomeRun) lntypes.Hash {
	forward := r.interceptForward()
	defer forward.stop()

	invoice := r.addInvoice(outcomeAmt)
	hash := lntypes.Hash(invoice.RHash)
	r.sendThenCancel(invoice.PaymentRequest, forward.awaitHTLC)
	forward.fail()
	r.trackToEnd(hash)

	return hash
}

// payNoRoute makes a payment that allows no fee where every route takes one.
func payNoRoute(r *outcomeRun) lntypes.Hash {
	invoice := r.addInvoice(outcomeAmt)
	stream := r.sender.RPC.SendPaymentWithContext(
		r.ctx, &routerrpc.SendPaymentRequest{
			PaymentRequest: invoice.PaymentRequest,
			TimeoutSeconds: int32(outcomeSettleTimeout.Seconds()),
		},
	)
	r.receiveToEnd(stream)

	return lntypes.Hash(invoice.RHash)
}

// payCancelledInvoice pays an invoice that the recipient has cancelled.
func payCancelledInvoice(r *outcomeRun) lntypes.Hash {
	invoice := r.addInvoice(outcomeAmt)
	r.recipient.RPC.CancelInvoice(invoice.RHash)
	r.payInvoice(invoice)

	return lntypes.Hash(invoice.RHash)
}

// payTooMuch makes a payment of more than the sender has.
func payTooMuch(r *outcomeRun) lntypes.Hash {
	invoice := r.addInvoice(int64(outcomeChanAmt))
	r.payInvoice(invoice)

	return lntypes.Hash(invoice.RHash)
}

// payRetried tries to pay an invoice to an address that the recipient does not
// know, then over a route that does not carry enough, and at last as it should.
// Each try begins as soon as the client has the outcome of the one before.
func payRetried(r *outcomeRun) lntypes.Hash {
	invoice := r.addInvoice(outcomeAmt)

	r.receiveToEnd(r.sendPayment(r.ctx, &routerrpc.SendPaymentRequest{
		Dest:           r.recipient.PubKey[:],
		Amt:            outcomeAmt,
		PaymentHash:    invoice.RHash,
		PaymentAddr:    r.Random32Bytes(),
		FinalCltvDelta: chainreg.DefaultBitcoinTimeLockDelta,
	}))

	r.sendRejected(invoice.RHash, r.buildUnderfunded(
		invoice.PaymentAddr, outcomeAmt,
	))

	// The sender blames the recipient for the route.
	r.sender.RPC.ResetMissionControl()
	r.payInvoice(invoice)

	return lntypes.Hash(invoice.RHash)
}

// payNoAttempt sends a payment over a route that delivers more than its record
// says the payment is worth, so that no attempt can be registered.
func payNoAttempt(r *outcomeRun) lntypes.Hash {
	invoice := r.addInvoice(outcomeAmt)
	rt := r.buildShard(invoice.PaymentAddr, outcomeAmt, outcomeAmt-1)

	_, err := r.sendThenRetry(invoice, rt)
	require.ErrorContains(r, err, "attempted value exceeds payment amount")

	return lntypes.Hash(invoice.RHash)
}

// payNoOnion sends a payment over a route that no onion can be made for.
func payNoOnion(r *outcomeRun) lntypes.Hash {
	invoice := r.addInvoice(outcomeAmt)

	// There is no point with this x coordinate on the curve.
	rt := r.buildRoute(invoice.PaymentAddr, outcomeAmt)
	rt.Hops[0].PubKey = "02" + strings.Repeat("ff", 32)

	attempt, err := r.sendThenRetry(invoice, rt)
	if err == nil {
		require.Equal(r, lnrpc.HTLCAttempt_FAILED, attempt.Status,
			"a route with a key that is none")
	}

	return lntypes.Hash(invoice.RHash)
}
