package channeldb

import "github.com/lightningnetwork/lnd/lntypes"

// InitPaymentWithAttempt does what InitPayment and RegisterAttempt do, in one
// transaction: either the payment exists with its first attempt, or nothing has
// changed and an error is returned. Only an error of the database itself leaves
// it open which of the two is true.
func (p *PaymentControl) InitPaymentWithAttempt(paymentHash lntypes.Hash,
	info *PaymentCreationInfo, attempt *HTLCAttemptInfo) (*MPPayment,
	error) {

	// Further shards of a payment are refused here, without a write
	// transaction.
	earlier, err := p.FetchPayment(paymentHash)
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
