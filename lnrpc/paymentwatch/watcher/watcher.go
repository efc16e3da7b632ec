package watcher

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"google.golang.org/grpc"
)

const (
	// pageSize is how many payments are read, and how many are delivered,
	// at a time. Fewer are read if so many are larger than a message.
	pageSize = 500

	// maxEnded is how many payments that have ended may wait in the inbox,
	// and how many may be held back. Those above it are left to the
	// database, and are delivered before their time, respectively.
	maxEnded = 1000

	// sweepEvery is how often the database is read for what the stream may
	// not have told. The first time is firstSweep after the connection: the
	// stream begins a moment after we have asked for it, and what we missed
	// of a failure by that should be known before DefaultHold is over.
	sweepEvery = time.Minute
	firstSweep = 2 * time.Second

	// rereadWait is how long, at most, the failures that were held back
	// when the connection was lost wait to be read again.
	rereadWait = time.Hour

	// listTimeout is how long a page may take.
	listTimeout = 2 * time.Minute
)

// maxMessage is the call option that lets messages be as large as lnd makes
// them.
var maxMessage = grpc.MaxCallRecvMsgSize(paymentrpc.MaxMessage)

// Watcher delivers the outcomes of a node's payments. It is used once.
type Watcher struct {
	cfg Config

	// ledger is nil until the position to begin from is known.
	ledger *ledger

	// pageLimit is how many payments of the database that is read just now
	// have been found to fit into a message.
	pageLimit uint64

	retry backoff

	// liveAt is when what was found while catching up has been delivered.
	// It is zero until that is known, and once the watcher is live.
	liveAt time.Time

	backlog backlog
}

// New returns a watcher that has not begun yet.
func New(cfg Config) *Watcher {
	if cfg.OnState == nil {
		cfg.OnState = func(State) {}
	}

	return &Watcher{cfg: cfg, pageLimit: pageSize}
}

// Run delivers outcomes until the context ends, the sink fails or the node
// refuses for good. It returns why, and leaves no goroutine behind. While the
// node cannot be reached, it tries again.
func (w *Watcher) Run(ctx context.Context) error {
	position, err := w.cfg.Sink.Position(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSink, err)
	}
	if position != nil {
		w.ledger = newLedger(position)
	}

	for {
		err := w.session(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := final(err); err != nil {
			return err
		}

		var wait time.Duration
		if !errors.Is(err, errOverflow) {
			wait = w.retry.next()
		}
		w.tell(State{Phase: Disconnected, Err: err, Retry: wait})

		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// session follows the node for as long as the connection lasts. It subscribes
// before it reads the database, so that what happens meanwhile is in the one
// or the other, and reads again from time to time. It returns why it ended.
func (w *Watcher) session(ctx context.Context) error {
	box, stop, err := w.subscribe(ctx)
	if err != nil {
		return err
	}
	defer stop()

	w.liveAt = time.Time{}
	w.tell(State{Phase: CatchingUp})
	if err := w.begin(ctx); err != nil {
		return err
	}
	if err := w.checkNumbering(ctx, box); err != nil {
		return err
	}
	if err := w.sweep(ctx, box, true); err != nil {
		return err
	}
	w.retry.reset()
	w.liveAt = w.ledger.lastDue(time.Now())

	for wait := firstSweep; ; wait = sweepEvery {
		err := w.follow(ctx, box, time.Now().Add(wait))
		if err != nil {
			return err
		}
		if err := w.sweep(ctx, box, false); err != nil {
			return err
		}
	}
}

// subscribe opens a stream and begins to fill an inbox from it. The returned
// function closes the stream and waits until nobody reads it any more.
func (w *Watcher) subscribe(ctx context.Context) (*inbox, func(), error) {
	ctx, cancel := context.WithCancel(ctx)

	// Updates of payments in flight tell us which there are, also those
	// whose index is below one that we know of already.
	stream, err := w.cfg.Router.TrackPayments(
		ctx, &paymentrpc.TrackPaymentsRequest{}, maxMessage,
	)
	if err != nil {
		cancel()

		return nil, nil, fmt.Errorf("unable to track payments: %w", err)
	}

	box := newInbox()
	w.backlog.connect(box)
	read := make(chan struct{})
	go func() {
		defer close(read)
		box.read(stream.Recv, w.cfg.HoldFailures, maxEnded)

		// A stream that was given up must not fill the node's memory.
		cancel()
	}()

	return box, func() {
		cancel()
		<-read
	}, nil
}

// begin decides where to begin if the sink could not tell.
func (w *Watcher) begin(ctx context.Context) error {
	if w.ledger != nil {
		w.ledger.hold(time.Now().Add(rereadWait))
		w.ledger.fromNow.restart()
		w.ledger.beginReading()

		return nil
	}

	// The newest payment below is that which later ones are told from by
	// their age. Indexes are in the order of creation almost, but not
	// quite. If there is none, every payment is newer.
	from := w.cfg.From
	position := &Position{Next: from.index, Newest: 1}
	if from.now || from.index > 1 {
		below, err := w.list(ctx, from.index, pageSize, true)
		if err != nil {
			return err
		}
		for _, p := range below {
			position.Newest = max(
				position.Newest, p.GetCreationTimeNs(),
			)
			if from.now {
				position.Next = p.GetPaymentIndex() + 1
			}
			position.Last = append(position.Last, RunOf(p))
		}
		position.Began = position.Newest
	}
	position.Whole = position.Newest
	position.Last = position.Last[max(0, len(position.Last)-keepLast):]

	w.ledger = newLedger(position)
	w.ledger.dirty = true
	if from.now {
		w.ledger.fromNow.start()
	}

	return nil
}

// tell reports a state.
func (w *Watcher) tell(s State) {
	if w.ledger != nil {
		s.Gone = w.ledger.gone
	}
	w.cfg.OnState(s)
}
