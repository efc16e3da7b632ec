//go:build tower

package oncetower

import (
	"sync"
	"time"

	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
)

// holdTime is how long a recipient keeps an HTLC that it holds.
const holdTime = 300 * time.Millisecond

// end is what becomes of an HTLC.
type end int

const (
	// settled is an HTLC whose preimage we get.
	settled end = iota

	// rejected is an HTLC that its recipient rejects, for good.
	rejected

	// interrupted is an HTLC that failed on its way: another may succeed.
	interrupted

	// heldAndRejected is rejected after the recipient has held it.
	heldAndRejected
)

// payer stands for lnd's switch: it knows at once how an HTLC ends. It stores
// nothing, so that the commits counted are the control tower's alone.
type payer struct {
	// ends tells how the attempts of every payment end, in their order.
	ends []end

	mu sync.Mutex

	// attempts counts those made of payments that will make another.
	attempts map[lntypes.Hash]int
}

// newPayer creates a switch for payments whose attempts end as told.
func newPayer(ends ...end) *payer {
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
	case settled:
		results <- &htlcswitch.PaymentResult{Preimage: hash}

	case rejected:
		results <- rejection()

	case interrupted:
		results <- interruption()

	case heldAndRejected:
		time.AfterFunc(holdTime, func() {
			results <- rejection()
		})
	}

	return results, nil
}

// rejection returns the answer of a recipient who does not know the payment.
func rejection() *htlcswitch.PaymentResult {
	return &htlcswitch.PaymentResult{
		Error: htlcswitch.NewForwardingError(
			lnwire.NewFailIncorrectDetails(amount, height),
			hopCount,
		),
	}
}

// interruption returns the answer of a node on the way that can't go on.
func interruption() *htlcswitch.PaymentResult {
	return &htlcswitch.PaymentResult{
		Error: htlcswitch.NewForwardingError(
			lnwire.NewTemporaryChannelFailure(nil), 1,
		),
	}
}

// next returns how the next attempt of a payment ends.
func (p *payer) next(hash lntypes.Hash) end {
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
