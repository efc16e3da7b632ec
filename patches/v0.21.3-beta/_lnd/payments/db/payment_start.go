package paymentsdb

import (
	"context"
	"fmt"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/sqldb"
)

// InitPaymentWithAttempt does what InitPayment and RegisterAttempt do, in one
// transaction: either the payment exists with its first attempt, or nothing has
// changed and an error is returned. Only an error of the database itself leaves
// it open which of the two is true.
func (p *KVStore) InitPaymentWithAttempt(ctx context.Context,
	paymentHash lntypes.Hash, info *PaymentCreationInfo,
	attempt *HTLCAttemptInfo) (*MPPayment, error) {

	// Further shards of a payment are refused here, without a write
	// transaction.
	earlier, err := p.FetchPayment(ctx, paymentHash)
	if err == nil {
		err := earlier.Status.initializable()
		if err != nil {
			return nil, err
		}
	}

	var payment *MPPayment
	register, err := registerAttempt(paymentHash, attempt, &payment)
	if err != nil {
		return nil, err
	}

	err = p.initPayment(paymentHash, info, register)
	if err != nil {
		return nil, err
	}

	return payment, nil
}

// InitPaymentWithAttempt does what InitPayment and RegisterAttempt do, in one
// transaction: either the payment exists with its first attempt, or nothing has
// changed and an error is returned. Only an error of the database itself leaves
// it open which of the two is true.
//
// This method is part of the PaymentControl interface.
func (s *SQLStore) InitPaymentWithAttempt(ctx context.Context,
	paymentHash lntypes.Hash, info *PaymentCreationInfo,
	attempt *HTLCAttemptInfo) (*MPPayment, error) {

	// A new payment has no attempts that a first one would have to agree
	// with. Not reading it keeps the transaction from conflicting with
	// those of other payments.
	payment := &MPPayment{Info: info}
	if err := payment.SetState(); err != nil {
		return nil, err
	}
	insertAttempt := func(db SQLQueries, paymentID int64) error {
		if err := verifyAttempt(payment, attempt); err != nil {
			return fmt.Errorf("failed to verify attempt: %w", err)
		}
		payment.SequenceNum = uint64(paymentID)

		return s.insertAttempt(
			ctx, db, paymentID, paymentHash, attempt,
		)
	}

	err := s.db.ExecTx(
		ctx, sqldb.WriteTxOpt(),
		s.initPayment(ctx, paymentHash, info, insertAttempt),
		sqldb.NoOpReset,
	)
	if err != nil {
		return nil, fmt.Errorf("failed to initialize payment with "+
			"attempt: %w", err)
	}

	stored, err := s.FetchPayment(ctx, paymentHash)
	if err == nil {
		return stored, nil
	}

	// The caller has to send the attempt, since it is committed: all there
	// is of it is what we have been given.
	log.Errorf("Unable to read payment %v back: %v", paymentHash, err)
	payment.HTLCs = []HTLCAttempt{{HTLCAttemptInfo: *attempt}}

	return payment, payment.SetState()
}
