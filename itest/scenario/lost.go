package scenario

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
)

const (
	// lostTimeout is how long a payment may take whose HTLC was lost.
	lostTimeout = 20 * time.Second

	// lostPoll is how often it is looked at.
	lostPoll = 200 * time.Millisecond
)

// playLost has the sender killed when the recipient has not answered to one
// HTLC, and another one, which only the sender's memory has, waits for that.
// The second one is lost, and its payment must end, as must that of the first.
// Clients need not be told: they may be back too late for that.
func playLost(ctx context.Context, r *Run) (*Result, error) {
	if err := r.watch(ctx); err != nil {
		return nil, err
	}
	hashes, err := r.loseHTLC(ctx)
	if err != nil {
		return nil, err
	}

	result := &Result{Ends: r.clients[0], All: r.clients[1]}
	for _, hash := range hashes {
		row, err := r.awaitRow(ctx, hash, lostTimeout, decided)
		if err != nil {
			return nil, err
		}
		if err := r.requireLost(ctx, row); err != nil {
			return nil, err
		}
		for _, client := range result.clients() {
			client.keep("ListPayments", client.checker.Stored(row))
			client.keep("ListPayments", checkEnded(row))
		}
		result.Stored = row
	}
	if result.Stored.Status == lnrpc.Payment_SUCCEEDED {
		return nil, errors.New("no HTLC was lost: all have settled")
	}

	return result, r.awaitLast(ctx)
}

// loseHTLC makes two payments while the recipient is paused, and has the sender
// killed and started again. It returns the payments' hashes. The HTLC of the
// second one was not sent.
func (r *Run) loseHTLC(ctx context.Context) ([][]byte, error) {
	var hashes [][]byte
	invoices := make([]*lnrpc.AddInvoiceResponse, 2)
	for i := range invoices {
		var err error
		if invoices[i], err = r.addInvoice(ctx, amount); err != nil {
			return nil, err
		}
		hashes = append(hashes, invoices[i].RHash)
	}

	// The nodes still exchange signatures for the payment before. As long
	// as they do, the first HTLC would not be sent either.
	if err := pause(ctx, notice); err != nil {
		return nil, err
	}
	if err := r.net.PauseRecipient(ctx); err != nil {
		return nil, fmt.Errorf("pause the recipient: %w", err)
	}
	err := r.payUnanswered(ctx, invoices)
	if err == nil {
		err = r.crashSender(ctx)
	}

	// It goes on whatever has failed: it could not be stopped otherwise.
	resumed := r.net.ResumeRecipient(context.WithoutCancel(ctx))
	switch {
	case err != nil:
		return nil, err

	case resumed != nil:
		return nil, fmt.Errorf("let the recipient go on: %w", resumed)
	}

	return hashes, r.returnSender(ctx)
}

// payUnanswered pays invoices, one after the other, of a recipient that does
// not answer.
func (r *Run) payUnanswered(ctx context.Context,
	invoices []*lnrpc.AddInvoiceResponse) error {

	for _, invoice := range invoices {
		_, err := r.sendPayment(ctx, &routerrpc.SendPaymentRequest{
			PaymentRequest: invoice.PaymentRequest,
		})
		if err != nil {
			return err
		}
		row, err := r.awaitRow(
			ctx, invoice.RHash, settleTimeout, hasAttempt,
		)
		if err != nil {
			return err
		}
		if !hasAttempt(row) {
			return fmt.Errorf("no HTLC was made: %s", Outcome(row))
		}

		// The attempt is stored before its HTLC is given to the
		// channel, and nothing tells when that has committed it.
		if err := pause(ctx, notice); err != nil {
			return err
		}
	}

	return nil
}

// awaitRow waits until the sender holds a payment that has become what is asked
// for, but no longer than the limit, and returns how it holds it then.
func (r *Run) awaitRow(ctx context.Context, hash []byte, limit time.Duration,
	done func(*lnrpc.Payment) bool) (*lnrpc.Payment, error) {

	for begin := time.Now(); ; {
		row, err := r.listed(ctx, hex.EncodeToString(hash))
		late := time.Since(begin) > limit
		switch {
		case err != nil && late:
			return nil, err

		case err == nil && (done(row) || late):
			return row, nil
		}
		if err := pause(ctx, lostPoll); err != nil {
			return nil, err
		}
	}
}

// hasAttempt tells whether an HTLC has been made for a payment.
func hasAttempt(p *lnrpc.Payment) bool {
	return len(p.Htlcs) > 0
}

// checkEnded returns a violation of Ends if a payment whose HTLC was lost has
// not ended, although the sender says of the HTLC that it is in flight.
func checkEnded(row *lnrpc.Payment) error {
	if decided(row) {
		return nil
	}

	return &paymentcontract.Violation{
		Guarantee: paymentcontract.Ends,
		Detail:    "its HTLC is in no channel, and it has not ended",
		Second:    paymentcontract.NewRecord(row),
	}
}

// requireLost returns an error if a payment has not ended and a channel of the
// sender has an HTLC of it: then it was not lost, and the payment is right to
// wait.
func (r *Run) requireLost(ctx context.Context, row *lnrpc.Payment) error {
	if decided(row) {
		return nil
	}
	list, err := r.net.Sender().Lightning.ListChannels(
		ctx, &lnrpc.ListChannelsRequest{},
	)
	if err != nil {
		return err
	}
	for _, channel := range list.Channels {
		for _, htlc := range channel.PendingHtlcs {
			if hex.EncodeToString(htlc.HashLock) ==
				row.PaymentHash {

				return fmt.Errorf("an HTLC that was to be "+
					"lost is in channel %d", channel.ChanId)
			}
		}
	}

	return nil
}
