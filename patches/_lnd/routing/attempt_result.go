package routing

import (
	"errors"
	"fmt"
	"time"

	sphinx "github.com/lightningnetwork/lightning-onion"
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

	var resultChan <-chan *htlcswitch.PaymentResult
	what := fmt.Sprintf("get result of attempt %v", attemptID)
	err := p.tryUntilStopped(what, func() error {
		var err error
		resultChan, err = p.router.cfg.Payer.GetAttemptResult(
			attemptID, p.identifier, decrypter,
		)

		return err
	})

	return resultChan, err
}

// mayBeSent returns whether the switch may have an attempt although it returned
// an error when it was given it. A link's refusal says that it has not, and so
// does the switch if it is asked for the result. If it can't tell, the result
// is waited for, and the switch asked again.
func (p *paymentLifecycle) mayBeSent(attemptID uint64,
	circuit func() (*sphinx.Circuit, error), sendErr error) bool {

	var refusal htlcswitch.ClearTextError
	if errors.As(sendErr, &refusal) {
		return false
	}

	c, err := circuit()
	if err != nil {
		return true
	}
	_, err = p.router.cfg.Payer.GetAttemptResult(
		attemptID, p.identifier, &htlcswitch.SphinxErrorDecrypter{
			OnionErrorDecrypter: sphinx.NewOnionErrorDecrypter(c),
		},
	)

	return !errors.Is(err, htlcswitch.ErrPaymentIDNotFound)
}

// tryUntilStopped tries something until there is no error, with growing pauses.
// It returns one only when there is no such HTLC, or the lifecycle or router is
// stopped.
func (p *paymentLifecycle) tryUntilStopped(what string,
	try func() error) error {

	for pause := minTryAgain; ; pause = min(2*pause, maxTryAgain) {
		err := try()
		if err == nil ||
			errors.Is(err, htlcswitch.ErrPaymentIDNotFound) {

			return err
		}

		log.Errorf("Unable to %s in payment %v, will try again in "+
			"%v: %v", what, p.identifier, pause, err)

		select {
		case <-p.router.cfg.Clock.TickAfter(pause):

		case <-p.quit:
			return ErrPaymentLifecycleExiting

		case <-p.router.quit:
			return ErrRouterShuttingDown
		}
	}
}
