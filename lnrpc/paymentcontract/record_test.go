package paymentcontract

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

// TestCheckerKeepsLittleOfAPayment checks that a stream that is followed for
// long costs a few hundred bytes for each payment, whatever their routes are.
func TestCheckerKeepsLittleOfAPayment(t *testing.T) {
	const payments = 5000
	heap := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)

		return stats.HeapAlloc
	}

	c, before := NewChecker(), heap()
	for i := range payments {
		attempts := []*lnrpc.HTLCAttempt{
			htlc(uint64(2*i), broken), htlc(uint64(2*i+1), paid),
		}
		for _, a := range attempts {
			a.Preimage = make([]byte, 32)
			a.Route = &lnrpc.Route{}
			for range 20 {
				a.Route.Hops = append(a.Route.Hops, &lnrpc.Hop{
					PubKey: strings.Repeat("02", 33),
				})
			}
		}
		p := pay(succeeded, none, attempts...)
		p.PaymentHash = fmt.Sprintf("%064x", i)
		p.PaymentRequest = strings.Repeat("x", 500)
		require.NoError(t, c.Update(p))
	}
	require.Less(t, heap(), before+600*payments)
	require.Len(t, c.runs, payments)
}

// TestRecordKeepsWhatIsCompared checks that a record has all that is compared,
// and that changing the payment later changes nothing.
func TestRecordKeepsWhatIsCompared(t *testing.T) {
	t.Parallel()

	update := func() *lnrpc.Payment {
		won, lost := htlc(2, paid), htlc(1, broken)
		won.Preimage = []byte{1, 2}
		lost.Failure = &lnrpc.Failure{
			Code:               lnrpc.Failure_MPP_TIMEOUT,
			FailureSourceIndex: 3,
		}

		return pay(succeeded, timeout, lost, won)
	}
	p := update()
	kept, want := NewRecord(p), NewRecord(update())
	p.Htlcs[1].Preimage[0], p.Htlcs[0].Failure.Code = 9, 0

	require.Equal(t, want, kept)
	require.NoError(t, checkFinal(want, kept))

	// Every part of the outcome counts.
	for _, change := range []func(*lnrpc.Payment){
		func(p *lnrpc.Payment) { p.Htlcs[1].Preimage[0] = 9 },
		func(p *lnrpc.Payment) { p.Htlcs[0].Failure.Code = 0 },
		func(p *lnrpc.Payment) {
			p.Htlcs[0].Failure.FailureSourceIndex = 2
		},
	} {
		p := update()
		change(p)
		require.Error(t, checkFinal(kept, NewRecord(p)))
	}
}
