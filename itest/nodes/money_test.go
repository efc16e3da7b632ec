//go:build nodes

package nodes

import (
	"context"
	"fmt"
	"maps"

	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/lnrpc"
)

// invoicePage is how many invoices are listed at a time.
const invoicePage = 1000

// invoices returns the invoices of a node by the hash, in hex, of the payment of
// each.
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
			maps.Copy(invoices, accounts(invoice))
		}
		if len(page.Invoices) == 0 {
			return invoices, nil
		}
		offset = page.LastIndexOffset
	}
}

// settleAccounts compares what a node says that it has paid with what the payee
// says that it was paid, and returns how much that was.
func (b *book) settleAccounts(ctx context.Context, payee *regtest.Node,
	listed map[run]*lnrpc.Payment) (int64, error) {

	invoices, err := invoices(ctx, payee)
	if err != nil {
		return 0, err
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
				"payee was paid, and the payer has no "+
				"payment that succeeded")
		}
	}

	return received, nil
}

// accountFault returns what is wrong with a payment, given the recipient's
// invoice of the same hash, if there is one.
func accountFault(p *lnrpc.Payment, invoice *lnrpc.Invoice) string {
	paid := invoice.GetState() == lnrpc.Invoice_SETTLED
	if paid != (p.Status == lnrpc.Payment_SUCCEEDED) {
		return fmt.Sprintf("the payment is %v and the invoice %v",
			p.Status, invoice.GetState())
	}
	if !paid {
		return ""
	}

	var sent int64
	for _, htlc := range settled(p) {
		sent += htlc.Route.TotalAmtMsat - htlc.Route.TotalFeesMsat
	}
	if sent != p.ValueMsat || sent != invoice.AmtPaidMsat {
		return fmt.Sprintf("the payment is worth %d msat, its HTLCs "+
			"%d and the recipient got %d", p.ValueMsat, sent,
			invoice.AmtPaidMsat)
	}

	return ""
}

// wealth returns what a node has in its channels, in satoshis. In one that it has
// opened that is all that the other one has not: it pays for the commitments, and
// for their anchors, of which there are more when both have something.
func wealth(ctx context.Context, node *regtest.Node) (int64, error) {
	list, err := node.Lightning.ListChannels(
		ctx, &lnrpc.ListChannelsRequest{},
	)
	if err != nil {
		return 0, err
	}

	var has int64
	for _, channel := range list.Channels {
		if channel.Initiator {
			has += channel.Capacity - channel.RemoteBalance
		} else {
			has += channel.LocalBalance
		}
	}

	return has, nil
}

// checkWealth compares what a node has with what it had, and by how much that has
// changed by its books, in millisatoshis.
func (b *book) checkWealth(ctx context.Context, node *regtest.Node, had,
	change int64) error {

	// The last HTLCs may still be about to leave the commitment.
	var has int64
	var failed error
	within(endTimeout, func() error {
		has, failed = wealth(ctx, node)
		if failed == nil && (has-had)*1000 != change {
			return fmt.Errorf("%d sat", has)
		}

		return failed
	})
	if failed == nil && (has-had)*1000 != change {
		b.violation(guaranteeMoney, run{hash: node.Name}, "it had %d "+
			"sat and has %d, and by its books that changed by %d "+
			"msat", had, has, change)
	}

	return failed
}
