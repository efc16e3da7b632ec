package watcher

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// errDown is what a node that is not there answers.
var errDown = status.Error(codes.Unavailable, "connection refused")

// node is a node in memory: its database of payments and its streams.
type node struct {
	mu sync.Mutex

	// reuses is true if the database gives the index of a deleted row to
	// the next one, as SQLite does.
	reuses bool

	// skew is how far the node's clock is ahead of ours.
	skew time.Duration

	// delay is how long the node takes to begin a stream.
	delay time.Duration

	// maxMessage is how large a page may be, or zero for any size.
	maxMessage int

	// starts is how often the node was started with other indexes.
	starts int

	// down is the error of every call, or nil if the node is up.
	down error

	rows    map[uint64]*paymentrpc.Payment
	last    uint64
	created int64
	streams []*stream
	lists   []*paymentrpc.ListPaymentsRequest
}

// newNode returns a node that has made no payment.
func newNode() *node {
	return &node{rows: make(map[uint64]*paymentrpc.Payment)}
}

// ListPayments returns a page as lnd does.
func (n *node) ListPayments(ctx context.Context,
	in *paymentrpc.ListPaymentsRequest, _ ...grpc.CallOption) (
	*paymentrpc.ListPaymentsResponse, error) {

	n.mu.Lock()
	defer n.mu.Unlock()

	n.lists = append(n.lists, in)
	if n.down != nil || ctx.Err() != nil {
		return nil, cmpErr(n.down, ctx.Err())
	}

	indexes := slices.Sorted(maps.Keys(n.rows))
	indexes = slices.DeleteFunc(indexes, func(index uint64) bool {
		if in.Reversed {
			return in.IndexOffset != 0 && index >= in.IndexOffset
		}

		return index <= in.IndexOffset
	})
	if extra := len(indexes) - int(in.MaxPayments); extra > 0 {
		if in.Reversed {
			indexes = indexes[extra:]
		} else {
			indexes = indexes[:in.MaxPayments]
		}
	}

	page := &paymentrpc.ListPaymentsResponse{}
	for _, index := range indexes {
		page.Payments = append(page.Payments, clone(n.rows[index]))
	}
	if size := proto.Size(page); n.maxMessage > 0 && size > n.maxMessage {
		return nil, status.Errorf(codes.ResourceExhausted, "grpc: "+
			"received message larger than max (%d vs. %d)", size,
			n.maxMessage)
	}

	return page, nil
}

// cmpErr returns the first error that is not nil.
func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}

	return nil
}

// stream is a client's stream of updates.
type stream struct {
	paymentrpc.UpdateStream

	ctx     context.Context
	updates chan *paymentrpc.Payment
	end     chan error
}

// Recv returns the next update. What was sent before the end is received.
func (s *stream) Recv() (*paymentrpc.Payment, error) {
	select {
	case p := <-s.updates:
		return p, nil
	default:
	}

	select {
	case p := <-s.updates:
		return p, nil

	case err := <-s.end:
		return nil, err

	case <-s.ctx.Done():
		return nil, status.FromContextError(s.ctx.Err()).Err()
	}
}

// TrackPayments begins a stream, a moment after it returns. It starts with the
// payments in flight.
func (n *node) TrackPayments(ctx context.Context,
	in *paymentrpc.TrackPaymentsRequest, _ ...grpc.CallOption) (
	paymentrpc.UpdateStream, error) {

	n.mu.Lock()
	defer n.mu.Unlock()

	s := &stream{
		ctx: ctx, updates: make(chan *paymentrpc.Payment, 100_000),
		end: make(chan error, 1),
	}
	if n.down != nil {
		s.end <- n.down

		return s, nil
	}

	starts := n.starts
	time.AfterFunc(n.delay, func() {
		n.mu.Lock()
		defer n.mu.Unlock()

		if n.down != nil || n.starts != starts {
			s.end <- errDown

			return
		}
		n.streams = append(n.streams, s)
		for _, p := range n.rows {
			if !terminal(p) {
				s.updates <- clone(p)
			}
		}
	})

	return s, nil
}

// announce sends an update to all streams.
func (n *node) announce(p *paymentrpc.Payment) {
	for _, s := range n.streams {
		s.updates <- clone(p)
	}
}

// cut ends all streams.
func (n *node) cut(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()

	n.cutLocked(err)
}

// cutLocked ends all streams, with the lock held.
func (n *node) cutLocked(err error) {
	for _, s := range n.streams {
		s.end <- err
	}
	n.streams = nil
}

// setDown takes the node down, or up if there is no error.
func (n *node) setDown(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()

	n.down = err
	if err != nil {
		n.cutLocked(err)
	}
}
