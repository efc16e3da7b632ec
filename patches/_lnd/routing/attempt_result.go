package routing

import (
	"errors"
	"time"

	"github.com/lightningnetwork/lnd/htlcswitch"
)

// askSwitchAgain is how long we wait before we ask the switch again for a
// result that it could not look up.
const askSwitchAgain = time.Second

// subscribeResult asks the switch for the result of an attempt until it
// answers. ErrPaymentIDNotFound is an answer: there is no such HTLC. Any other
// error, for instance of the database, says nothing of the HTLC, which may
// still settle. If the attempt was failed because of it, it could be paid
// twice.
func (p *paymentLifecycle) subscribeResult(attemptID uint64,
	decrypter htlcswitch.ErrorDecrypter) (<-chan *htlcswitch.PaymentResult,
	error) {

	for {
		resultChan, err := p.router.cfg.Payer.GetAttemptResult(
			attemptID, p.identifier, decrypter,
		)
		if err == nil ||
			errors.Is(err, htlcswitch.ErrPaymentIDNotFound) {

			return resultChan, err
		}

		log.Errorf("Unable to get result of attempt %v in payment %v "+
			"from switch, will ask again: %v", attemptID,
			p.identifier, err)

		select {
		case <-p.router.cfg.Clock.TickAfter(askSwitchAgain):

		case <-p.quit:
			return nil, ErrPaymentLifecycleExiting

		case <-p.router.quit:
			return nil, ErrRouterShuttingDown
		}
	}
}
