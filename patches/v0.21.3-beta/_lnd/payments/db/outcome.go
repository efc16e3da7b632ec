package paymentsdb

import (
	"context"
	"database/sql"

	"github.com/lightningnetwork/lnd/kvdb"
	"lnd-once/channeldb/outcome"
	"github.com/lightningnetwork/lnd/sqldb"
	"github.com/lightningnetwork/lnd/sqldb/sqlc"
)

// outcomeState returns what the outcome rules need to know of the payment.
func (m *MPPayment) outcomeState() outcome.State {
	return outcome.State{
		InFlight: m.State.NumAttemptsInFlight > 0,
		Settled:  m.State.HasSettledHTLC,
		Reason:   (*outcome.Reason)(m.FailureReason),
	}
}

// acceptsReason returns whether the proposed failure reason changes anything.
func (m *MPPayment) acceptsReason(reason FailureReason) bool {
	return m.outcomeState().Accepts(outcome.Reason(reason))
}

// proposeReason stores the failure reason in the payment's bucket if the
// outcome rules accept it.
func proposeReason(bucket kvdb.RwBucket, payment *MPPayment,
	reason FailureReason) error {

	if !payment.acceptsReason(reason) {
		return nil
	}

	return bucket.Put(paymentFailInfoKey, []byte{byte(reason)})
}

// eraseReason removes a failure reason that was stored before the payment
// turned out to succeed.
func eraseReason(bucket kvdb.RwBucket, payment *MPPayment) error {
	if !payment.outcomeState().Erases() {
		return nil
	}

	payment.FailureReason = nil
	payment.State.PaymentFailed = false

	return bucket.Delete(paymentFailInfoKey)
}

// outcomeStateFromResolutions is outcomeState for what the database holds of a
// payment: the resolutions of its attempts and its failure reason.
func outcomeStateFromResolutions(resolutionTypes []sql.NullInt32,
	failReason sql.NullInt32) outcome.State {

	var state outcome.State
	for _, resolutionType := range resolutionTypes {
		switch {
		case !resolutionType.Valid:
			state.InFlight = true

		case HTLCAttemptResolutionType(resolutionType.Int32) ==
			HTLCAttemptResolutionSettled:

			state.Settled = true
		}
	}

	if failReason.Valid {
		reason := outcome.Reason(failReason.Int32)
		state.Reason = &reason
	}

	return state
}

// proposeReason stores the failure reason if the outcome rules accept it. It
// returns the payment's row as it is then.
func (s *SQLStore) proposeReason(ctx context.Context, db SQLQueries,
	dbPayment sqlc.FetchPaymentRow, reason FailureReason) (
	sqlc.FetchPaymentRow, error) {

	resolutionTypes, err := loadPaymentResolutions(
		ctx, s.cfg.QueryCfg, db, dbPayment.Payment.ID,
	)
	if err != nil {
		return dbPayment, err
	}

	state := outcomeStateFromResolutions(
		resolutionTypes, dbPayment.Payment.FailReason,
	)
	if !state.Accepts(outcome.Reason(reason)) {
		return dbPayment, nil
	}

	dbPayment.Payment.FailReason = sqldb.SQLInt32(reason)
	_, err = db.FailPayment(ctx, sqlc.FailPaymentParams{
		PaymentIdentifier: dbPayment.Payment.PaymentIdentifier,
		FailReason:        dbPayment.Payment.FailReason,
	})

	return dbPayment, err
}

// eraseReason removes a failure reason that was stored before the payment
// turned out to succeed.
func (s *SQLStore) eraseReason(ctx context.Context, db SQLQueries,
	payment *MPPayment) error {

	if !payment.outcomeState().Erases() {
		return nil
	}

	payment.FailureReason = nil
	payment.State.PaymentFailed = false
	_, err := db.FailPayment(ctx, sqlc.FailPaymentParams{
		PaymentIdentifier: payment.Info.PaymentIdentifier[:],
		FailReason:        sql.NullInt32{},
	})

	return err
}
