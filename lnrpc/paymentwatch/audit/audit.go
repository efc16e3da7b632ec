// Package audit compares a sink with its node, payment by payment, and finds
// what the node itself has stored wrongly. It reads both, and if it is asked to
// it writes to the sink what is missing there. It never writes to the node.
package audit

import (
	"context"
	"slices"
	"time"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/sink"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"google.golang.org/grpc"
)

const (
	// pollInterval is the time between two looks for a row that may be on
	// its way.
	pollInterval = 500 * time.Millisecond

	// Patience is how long that may take: longer than failures are held
	// back.
	Patience = 3 * watcher.DefaultHold
)

// Node is what an audit needs of a paymentrpc.Client.
type Node interface {
	watcher.PaymentLister

	// GetInfo returns the height of the block chain, among others.
	GetInfo(ctx context.Context, in *paymentrpc.GetInfoRequest,
		opts ...grpc.CallOption) (*paymentrpc.GetInfoResponse, error)

	// ListChannels returns the channels that are open.
	ListChannels(ctx context.Context, in *paymentrpc.ListChannelsRequest,
		opts ...grpc.CallOption) (*paymentrpc.ListChannelsResponse, error)

	// PendingChannels returns those that are being opened or closed.
	PendingChannels(ctx context.Context, in *paymentrpc.PendingChannelsRequest,
		opts ...grpc.CallOption) (*paymentrpc.PendingChannelsResponse, error)
}

// Config says what is audited.
type Config struct {
	// SinkURL names the sink, Identity and Node the node.
	SinkURL  string
	Identity sink.Identity
	Node     Node

	// Period are the times of creation that count.
	Period sink.Period

	// Patience is how long a payment may take that has ended and is about
	// to be delivered.
	Patience time.Duration
}

// audit is one while it goes on.
type audit struct {
	Config
	*Report

	htlcs *htlcs

	// known are the node's payments by hash.
	known map[string][]watcher.Run

	// waiting are those that have ended and have no row.
	waiting []*paymentrpc.Payment
}

// Run compares a sink with its node.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	// What is in flight later and has no HTLC now has lost it, or is so new
	// that its time-lock is not over.
	sent, err := readHTLCs(ctx, cfg.Node)
	if err != nil {
		return nil, err
	}
	a := &audit{
		Config: cfg, htlcs: sent, known: make(map[string][]watcher.Run),
		Report: &Report{
			Identity: cfg.Identity, Findings: []*Finding{},
		},
	}

	// What is in the sink at this moment has ended before the node is asked.
	if err := a.readSink(ctx, func(r *sink.Reader) error {
		return a.compareAll(ctx, r)
	}); err != nil {
		return nil, err
	}
	if err := a.await(ctx); err != nil {
		return nil, err
	}
	for _, p := range a.waiting {
		a.find(Undelivered, p, "", "")
	}

	return a.Report, nil
}

// readSink reads what the sink has of the node.
func (a *audit) readSink(ctx context.Context,
	read func(*sink.Reader) error) error {

	return sink.Read(ctx, a.SinkURL, a.Config.Identity.PubKey, read)
}

// compareAll compares all that the sink and the node have.
func (a *audit) compareAll(ctx context.Context, r *sink.Reader) error {
	err := sink.CheckIdentity(r.Identity, a.Config.Identity)
	if err != nil {
		return err
	}
	err = watcher.EachPage(ctx, a.Node, func(page []*paymentrpc.Payment) error {
		for _, p := range page {
			run := watcher.RunOf(p)
			a.known[run.Hash] = append(a.known[run.Hash], run)
		}

		return a.comparePage(ctx, r, page)
	})
	if err != nil {
		return err
	}
	err = r.Payments(ctx, a.Period, a.compareRow)
	if err != nil {
		return err
	}
	a.findMissing(r.Position)

	return nil
}

