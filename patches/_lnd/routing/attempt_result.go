package routing

import (
	"errors"
	"time"

	"github.com/lightningnetwork/lnd/htlcswitch"
)

const (
	// minTryAgain is how long we wait before we try again what has failed
	// once. The pauses grow up to maxTryAgain.
	minTryAgain = time.Second
	maxTryAgain = time.Minute
)

// subscribeResult asks the switch for the result of an attempt until it
// answers. ErrPaymentIDNotFound is an answer: there is no such HTLC. Any other
// error, for instance of the database, says nothing of the HTLC, which may
// still settle. If the attempt was failed because of it, it could be paid
// twice.
func (p *paymentLifecycle) subscribeResult(attemptID uint64,
	decrypter htlcswitch.ErrorDecrypter) (<-chan *htlcswitch.PaymentResult,
	error) {

	var (
		resultChan <-chan *htlcswitch.PaymentResult
		notFound   error
	)
	err := p.tryUntilStopped(attemptID, "get", func() error {
		var err error
		resultChan, err = p.router.cfg.Payer.GetAttemptResult(
			attemptID, p.identifier, decrypter,
		)
		if errors.Is(err, htlcswitch.ErrPaymentIDNotFound) {
			notFound = err

			return nil
		}

		return err
	})
	if err != nil {
		return nil, err
	}

	return resultChan, notFound
}

// tryUntilStopped tries something with the result of an attempt until there is
// no error. It returns one only when the lifecycle or the router is stopped.
func (p *paymentLifecycle) tryUntilStopped(attemptID uint64, what string,
	try func() error) error {

	for pause := minTryAgain; ; pause = min(2*pause, maxTryAgain) {
		err := try()
		if err == nil {
			return nil
		}

		log.Errorf("Unable to %s result of attempt %v in payment %v, "+
			"will try again in %v: %v", what, attemptID,
			p.identifier, pause, err)

		select {
		case <-p.router.cfg.Clock.TickAfter(pause):

		case <-p.quit:
			return ErrPaymentLifecycleExiting

		case <-p.router.quit:
			return ErrRouterShuttingDown
		}
	}
}
