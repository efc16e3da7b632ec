package watcher

import (
	"context"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"google.golang.org/grpc"
)

// DefaultHold is a time to hold failures back for that suits stock nodes: what
// they announce a second time comes within milliseconds of the first.
const DefaultHold = 3 * time.Second

// PaymentLister is what the watcher needs of a paymentrpc.Client to read what the
// node has stored.
type PaymentLister interface {
	// ListPayments returns a page of the payments that the node holds.
	ListPayments(ctx context.Context, in *paymentrpc.ListPaymentsRequest,
		opts ...grpc.CallOption) (*paymentrpc.ListPaymentsResponse,
		error)
}

// PaymentTracker is what the watcher needs of a paymentrpc.Client to follow the
// node.
type PaymentTracker interface {
	// TrackPayments streams the updates of all payments.
	TrackPayments(ctx context.Context, in *paymentrpc.TrackPaymentsRequest,
		opts ...grpc.CallOption) (paymentrpc.UpdateStream, error)
}

// Config is what a Watcher works with. All but OnState is required.
type Config struct {
	// Payments and Router are the clients of one node, or one for both.
	Payments PaymentLister
	Router   PaymentTracker

	// Sink takes the outcomes and keeps the position.
	Sink Sink

	// From says where to begin if the sink holds no position yet. The zero
	// value is FromBeginning.
	From From

	// HoldFailures is how long a failure is held back, so that a more
	// specific reason that a stock node announces right after it still
	// counts. A patched node needs none.
	HoldFailures time.Duration

	// OnState is called with every change of state, never concurrently. It
	// must not block.
	OnState func(State)
}

// From says where a watcher begins that has never run before.
type From struct {
	now   bool
	index uint64
}

// FromBeginning delivers everything that the node still knows of.
func FromBeginning() From {
	return From{}
}

// FromIndex delivers the payments with this index and those above it. If there
// is none yet, it delivers those made from now on, whatever their index.
func FromIndex(index uint64) From {
	return From{index: index}
}

// FromNow delivers the payments that end from now on. Those in flight just now
// are among them.
func FromNow() From {
	return From{now: true}
}

// Phase is what the watcher is doing.
type Phase string

const (
	// Disconnected means that there is no connection to the node.
	Disconnected Phase = "disconnected"

	// CatchingUp means that the watcher is connected, reads what has
	// happened while it was not, and delivers it. That takes as long as
	// failures are held back.
	CatchingUp Phase = "catching up"

	// Live means that the watcher follows the node.
	Live Phase = "live"
)

// State is what the watcher tells of itself.
type State struct {
	// Phase is what the watcher is doing.
	Phase Phase

	// Err is why there is no connection, if it is Disconnected.
	Err error

	// Retry is after what time the next attempt to connect is made, if it
	// is Disconnected.
	Retry time.Duration

	// Done and Total say, if it is CatchingUp, how many payment indexes
	// have been read and how many there were when it began. The payments
	// are fewer if some were deleted. Both are zero until that is known.
	Done, Total uint64

	// Anew is true, once, if the node does not have the payments that were
	// seen last under their indexes. It may have numbered all of them anew,
	// so they are read from the first one on.
	Anew bool

	// Gone is how many payments this watcher has seen in flight that the
	// node then no longer had: they were deleted or retried while there
	// was no connection, so that nobody knows how they ended.
	Gone uint64
}