// comparePage compares payments of the node with their rows.
func (a *audit) comparePage(ctx context.Context, r *sink.Reader,
	page []*paymentrpc.Payment) error {

	page = slices.DeleteFunc(slices.Clone(page), func(p *paymentrpc.Payment) bool {
		return !a.Period.Contains(p.GetCreationTimeNs())
	})
	rows, err := findRows(ctx, r, page)
	if err != nil {
		return err
	}
	for i, p := range page {
		a.judge(p, rows[i])
	}

	return nil
}

// findRows returns the row of each payment, or nil.
func findRows(ctx context.Context, r *sink.Reader, payments []*paymentrpc.Payment) (
	[]*sink.Payment, error) {

	hashes := make([]string, 0, len(payments))
	for _, p := range payments {
		hashes = append(hashes, p.GetPaymentHash())
	}
	found, err := r.Find(ctx, hashes)
	if err != nil {
		return nil, err
	}
	byHash := make(map[string][]*sink.Payment)
	for _, row := range found {
		byHash[row.PaymentHash] = append(byHash[row.PaymentHash], row)
	}

	rows := make([]*sink.Payment, len(payments))
	for i, p := range payments {
		for _, row := range byHash[p.GetPaymentHash()] {
			if watcher.RunOf(p).Same(row.Run()) {
				rows[i] = row
			}
		}
	}

	return rows, nil
}

// compareRow looks for the payment of a row in the node. Only what has failed
// can be made again, and then the node forgets it.
func (a *audit) compareRow(row *sink.Payment) {
	a.Rows++
	retried := false
	for _, run := range a.known[row.PaymentHash] {
		if run.Same(row.Run()) {
			return
		}
		retried = retried || run.Created > row.CreationTimeNs
	}
	if retried && row.Status == paymentrpc.Payment_FAILED.String() {
		a.Retried++

		return
	}
	a.Findings = append(a.Findings, &Finding{
		Kind: Unknown, PaymentHash: row.PaymentHash,
		CreationTimeNs: row.CreationTimeNs,
		PaymentIndex:   row.PaymentIndex, Sink: rowOutcome(row),
	})
}

// findMissing finds those without a row that are not about to be delivered.
func (a *audit) findMissing(position *watcher.Position) {
	if position == nil {
		return
	}
	numbers := position.Numbers(func(run watcher.Run) (uint64, bool) {
		for _, known := range a.known[run.Hash] {
			if known.Same(run) {
				return known.Index, true
			}
		}

		return 0, false
	})
	a.waiting = slices.DeleteFunc(a.waiting, func(p *paymentrpc.Payment) bool {
		run := watcher.RunOf(p)
		switch {
		case !position.Covers(run, numbers):
			return false

		case run.Created <= position.Began:
			a.Before++

		default:
			a.find(Missing, p, "", "")
			a.missing = append(a.missing, watcher.OutcomeOf(p))
		}

		return true
	})
}

// await waits for the rows that are on their way.
func (a *audit) await(ctx context.Context) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for timeUp := time.After(a.Patience); len(a.waiting) > 0; {
		select {
		case <-ticker.C:
		case <-timeUp:
			return nil

		case <-ctx.Done():
			return ctx.Err()
		}

		waiting := a.waiting
		err := a.readSink(ctx, func(r *sink.Reader) error {
			rows, err := findRows(ctx, r, waiting)
			if err != nil {
				return err
			}
			a.waiting = nil
			for i, p := range waiting {
				if rows[i] == nil {
					a.waiting = append(a.waiting, p)
				} else {
					a.compare(p, rows[i])
					a.Rows++
				}
			}

			return nil
		})
		if err != nil {
			return err
		}
	}

	return nil
}

// Repair writes what is missing into the sink, as a paymentwatch would that
// finds it only now. The position says already that it was delivered.
func (r *Report) Repair(ctx context.Context, s sink.Sink) error {
	if len(r.missing) == 0 {
		return nil
	}
	position, err := s.Position(ctx)
	if err != nil {
		return err
	}
	if err := s.Deliver(ctx, r.missing, *position); err != nil {
		return err
	}
	r.Repaired = len(r.missing)

	return nil
}
