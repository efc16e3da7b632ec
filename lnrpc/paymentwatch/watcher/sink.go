package watcher

import (
	"context"

	"lnd-once/lnrpc/paymentrpc"
)

// Position says which payments of a node have been delivered: all with an index
// below Next, and those in Beyond. Should the node number its payments anew, the
// rest says it without the indexes.
type Position struct {
	// Next is the lowest payment index that has not been delivered and is
	// not known never to be.
	Next uint64

	// Beyond holds the indexes above Next that have been delivered, or are
	// known never to be: ascending ranges that do not overlap. While one
	// payment stays in flight for long they are many, but they have few
	// gaps: one for every payment that is in flight.
	Beyond []Range

	// Newest is the creation time, in nanoseconds since the epoch, of the
	// newest payment among all those. A payment that is newer is none of
	// them, whatever its index: SQLite gives the index of a deleted row to
	// the next one. Zero means that it is not known, and that the watcher
	// has to trust the index alone.
	Newest int64

	// Whole is a creation time, no later than Newest: of the payments up to
	// there all have been delivered, or are known never to be, but those in
	// Open. Those above it the sink is asked for.
	Whole int64
	Open  []Run

	// Began is a creation time, if the watcher did not begin with all
	// payments: those up to there are not delivered, but for those that were
	// in flight then. It never changes.
	Began int64

	// Last are the last payments that were seen, ascending by index. Where
	// the node has none of them any more, its indexes are not ours.
	Last []Run
}

// Run is one run of a payment hash, from its creation to its end. Hash and
// creation time identify it, whatever its index. Sinks may keep it as JSON.
type Run struct {
	Hash    string `json:"payment_hash"`
	Created int64  `json:"creation_time_ns"`
	Index   uint64 `json:"payment_index"`
}

// Same returns whether two runs are the same. Databases may differ in a creation
// time by a microsecond, and a retry takes longer than that.
func (r Run) Same(other Run) bool {
	return r.Hash == other.Hash && r.Created <= other.Created+precision &&
		other.Created <= r.Created+precision
}

// Range is the indexes from First up to, and including, Last.
type Range struct {
	First, Last uint64
}

// Sink stores outcomes and the position they bring the watcher to. It is what to
// implement in order to keep them in another place than those of package sink.
// The watcher makes one call at a time, and after an error of one it makes no
// other.
//
// The interface is stable: methods are neither added nor changed. Position may get
// more fields; a sink has to keep all of them, for instance as JSON.
type Sink interface {
	// Position returns the position last stored, or nil if there is none
	// yet.
	Position(ctx context.Context) (*Position, error)

	// Deliver stores the outcomes and the position in one transaction:
	// after a crash either all of them are there or none. Outcomes are
	// terminal payments, ascending by index. There may be none of them, if
	// only the position has changed. A position can also go back.
	Deliver(ctx context.Context, outcomes []*Outcome,
		position Position) error

	// Holds returns for each run whether the sink holds its outcome. It is
	// asked when the node has numbered its payments anew. A sink that cannot
	// know says that it does not, and is told again.
	Holds(ctx context.Context, runs []Run) ([]bool, error)
}

// Outcome is how one payment ended.
type Outcome struct {
	// Payment is the payment as the node reported it last, with the status
	// and the failure reason that were decided on. SUCCEEDED never carries
	// a reason, FAILED always does. Hash and creation time identify it, or
	// index and creation time; the index alone does not.
	Payment *paymentrpc.Payment
}
