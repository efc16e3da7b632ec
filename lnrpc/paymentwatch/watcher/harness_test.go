package watcher

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/stretchr/testify/require"
)

const (
	none    = paymentrpc.PaymentFailureReason_FAILURE_REASON_NONE
	timeout = paymentrpc.PaymentFailureReason_FAILURE_REASON_TIMEOUT
	noRoute = paymentrpc.PaymentFailureReason_FAILURE_REASON_NO_ROUTE
	failure = paymentrpc.PaymentFailureReason_FAILURE_REASON_ERROR
	details = paymentrpc.
		PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS
	insufficient = paymentrpc.
			PaymentFailureReason_FAILURE_REASON_INSUFFICIENT_BALANCE
	canceled = paymentrpc.PaymentFailureReason_FAILURE_REASON_CANCELED
)

// errCrash is what a sink that crashes returns.
var errCrash = errors.New("crash")

// memory is a sink in memory that keeps what an SQL sink does.
type memory struct {
	mu       sync.Mutex
	position *Position
	rows     []*paymentrpc.Payment
	batches  []int

	// crashBefore and crashAfter make the next delivery fail before or
	// after it was stored. Any outcome counts.
	crashBefore, crashAfter bool

	// wait is closed to let deliveries go on, if it is not nil.
	wait chan struct{}
}

// Position returns the position that was stored last.
func (m *memory) Position(context.Context) (*Position, error) {
	m.mu.Lock()
	defer m.mu.Unlock()

	if m.position == nil {
		return nil, nil
	}
	p := *m.position

	return &p, nil
}

// Deliver stores outcomes and position.
func (m *memory) Deliver(ctx context.Context, outcomes []*Outcome,
	position Position) error {

	m.mu.Lock()
	wait := m.wait
	m.mu.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}

	m.mu.Lock()
	defer m.mu.Unlock()

	if m.crashBefore {
		m.crashBefore = false

		return errCrash
	}
	position.Beyond = slices.Clone(position.Beyond)
	m.position = &position
	m.batches = append(m.batches, len(outcomes))
	for _, o := range outcomes {
		m.rows = append(m.rows, o.Payment)
	}
	if m.crashAfter {
		m.crashAfter = false

		return errCrash
	}

	return nil
}

// Holds returns which runs there is a row of.
func (m *memory) Holds(_ context.Context, runs []Run) ([]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()

	held := make([]bool, len(runs))
	for i, r := range runs {
		same := func(p *paymentrpc.Payment) bool {
			return r.Same(RunOf(p))
		}
		held[i] = slices.ContainsFunc(m.rows, same)
	}

	return held, nil
}

// delivered returns what the sink has of the payment that p is of.
func (m *memory) delivered(p *paymentrpc.Payment) []*paymentrpc.Payment {
	m.mu.Lock()
	defer m.mu.Unlock()

	var rows []*paymentrpc.Payment
	for _, row := range m.rows {
		if RunOf(row).Same(RunOf(p)) {
			rows = append(rows, row)
		}
	}

	return rows
}

// at returns the position that was stored last.
func (m *memory) at() Position {
	m.mu.Lock()
	defer m.mu.Unlock()

	return *m.position
}

// row returns the outcome with the given number.
func (m *memory) row(i int) *paymentrpc.Payment {
	m.mu.Lock()
	defer m.mu.Unlock()

	return m.rows[i]
}

// len returns how many outcomes there are.
func (m *memory) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()

	return len(m.rows)
}

// running is a watcher that runs.
type running struct {
	*Watcher

	cancel context.CancelFunc
	done   chan error

	mu     sync.Mutex
	states []State
}

// start runs a watcher of a node.
func start(n *node, sink Sink, from From, hold time.Duration) *running {
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{cancel: cancel, done: make(chan error, 1)}
	r.Watcher = New(Config{
		Payments: n, Router: n, Sink: sink, From: from,
		HoldFailures: hold,
		OnState: func(s State) {
			r.mu.Lock()
			defer r.mu.Unlock()

			r.states = append(r.states, s)
		},
	})
	go func() {
		r.done <- r.Run(ctx)
	}()

	return r
}

// stop ends the watcher, if it has not ended by itself.
func (r *running) stop() error {
	r.cancel()

	return <-r.done
}

// phase returns what the watcher said last that it is doing.
func (r *running) phase() Phase {
	r.mu.Lock()
	defer r.mu.Unlock()

	return r.states[len(r.states)-1].Phase
}

// takeStates returns the states since the last time.
func (r *running) takeStates() []State {
	r.mu.Lock()
	defer r.mu.Unlock()

	states := r.states
	r.states = nil

	return states
}

// inBubble runs a test in a bubble of its own time. The bubble fails it if a
// goroutine is left.
func inBubble(t *testing.T, test func(*testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// elapse waits until the watcher has nothing to do but wait, and then for d.
func elapse(d time.Duration) {
	synctest.Wait()
	time.Sleep(d)
	synctest.Wait()
}

// requireOnce checks that a payment was delivered once, with the given end.
func requireOnce(t *testing.T, sink *memory, p *paymentrpc.Payment,
	want paymentrpc.Payment_PaymentStatus,
	reason paymentrpc.PaymentFailureReason) {

	t.Helper()

	rows := sink.delivered(p)
	require.Len(t, rows, 1)
	require.Equal(t, want, rows[0].Status)
	require.Equal(t, reason, rows[0].FailureReason)
}

// rejection is an attempt of two hops that the recipient failed.
func rejection(code paymentrpc.Failure_FailureCode) *paymentrpc.HTLCAttempt {
	return &paymentrpc.HTLCAttempt{
		Status: paymentrpc.HTLCAttempt_FAILED,
		Route: &paymentrpc.Route{
			Hops: []*paymentrpc.Hop{{ChanId: 1}, {ChanId: 2}},
		},
		Failure: &paymentrpc.Failure{Code: code, FailureSourceIndex: 2},
	}
}
