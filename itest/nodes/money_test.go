//go:build nodes

package nodes

import (
	"context"
	"encoding/hex"
	"fmt"

	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/lnrpc"
)

// invoicePage is how many invoices are listed at a time.
const invoicePage = 1000

// invoices returns the invoices of a node by their hash in hex.
func invoices(ctx context.Context, node *regtest.Node) (
	map[string]*lnrpc.Invoice, error) {

	invoices := make(map[string]*lnrpc.Invoice)
	for offset := uint64(0); ; {
		page, err := node.Lightning.ListInvoices(
			ctx, &lnrpc.ListInvoiceRequest{
				IndexOffset:    offset,
				NumMaxInvoices: invoicePage,
			},
		)
		if err != nil {
			return nil, err
		}
		for _, invoice := range page.Invoices {
			invoices[hex.EncodeToString(invoice.RHash)] = invoice
		}
		if len(page.Invoices) == 0 {
			return invoices, nil
		}
		offset = page.LastIndexOffset
	}
}

// settleAccounts compares what the sender says that it has paid with what the
// recipient says that it was paid.
func (b *book) settleAccounts(ctx context.Context, recipient *regtest.Node,
	listed map[run]*lnrpc.Payment) error {

	invoices, err := invoices(ctx, recipient)
	if err != nil {
		return err
	}

	succeeded := make(map[string]bool)
	for k, p := range listed {
		invoice := invoices[k.hash]
		if fault := accountFault(p, invoice); fault != "" {
			b.violation(guaranteeMoney, k, "%s", fault)
		}
		if p.Status == lnrpc.Payment_SUCCEEDED {
			if succeeded[k.hash] {
				b.violation(guaranteeMoney, k, "paid twice")
			}
			succeeded[k.hash] = true
		}
	}

	var received int64
	for hash, invoice := range invoices {
		if invoice.State != lnrpc.Invoice_SETTLED {
			continue
		}
		received += invoice.AmtPaidMsat
		if !succeeded[hash] {
			b.violation(guaranteeMoney, run{hash: hash}, "the "+
				"recipient was paid, and the sender has no "+
				"payment that succeeded")
		}
	}

	return b.checkBalance(ctx, recipient, received)
}

// accountFault returns what is wrong with a payment, given the recipient's
// invoice of the same hash, if there is one.
func accountFault(p *lnrpc.Payment, invoice *lnrpc.Invoice) string {
	settled := invoice.GetState() == lnrpc.Invoice_SETTLED
	if settled != (p.Status == lnrpc.Payment_SUCCEEDED) {
		return fmt.Sprintf("the payment is %v and the invoice %v",
			p.Status, invoice.GetState())
	}
	if !settled {
		return ""
	}

	var sent int64
	for _, htlc := range p.Htlcs {
		if htlc.Status == lnrpc.HTLCAttempt_SUCCEEDED {
			sent += htlc.Route.TotalAmtMsat
		}
	}
	if sent != p.ValueMsat || sent != invoice.AmtPaidMsat {
		return fmt.Sprintf("the payment is worth %d msat, its HTLCs "+
			"%d and the recipient got %d", p.ValueMsat, sent,
			invoice.AmtPaidMsat)
	}

	return ""
}

// checkBalance compares what the recipient got by its invoices with what it has
// in its only channel, where it had nothing.
func (b *book) checkBalance(ctx context.Context, recipient *regtest.Node,
	received int64) error {

	// The last HTLCs may still be about to leave the commitment.
	var has int64
	var failed error
	within(endTimeout, func() error {
		list, err := recipient.Lightning.ListChannels(
			ctx, &lnrpc.ListChannelsRequest{},
		)
		if err != nil || len(list.Channels) != 1 {
			failed = fmt.Errorf("%d channels: %w",
				len(list.GetChannels()), err)

			return failed
		}
		failed, has = nil, list.Channels[0].LocalBalance
		if has*1000 != received {
			return fmt.Errorf("%d sat", has)
		}

		return nil
	})
	if failed == nil && has*1000 != received {
		b.violation(guaranteeMoney, run{}, "the recipient's invoices "+
			"are worth %d msat, and it has %d sat", received, has)
	}

	return failed
}
