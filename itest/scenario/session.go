package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
)

const (
	// runTimeout is how long a scenario may take, however slow the machine.
	runTimeout = 2 * time.Minute

	// updateTimeout is how long an update that must come may take.
	updateTimeout = 30 * time.Second

	// firstTimeout is how long the first payment's update may take before
	// we suppose that the stream was not up yet and pay again.
	firstTimeout = 2 * time.Second
)

// errNoUpdate is returned when an update did not come in time.
var errNoUpdate = errors.New("TrackPayments does not announce the end")

// Session is a TrackPayments client of the sender and the scenarios that were
// run while it listened.
type Session struct {
	sender, recipient *regtest.Node

	// cancel ends the stream, ended is closed when it has.
	cancel func()
	ended  chan struct{}

	mu      sync.Mutex
	updates []*lnrpc.Payment
	err     error

	// arrived is closed and replaced whenever an update comes.
	arrived chan struct{}

	results []*Result
}

// Open opens the stream and pays until it is known to carry payments.
func Open(ctx context.Context, net *regtest.Network) (*Session, error) {
	streamCtx, cancel := context.WithCancel(ctx)
	stream, err := net.Sender.Router.TrackPayments(
		streamCtx, &routerrpc.TrackPaymentsRequest{
			NoInflightUpdates: true,
		},
	)
	if err != nil {
		cancel()

		return nil, err
	}

	s := &Session{
		sender:    net.Sender,
		recipient: net.Recipient,
		cancel:    cancel,
		ended:     make(chan struct{}),
		arrived:   make(chan struct{}),
	}
	go s.receive(stream)

	// A client cannot tell when the node has registered it.
	ctx, cancelPay := context.WithTimeout(ctx, runTimeout)
	defer cancelPay()
	for err = errNoUpdate; errors.Is(err, errNoUpdate); {
		_, err = s.pay(ctx, firstTimeout)
	}
	if err != nil {
		s.Close()

		return nil, err
	}

	return s, nil
}

// Close ends the stream.
func (s *Session) Close() {
	s.cancel()
	<-s.ended
}

// receive collects the updates of the stream until it ends.
func (s *Session) receive(stream routerrpc.Router_TrackPaymentsClient) {
	defer close(s.ended)

	for {
		p, err := stream.Recv()

		s.mu.Lock()
		if err != nil {
			s.err = err
		} else {
			s.updates = append(s.updates, p)
		}
		close(s.arrived)
		s.arrived = make(chan struct{})
		s.mu.Unlock()

		if err != nil {
			return
		}
	}
}

// received returns the updates about a payment so far, what will be closed when
// there is another one of any payment, and the error that ended the stream.
func (s *Session) received(hash string) ([]*lnrpc.Payment, chan struct{},
	error) {

	s.mu.Lock()
	defer s.mu.Unlock()

	var updates []*lnrpc.Payment
	for _, p := range s.updates {
		if p.PaymentHash == hash {
			updates = append(updates, p)
		}
	}

	return updates, s.arrived, s.err
}

// await waits until the stream has announced the end of a payment.
func (s *Session) await(ctx context.Context, hash string,
	limit time.Duration) error {

	timer := time.NewTimer(limit)
	defer timer.Stop()

	for {
		updates, arrived, err := s.received(hash)
		switch {
		case len(updates) > 0:
			return nil

		case err != nil:
			return fmt.Errorf("TrackPayments ended: %w", err)
		}

		select {
		case <-arrived:

		case <-timer.C:
			return fmt.Errorf("%w of payment %s within %v",
				errNoUpdate, hash, limit)

		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// pay pays an ordinary invoice and waits for its update. Since the stream is
// ordered, all that was announced before has then been received. It returns the
// payment's hash in hex.
func (s *Session) pay(ctx context.Context, limit time.Duration) (string,
	error) {

	invoice, err := s.recipient.Lightning.AddInvoice(
		ctx, &lnrpc.Invoice{Value: amount},
	)
	if err != nil {
		return "", err
	}
	stream, err := s.sender.Router.SendPaymentV2(
		ctx, &routerrpc.SendPaymentRequest{
			PaymentRequest: invoice.PaymentRequest,
			TimeoutSeconds: int32(updateTimeout.Seconds()),
			FeeLimitSat:    feeLimit,
		},
	)
	if err != nil {
		return "", err
	}

	p, err := lastUpdate(stream)
	switch {
	case err != nil:
		return "", err

	case p.Status != lnrpc.Payment_SUCCEEDED:
		return "", fmt.Errorf("an ordinary payment ended %v %v",
			p.Status, p.FailureReason)
	}

	return p.PaymentHash, s.await(ctx, p.PaymentHash, limit)
}

// Run runs a scenario: makes its payment, waits for its end, flushes out what
// may come late by paying once more, and reads what the node has stored.
func (s *Session) Run(ctx context.Context, sc Scenario) error {
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()

	hash, err := sc.run(s, ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", sc.Name, err)
	}
	if err := s.await(ctx, hash, updateTimeout); err != nil {
		return fmt.Errorf("%s: %w", sc.Name, err)
	}
	if _, err := s.pay(ctx, updateTimeout); err != nil {
		return fmt.Errorf("payment after %s: %w", sc.Name, err)
	}

	stored, err := s.stored(ctx, hash)
	if err != nil {
		return fmt.Errorf("%s: %w", sc.Name, err)
	}
	s.results = append(s.results, &Result{
		Scenario: sc, Hash: hash, Stored: stored,
	})

	return nil
}

// Results judges the scenarios that were run, by all that the stream carried
// until now and by what the node has stored now.
func (s *Session) Results(ctx context.Context) ([]*Result, error) {
	for _, r := range s.results {
		var err error
		r.Updates, _, err = s.received(r.Hash)
		if err != nil {
			return nil, fmt.Errorf("TrackPayments ended: %w", err)
		}

		now, err := s.stored(ctx, r.Hash)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		r.judge(now)
	}

	return s.results, nil
}

// stored returns a payment as the sender's ListPayments has it.
func (s *Session) stored(ctx context.Context, hash string) (*lnrpc.Payment,
	error) {

	list, err := s.sender.Lightning.ListPayments(
		ctx, &lnrpc.ListPaymentsRequest{IncludeIncomplete: true},
	)
	if err != nil {
		return nil, err
	}
	for _, p := range list.Payments {
		if p.PaymentHash == hash {
			return p, nil
		}
	}

	return nil, fmt.Errorf("ListPayments does not have payment %s", hash)
}
