package routing

import (
	"errors"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnutils"
	"github.com/lightningnetwork/lnd/multimutex"
)

// errPaymentRetried is returned to a lifecycle whose payment has ended without
// it and has been initiated again.
var errPaymentRetried = errors.New("payment has ended and is being retried")

// paymentRuns knows for each hash the last payment that was begun, as long as
// its lifecycle has not returned. A lifecycle knows its payment by the hash
// alone. If a shard sent by SendToRoute ends the payment, and it is retried
// before the lifecycle has noticed, then nothing the lifecycle still does may
// hit the new payment.
type paymentRuns struct {
	// hashMtx is held while a payment is initiated, and while the lifecycle
	// of the payment before it reads or writes.
	hashMtx *multimutex.Mutex[lntypes.Hash]

	// latest is the run that was begun last for each hash.
	latest lnutils.SyncMap[lntypes.Hash, *paymentRun]
}

// newPaymentRuns returns a paymentRuns without runs.
func newPaymentRuns() *paymentRuns {
	return &paymentRuns{hashMtx: multimutex.NewMutex[lntypes.Hash]()}
}

// begin initiates a payment with the function. From then on the lifecycle of
// the payment before it, if it still goes on, finds itself retried.
func (p *paymentRuns) begin(hash lntypes.Hash,
	init func() error) (*paymentRun, error) {

	p.hashMtx.Lock(hash)
	defer p.hashMtx.Unlock(hash)

	if err := init(); err != nil {
		return nil, err
	}

	p.wake(hash)
	run := p.newRun(hash)
	p.latest.Store(hash, run)

	return run, nil
}

// resume returns the run of a payment that has been initiated before a restart.
// It returns false if there is a run already: a client has been faster, and the
// payment is a retry, or was not initiated before the restart.
func (p *paymentRuns) resume(hash lntypes.Hash) (*paymentRun, bool) {
	run := p.newRun(hash)
	_, retried := p.latest.LoadOrStore(hash, run)

	return run, !retried
}

// newRun returns a run of the hash.
func (p *paymentRuns) newRun(hash lntypes.Hash) *paymentRun {
	return &paymentRun{runs: p, hash: hash, woken: make(chan struct{}, 1)}
}

// wake makes the lifecycle of the hash, if there is one, look at its payment.
func (p *paymentRuns) wake(hash lntypes.Hash) {
	run, ok := p.latest.Load(hash)
	if !ok {
		return
	}

	select {
	case run.woken <- struct{}{}:
	default:
	}
}

// paymentRun is the time from initiating a payment to the return of its
// lifecycle.
type paymentRun struct {
	runs *paymentRuns
	hash lntypes.Hash

	// woken receives a value when somebody else may have changed the
	// payment: a shard sent by SendToRoute has a result, or the payment has
	// been retried. One is enough for any number of changes.
	woken chan struct{}
}

// do calls the function, which reads or writes the payment of the run. It
// returns errPaymentRetried instead if that has been initiated again since.
func (r *paymentRun) do(access func() error) error {
	// All that a lifecycle of SendToRoute does is tied to its attempt.
	if r == nil {
		return access()
	}

	r.runs.hashMtx.Lock(r.hash)
	defer r.runs.hashMtx.Unlock(r.hash)

	if latest, _ := r.runs.latest.Load(r.hash); latest != r {
		return errPaymentRetried
	}

	return access()
}

// wakeups returns the channel that wakes the lifecycle. It is nil for nil: then
// nobody does.
func (r *paymentRun) wakeups() <-chan struct{} {
	if r == nil {
		return nil
	}

	return r.woken
}

// end ends the run: its lifecycle returns.
func (r *paymentRun) end() {
	r.runs.latest.CompareAndDelete(r.hash, r)
}
