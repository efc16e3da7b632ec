//go:build tower && patched && paymentsdb

package oncetower

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
	paymentsdb "github.com/lightningnetwork/lnd/payments/db"
)

// This file makes the calls of lnd versions that keep payments in a package of
// their own; calls_channeldb_test.go has the same for those before.

// reasons maps the ranks to lnd's failure reasons. The first one is none.
var reasons = []failureReason{
	255,
	paymentsdb.FailureReasonError,
	paymentsdb.FailureReasonCanceled,
	paymentsdb.FailureReasonTimeout,
	paymentsdb.FailureReasonNoRoute,
	paymentsdb.FailureReasonInsufficientBalance,
	paymentsdb.FailureReasonPaymentDetails,
}

// make makes a change to the payment of a hash in lnd.
func (c change) make(p *payments, hash lntypes.Hash) error {
	switch c.action {
	case initiate:
		return p.InitPayment(ctxb, hash, c.creation(hash))

	case initiateWith:
		return p.InitPaymentWithAttempt(
			ctxb, hash, c.creation(hash), c.attempt(hash),
		)

	case register:
		return p.RegisterAttempt(ctxb, hash, c.attempt(hash))

	case settle:
		attempt, err := p.SettleAttempt(
			ctxb, hash, c.shard.id, &paymentsdb.HTLCSettleInfo{
				Preimage:   lntypes.Preimage(hash),
				SettleTime: time.Now(),
			},
		)

		return c.returned(attempt, err)

	case fail:
		attempt, err := p.FailAttempt(
			ctxb, hash, c.shard.id, c.failure(),
		)

		return c.returned(attempt, err)

	case failBecause:
		attempt, err := p.FailAttemptWithReason(
			ctxb, hash, c.shard.id, c.failure(),
			reasons[c.reason], c.deleteFailed,
		)

		return c.returned(attempt, err)

	case giveUp:
		return p.FailPayment(ctxb, hash, reasons[c.reason])

	case removeFailed:
		return p.DeleteFailedAttempts(ctxb, hash)
	}

	// That is what the RPC server does.
	if err := p.db.DeletePayment(ctxb, hash, false); err != nil {
		return err
	}

	return p.ForgetDeletedPayments(ctxb)
}

// returned returns the error of a change, or one that says that it has not
// returned the attempt that it has changed.
func (c change) returned(attempt *paymentsdb.HTLCAttempt, err error) error {
	switch {
	case err != nil:
		return err

	case attempt.AttemptID != c.shard.id,
		(attempt.Settle != nil) != (c.action == settle),
		(attempt.Failure != nil) == (c.action == settle):

		return fmt.Errorf("unexpected attempt %v", attempt)
	}

	return nil
}

// creation describes a payment that is initiated.
func (c change) creation(hash lntypes.Hash) *paymentsdb.PaymentCreationInfo {
	return &paymentsdb.PaymentCreationInfo{
		PaymentIdentifier: hash,
		Value:             amount,
		CreationTime:      time.UnixMilli(c.created),
	}
}

// failure describes why a shard has failed.
func (c change) failure() *paymentsdb.HTLCFailInfo {
	return &paymentsdb.HTLCFailInfo{
		FailTime:           time.Now(),
		Reason:             paymentsdb.HTLCFailMessage,
		Message:            &lnwire.FailTemporaryNodeFailure{},
		FailureSourceIndex: 1,
	}
}

// attempt describes the shard.
func (c change) attempt(hash lntypes.Hash) *paymentsdb.HTLCAttemptInfo {
	attempt, err := paymentsdb.NewHtlcAttempt(
		c.shard.id, c.sessionKey(), *c.route(hash),
		time.UnixMilli(c.created), c.htlcHash(hash),
	)
	if err != nil {
		// The onion of our own route cannot fail.
		panic(err)
	}

	return &attempt.HTLCAttemptInfo
}

// fetch returns the payment of a hash, nil if there is none.
func fetch(p *payments, hash lntypes.Hash) (*storedPayment, error) {
	payment, err := p.FetchPayment(ctxb, hash)
	if errors.Is(err, paymentsdb.ErrPaymentNotInitiated) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}

	return payment.(*storedPayment), nil
}

// fetchLive returns all payments that have not ended. The router does so when
// it starts.
func fetchLive(p *payments) ([]*storedPayment, error) {
	return p.FetchInFlightPayments(ctxb)
}

// list returns all payments, in the order of their creation.
func list(p *payments) ([]*storedPayment, error) {
	response, err := p.db.QueryPayments(ctxb, paymentsdb.Query{
		MaxPayments: math.MaxUint64, IncludeIncomplete: true,
	})

	return response.Payments, err
}
