package routing

import (
	"context"
	"errors"
	"sync"

	"github.com/lightningnetwork/lnd/lntypes"
	paymentsdb "github.com/lightningnetwork/lnd/payments/db"
)

// paymentRun is the time from initiating a payment to the return of its
// lifecycle.
type paymentRun struct {
	// initiated is closed when it is known whether the payment could be
	// initiated.
	initiated chan struct{}

	// wake tells the lifecycle that somebody else may have changed the
	// payment. One signal is enough for any number of changes.
	wake chan struct{}

	// done is closed when the run is over.
	done chan struct{}
}

// paymentRuns holds the runs that are not over. A lifecycle knows its payment
// by the hash alone. Therefore a retry does not begin before the run it repeats
// is over: nothing that run still does can hit the new payment.
//
// The zero value has no runs and is ready to use.
type paymentRuns struct {
	mu   sync.Mutex
	runs map[lntypes.Hash]*paymentRun
}

// begin begins a run. If the hash has one already, that one is returned
// together with false.
func (p *paymentRuns) begin(hash lntypes.Hash) (*paymentRun, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()

	if run, ok := p.runs[hash]; ok {
		return run, false
	}

	if p.runs == nil {
		p.runs = make(map[lntypes.Hash]*paymentRun)
	}
	run := &paymentRun{
		initiated: make(chan struct{}),
		wake:      make(chan struct{}, 1),
		done:      make(chan struct{}),
	}
	p.runs[hash] = run

	return run, true
}

// end ends the run of the hash, if there is one.
func (p *paymentRuns) end(hash lntypes.Hash) {
	p.mu.Lock()
	defer p.mu.Unlock()

	if run, ok := p.runs[hash]; ok {
		close(run.done)
		delete(p.runs, hash)
	}
}

// wake makes the lifecycle of the hash, if there is one, look at its payment.
func (p *paymentRuns) wake(hash lntypes.Hash) {
	p.mu.Lock()
	defer p.mu.Unlock()

	run, ok := p.runs[hash]
	if !ok {
		return
	}

	select {
	case run.wake <- struct{}{}:
	default:
	}
}

// wakeups returns the channel that wake sends to. It is nil if the hash has no
// run.
func (p *paymentRuns) wakeups(hash lntypes.Hash) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()

	if run, ok := p.runs[hash]; ok {
		return run.wake
	}

	return nil
}

// initPayment begins a run and initiates its payment with the function. The run
// must be ended by the caller unless an error is returned.
//
// If an earlier payment of the hash has ended while its run is not over, then
// the end of that is waited for. It takes no longer than a path finding that is
// under way.
func (r *ChannelRouter) initPayment(ctx context.Context, hash lntypes.Hash,
	init func() error) error {

	for {
		run, ok := r.runs.begin(hash)
		if ok {
			err := init()
			close(run.initiated)
			if err != nil {
				r.runs.end(hash)
			}

			return err
		}

		err := r.awaitEnd(ctx, hash, run)
		if err != nil {
			return err
		}
	}
}

// resumeRun begins the run of a payment that exists already.
func (r *ChannelRouter) resumeRun(hash lntypes.Hash) error {
	for {
		run, ok := r.runs.begin(hash)
		if ok {
			close(run.initiated)

			return nil
		}

		// Whoever tries to initiate the payment will be refused.
		select {
		case <-run.done:
		case <-r.quit:
			return ErrRouterShuttingDown
		}
	}
}

// awaitEnd waits until the run is over. An error is returned instead if its
// payment has not ended, so that it can't be initiated again.
func (r *ChannelRouter) awaitEnd(ctx context.Context, hash lntypes.Hash,
	run *paymentRun) error {

	select {
	case <-run.initiated:
	case <-r.quit:
		return ErrRouterShuttingDown
	}

	payment, err := r.cfg.Control.FetchPayment(ctx, hash)
	switch {
	// The payment could not be initiated, or has been deleted.
	case errors.Is(err, paymentsdb.ErrPaymentNotInitiated):

	case err != nil:
		return err

	case payment.GetStatus() == paymentsdb.StatusInitiated:
		return paymentsdb.ErrPaymentExists

	case payment.GetStatus() == paymentsdb.StatusInFlight:
		return paymentsdb.ErrPaymentInFlight
	}

	r.runs.wake(hash)

	select {
	case <-run.done:
		return nil
	case <-r.quit:
		return ErrRouterShuttingDown
	}
}
