//go:build tower

package lnd

import (
	"sync"
	"time"

	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
)

// HoldTime is how long a recipient keeps an HTLC that it holds.
const HoldTime = 300 * time.Millisecond

// End is what becomes of an HTLC.
type End int

const (
	// Settled is an HTLC whose preimage we get.
	Settled End = iota

	// Rejected is an HTLC that its recipient rejects, for good.
	Rejected

	// Interrupted is an HTLC that failed on its way: another may succeed.
	Interrupted

	// HeldAndRejected is rejected after the recipient has held it.
	HeldAndRejected
)

// payer stands for lnd's switch: it knows at once how an HTLC ends. It stores
// nothing, so that the commits counted are the control tower's alone.
type payer struct {
	// ends tells how the attempts of every payment end, in their order.
	ends []End

	mu sync.Mutex

	// attempts counts those made of payments that will make another.
	attempts map[lntypes.Hash]int
}

// newPayer creates a switch for payments whose attempts end as told.
func newPayer(ends ...End) *payer {
	return &payer{ends: ends, attempts: make(map[lntypes.Hash]int)}
}

// SendHTLC accepts every HTLC.
func (p *payer) SendHTLC(lnwire.ShortChannelID, uint64,
	*lnwire.UpdateAddHTLC) error {

	return nil
}

// GetAttemptResult returns what becomes of a payment's next attempt.
func (p *payer) GetAttemptResult(_ uint64, hash lntypes.Hash,
	_ htlcswitch.ErrorDecrypter) (<-chan *htlcswitch.PaymentResult,
	error) {

	results := make(chan *htlcswitch.PaymentResult, 1)
	switch p.next(hash) {
	case Settled:
		results <- &htlcswitch.PaymentResult{Preimage: hash}

	case Rejected:
		results <- Rejection()

	case Interrupted:
		results <- Interruption()

	case HeldAndRejected:
		time.AfterFunc(HoldTime, func() {
			results <- Rejection()
		})
	}

	return results, nil
}

// Rejection returns the answer of a recipient who does not know the payment.
func Rejection() *htlcswitch.PaymentResult {
	return &htlcswitch.PaymentResult{
		Error: htlcswitch.NewForwardingError(
			lnwire.NewFailIncorrectDetails(Amount, height),
			hopCount,
		),
	}
}

// Interruption returns the answer of a node on the way that can't go on.
func Interruption() *htlcswitch.PaymentResult {
	return &htlcswitch.PaymentResult{
		Error: htlcswitch.NewForwardingError(
			lnwire.NewTemporaryChannelFailure(nil), 1,
		),
	}
}

// next returns how the next attempt of a payment ends.
func (p *payer) next(hash lntypes.Hash) End {
	last := len(p.ends) - 1
	if last == 0 {
		return p.ends[0]
	}

	p.mu.Lock()
	defer p.mu.Unlock()

	attempt := p.attempts[hash]
	if attempt == last {
		delete(p.attempts, hash)
	} else {
		p.attempts[hash] = attempt + 1
	}

	return p.ends[attempt]
}

// CleanStore has nothing to clean.
func (p *payer) CleanStore(map[uint64]struct{}) error {
	return nil
}

// HasAttemptResult is asked for attempts of an earlier run only.
func (p *payer) HasAttemptResult(uint64) (bool, error) {
	return true, nil
}
