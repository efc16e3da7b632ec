package nodes

import (
	"encoding/hex"
	"testing"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

// accounts returns an invoice by the hash, in hex, of its payment. One of AMP has
// a payment for each set of parts, and counts as an invoice for each.
func accounts(invoice *lnrpc.Invoice) map[string]*lnrpc.Invoice {
	if !invoice.IsAmp {
		return map[string]*lnrpc.Invoice{
			hex.EncodeToString(invoice.RHash): invoice,
		}
	}

	sets := make(map[string]*lnrpc.Invoice)
	for id, set := range invoice.AmpInvoiceState {
		state := lnrpc.Invoice_OPEN
		if set.State == lnrpc.InvoiceHTLCState_SETTLED {
			state = lnrpc.Invoice_SETTLED
		}
		sets[id] = &lnrpc.Invoice{
			State: state, AmtPaidMsat: set.AmtPaidMsat,
		}
	}

	return sets
}

// spent returns what payments have cost, in millisatoshis.
func spent[K comparable](payments map[K]*lnrpc.Payment) int64 {
	var spent int64
	for _, p := range payments {
		for _, htlc := range settled(p) {
			spent += htlc.Route.TotalAmtMsat
		}
	}

	return spent
}

// settled returns those HTLCs of a payment that have settled.
func settled(p *lnrpc.Payment) []*lnrpc.HTLCAttempt {
	var settled []*lnrpc.HTLCAttempt
	for _, htlc := range p.Htlcs {
		if htlc.Status == lnrpc.HTLCAttempt_SUCCEEDED {
			settled = append(settled, htlc)
		}
	}

	return settled
}

// sorts returns how many of some payments have succeeded by each of the means
// that a network is for.
func sorts[K comparable](payments map[K]*lnrpc.Payment) []Count {
	var parts, ways, amp, blinded Count
	for _, p := range payments {
		htlcs, first := settled(p), make(map[uint64]bool)
		if len(htlcs) == 0 {
			continue
		}
		for _, htlc := range htlcs {
			first[htlc.Route.Hops[0].ChanId] = true
		}
		hops := htlcs[0].Route.Hops
		last := hops[len(hops)-1]
		parts.add(len(htlcs) > 1)
		ways.add(len(first) > 1)
		amp.add(last.AmpRecord != nil)
		blinded.add(len(last.EncryptedData) > 0)
	}
	parts.Name, ways.Name = "in parts", "over both ways"
	amp.Name, blinded.Name = "AMP", "blinded"

	return []Count{parts, ways, amp, blinded}
}

// add counts one more if that is so.
func (c *Count) add(one bool) {
	if one {
		c.Value++
	}
}

// TestAccountsOfAMP checks that each payment of an AMP invoice counts as one, and
// that only what has settled is settled, whatever the invoice says of itself.
func TestAccountsOfAMP(t *testing.T) {
	t.Parallel()

	invoice := &lnrpc.Invoice{
		IsAmp: true, State: lnrpc.Invoice_SETTLED, AmtPaidMsat: 7,
		RHash: []byte{1}, AmpInvoiceState: map[string]*lnrpc.AMPInvoiceState{
			"aa": {
				State:       lnrpc.InvoiceHTLCState_SETTLED,
				AmtPaidMsat: 5,
			},
			"bb": {
				State:       lnrpc.InvoiceHTLCState_CANCELED,
				AmtPaidMsat: 2,
			},
		},
	}
	require.Equal(t, map[string]*lnrpc.Invoice{
		"aa": {State: lnrpc.Invoice_SETTLED, AmtPaidMsat: 5},
		"bb": {State: lnrpc.Invoice_OPEN, AmtPaidMsat: 2},
	}, accounts(invoice))

	invoice.IsAmp = false
	require.Equal(t, map[string]*lnrpc.Invoice{"01": invoice},
		accounts(invoice))
}

// TestSortsOfPayments checks that what has settled, and nothing else, is counted
// and paid for.
func TestSortsOfPayments(t *testing.T) {
	t.Parallel()

	htlc := func(status lnrpc.HTLCAttempt_HTLCStatus, channel uint64,
		last *lnrpc.Hop) *lnrpc.HTLCAttempt {

		return &lnrpc.HTLCAttempt{Status: status, Route: &lnrpc.Route{
			TotalAmtMsat: 3,
			Hops:         []*lnrpc.Hop{{ChanId: channel}, last},
		}}
	}
	const (
		settled = lnrpc.HTLCAttempt_SUCCEEDED
		failed  = lnrpc.HTLCAttempt_FAILED
	)
	plain := &lnrpc.Hop{}
	amp := &lnrpc.Hop{AmpRecord: &lnrpc.AMPRecord{}}
	blinded := &lnrpc.Hop{EncryptedData: []byte{1}}

	payments := make(map[int]*lnrpc.Payment)
	for i, htlcs := range [][]*lnrpc.HTLCAttempt{
		{htlc(settled, 1, plain)},
		{htlc(failed, 1, plain), htlc(settled, 2, plain)},
		{htlc(settled, 1, amp), htlc(settled, 1, amp)},
		{htlc(settled, 1, plain), htlc(settled, 2, plain)},
		{htlc(failed, 1, amp), htlc(failed, 2, amp)},
		{htlc(settled, 1, blinded)},
		nil,
	} {
		payments[i] = &lnrpc.Payment{Htlcs: htlcs}
	}
	require.Equal(t, []Count{
		{"in parts", 2}, {"over both ways", 1}, {"AMP", 1},
		{"blinded", 1},
	}, sorts(payments))
	require.EqualValues(t, 7*3, spent(payments))
}
