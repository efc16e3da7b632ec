//go:build tower && patched && !paymentsdb

package oncetower

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
)

// This file makes the calls of lnd versions that keep payments in the channel
// database; calls_paymentsdb_test.go has the same for those after.

// reasons maps the ranks to lnd's failure reasons. The first one is none.
var reasons = []failureReason{
	255,
	channeldb.FailureReasonError,
	channeldb.FailureReasonCanceled,
	channeldb.FailureReasonTimeout,
	channeldb.FailureReasonNoRoute,
	channeldb.FailureReasonInsufficientBalance,
	channeldb.FailureReasonPaymentDetails,
}

// make makes a change to the payment of a hash in lnd.
func (c change) make(p *payments, hash lntypes.Hash) error {
	switch c.action {
	case initiate:
		return p.InitPayment(hash, c.creation(hash))

	case initiateWith:
		return p.InitPaymentWithAttempt(
			hash, c.creation(hash), c.attempt(hash),
		)

	case register:
		return p.RegisterAttempt(hash, c.attempt(hash))

	case settle:
		attempt, err := p.SettleAttempt(
			hash, c.shard.id, &channeldb.HTLCSettleInfo{
				Preimage:   lntypes.Preimage(hash),
				SettleTime: time.Now(),
			},
		)

		return c.returned(attempt, err)

	case fail:
		attempt, err := p.FailAttempt(
			hash, c.shard.id, c.failure(),
		)

		return c.returned(attempt, err)

	case failBecause:
		attempt, err := p.FailAttemptWithReason(
			hash, c.shard.id, c.failure(),
			reasons[c.reason], c.deleteFailed,
		)

		return c.returned(attempt, err)

	case giveUp:
		return p.FailPayment(hash, reasons[c.reason])

	case removeFailed:
		return p.DeleteFailedAttempts(hash)
	}

	// That is what the RPC server does.
	if err := p.db.DeletePayment(hash, false); err != nil {
		return err
	}

	return p.ForgetDeletedPayments()
}

// returned returns the error of a change, or one that says that it has not
// returned the attempt that it has changed.
func (c change) returned(attempt *channeldb.HTLCAttempt, err error) error {
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
func (c change) creation(hash lntypes.Hash) *channeldb.PaymentCreationInfo {
	return &channeldb.PaymentCreationInfo{
		PaymentIdentifier: hash,
		Value:             amount,
		CreationTime:      time.UnixMilli(c.created),
	}
}

// failure describes why a shard has failed.
func (c change) failure() *channeldb.HTLCFailInfo {
	return &channeldb.HTLCFailInfo{
		FailTime:           time.Now(),
		Reason:             channeldb.HTLCFailMessage,
		Message:            &lnwire.FailTemporaryNodeFailure{},
		FailureSourceIndex: 1,
	}
}

// attempt describes the shard.
func (c change) attempt(hash lntypes.Hash) *channeldb.HTLCAttemptInfo {
	attempt := channeldb.NewHtlcAttempt(
		c.shard.id, c.sessionKey(), *c.route(hash),
		time.UnixMilli(c.created), c.htlcHash(hash),
	)

	return &attempt.HTLCAttemptInfo
}

// fetch returns the payment of a hash, nil if there is none.
func fetch(p *payments, hash lntypes.Hash) (*storedPayment, error) {
	payment, err := p.FetchPayment(hash)
	if errors.Is(err, channeldb.ErrPaymentNotInitiated) {
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
	return p.FetchInFlightPayments()
}

// list returns all payments, in the order of their creation.
func list(p *payments) ([]*storedPayment, error) {
	response, err := p.db.QueryPayments(channeldb.PaymentsQuery{
		MaxPayments: math.MaxUint64, IncludeIncomplete: true,
	})

	return response.Payments, err
}
