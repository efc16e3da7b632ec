package model

import (
	"fmt"
	"slices"
)

// Action is what is done to a payment.
type Action string

// The actions that change a payment.
const (
	Initiate     Action = "initiate"
	InitiateWith Action = "initiate-with"
	Register     Action = "register"
	Settle       Action = "settle"
	Fail         Action = "fail"
	FailBecause  Action = "fail-because"
	GiveUp       Action = "give-up"
	Remove       Action = "remove"
	RemoveFailed Action = "remove-failed"
)

// Change is an action on the payment of a hash, with what it needs.
type Change struct {
	Action  Action
	Created int64
	Shard   Shard
	AMP     bool
	Reason  Reason

	// DeleteFailed deletes the failed shards if the payment ends with it.
	DeleteFailed bool
}

// String describes the change.
func (c Change) String() string {
	text := string(c.Action)
	if c.Created != 0 {
		text += fmt.Sprintf(", created %d", c.Created)
	}
	if c.Shard.ID != 0 {
		text += fmt.Sprintf(", shard %d", c.Shard.ID)
	}
	if c.Shard.Amount != 0 {
		text += fmt.Sprintf(":%d single=%t", c.Shard.Amount,
			c.Shard.Single)
	}
	if c.Action == FailBecause || c.Action == GiveUp {
		text += ", " + c.Reason.String()
	}
	if c.DeleteFailed {
		text += ", delete failed"
	}

	return text
}

// Effect is what a change makes of a payment.
type Effect struct {
	// Next is the payment after the change.
	Next Run

	// News is what is announced of it, nil if it is no news.
	News *Run

	// Refused is true if the change is an error, and nothing has changed.
	Refused bool
}

// refused returns the effect of a change that is an error.
func (r Run) refused() Effect {
	return Effect{Next: r, Refused: true}
}

// Apply returns what a change makes of the payment.
func (r Run) Apply(c Change) Effect {
	switch c.Action {
	case Initiate, InitiateWith:
		return r.initiate(c)

	case Register:
		if !r.takes(c.Shard) {
			return r.refused()
		}

		next := r
		next.Shards = append(slices.Clone(r.Shards), c.Shard)
		slices.SortFunc(next.Shards, ByID)

		return Effect{Next: next, News: &next}

	case GiveUp:
		next := r.propose(c.Reason)
		switch {
		case r.Created == 0:
			return r.refused()

		case next.Reason == r.Reason:
			return Effect{Next: r}
		}

		return Effect{Next: next, News: &next}

	case Remove, RemoveFailed:
		switch {
		case !r.Ended():
			return r.refused()

		case c.Action == Remove:
			return Effect{}
		}

		return Effect{Next: r.withoutFailed()}
	}

	return r.resolve(c)
}

// initiate begins a new payment, unless the one before can still succeed or
// has.
func (r Run) initiate(c Change) Effect {
	if r.Created != 0 && r.Status() != "Failed" {
		return r.refused()
	}

	next := Run{Created: c.Created}
	if c.Action == InitiateWith {
		if !next.takes(c.Shard) {
			return r.refused()
		}
		next.Shards = []Shard{c.Shard}
	}

	return Effect{Next: next, News: &next}
}

// resolve applies the result of a shard. That of any other shard than one of
// this payment that is pending is refused.
func (r Run) resolve(c Change) Effect {
	i := slices.IndexFunc(r.Shards, func(s Shard) bool {
		return s.ID == c.Shard.ID && s.Result == Pending
	})
	if i < 0 {
		return r.refused()
	}

	next := r
	if c.Action == FailBecause {
		next = r.propose(c.Reason)
	}
	next.Shards = slices.Clone(r.Shards)

	if c.Action == Settle {
		next.Shards[i].Result = Paid
		next.Reason = NoReason
	} else {
		next.Shards[i].Result = Failed
	}

	told := next
	if c.DeleteFailed && next.Ended() {
		next = next.withoutFailed()
	}

	return Effect{Next: next, News: &told}
}

// propose returns the payment after a reason to fail was proposed. It is kept
// if it is more specific than the one before. A payment that has ended, or that
// can only succeed, is sealed.
func (r Run) propose(reason Reason) Run {
	if !r.Ended() && !r.Has(Paid) {
		r.Reason = max(r.Reason, reason)
	}

	return r
}

// takes returns whether the payment can have one more shard: it is neither
// sealed nor given up, all pending shards are of one kind, and together they
// are not worth more than the payment.
func (r Run) takes(s Shard) bool {
	if !r.Live() || r.Reason != NoReason || r.Has(Paid) {
		return false
	}

	sent := s.Amount
	for _, other := range r.Shards {
		if other.Result != Pending {
			continue
		}
		if other.Single != s.Single {
			return false
		}
		sent += other.Amount
	}

	return sent <= Worth && (!s.Single || s.Amount == Worth)
}

// withoutFailed returns the payment after its failed shards were deleted.
func (r Run) withoutFailed() Run {
	r.Shards = slices.DeleteFunc(
		slices.Clone(r.Shards), func(s Shard) bool {
			return s.Result == Failed
		},
	)

	return r
}
