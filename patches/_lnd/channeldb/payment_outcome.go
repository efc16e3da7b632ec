package channeldb

import (
	"lnd-once/channeldb/outcome"
	"github.com/lightningnetwork/lnd/kvdb"
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
