//go:build tower && patched

package oncetower

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// This file says how a payment behaves. It is written from the contract in
// README.md, and nothing of lnd decides here.

// rank is a failure reason, as its place in the order of specificity.
type rank int

// noReason is the rank of a payment without a failure reason.
const noReason rank = 0

// ranks names the failure reasons, from the least to the most specific.
var ranks = []string{
	"NONE", "ERROR", "CANCELED", "TIMEOUT", "NO_ROUTE",
	"INSUFFICIENT_BALANCE", "INCORRECT_PAYMENT_DETAILS",
}

// shard is an HTLC attempt of a payment. One that is single carries no MPP
// record.
type shard struct {
	id     uint64
	amount int
	single bool
	result string
}

// What becomes of a shard.
const (
	pending = "pending"
	paid    = "paid"
	failed  = "failed"
)

// byID orders shards.
func byID(a, b shard) int {
	return cmp.Compare(a.id, b.id)
}

// try is a payment: one run of a payment hash. Its time of creation, which is
// never zero, tells it from the others of that hash.
type try struct {
	created int64
	reason  rank

	// shards lists them by their ID.
	shards []shard
}

// has returns whether a shard of the payment has that result.
func (p try) has(result string) bool {
	return slices.ContainsFunc(p.shards, func(s shard) bool {
		return s.result == result
	})
}

// status returns the name of the payment's status.
func (p try) status() string {
	switch {
	case p.created == 0:
		return "none"

	case p.has(pending):
		return "In Flight"

	case p.has(paid):
		return "Succeeded"

	case p.reason != noReason:
		return "Failed"

	case p.has(failed):
		return "In Flight"
	}

	return "Initiated"
}

// ended returns whether the payment is terminal.
func (p try) ended() bool {
	return p.status() == "Succeeded" || p.status() == "Failed"
}

// live returns whether there is a payment that has not ended.
func (p try) live() bool {
	return p.created != 0 && !p.ended()
}

// String describes all that two equal payments have in common.
func (p try) String() string {
	if p.created == 0 {
		return "none"
	}

	shards := make([]string, 0, len(p.shards))
	for _, s := range p.shards {
		shards = append(shards, fmt.Sprintf("%d:%d:%s", s.id, s.amount,
			s.result))
	}

	return fmt.Sprintf("created %d: %s %s [%s]", p.created, p.status(),
		ranks[p.reason], strings.Join(shards, " "))
}

// withoutFailed returns the payment after its failed shards were deleted.
func (p try) withoutFailed() try {
	p.shards = slices.DeleteFunc(
		slices.Clone(p.shards), func(s shard) bool {
			return s.result == failed
		},
	)

	return p
}

// action is what is done to a payment.
type action string

const (
	initiate     action = "initiate"
	initiateWith action = "initiate with"
	register     action = "register"
	settle       action = "settle"
	fail         action = "fail"
	failBecause  action = "fail because"
	giveUp       action = "give up"
	remove       action = "remove"
	removeFailed action = "remove failed"
)

// change is an action on the payment of a hash, with what it needs.
type change struct {
	action  action
	created int64
	shard   shard
	amp     bool
	reason  rank

	// deleteFailed deletes the failed shards if the payment ends with it.
	deleteFailed bool
}

// apply returns the payment after a change, and what is announced of it: nil if
// it is no news. If the change is refused, nothing has changed and ok is false.
func (p try) apply(c change) (next try, news *try, ok bool) {
	switch c.action {
	case initiate, initiateWith:
		if p.created != 0 && p.status() != "Failed" {
			return p, nil, false
		}

		next = try{created: c.created}
		if c.action == initiateWith {
			if !next.takes(c.shard) {
				return p, nil, false
			}
			next.shards = []shard{c.shard}
		}

	case register:
		if !p.takes(c.shard) {
			return p, nil, false
		}

		next = p
		next.shards = append(slices.Clone(p.shards), c.shard)
		slices.SortFunc(next.shards, byID)

	case settle, fail, failBecause:
		return p.resolve(c)

	case giveUp:
		if p.created == 0 {
			return p, nil, false
		}

		next = p.propose(c.reason)
		if next.reason == p.reason {
			return p, nil, true
		}

	case remove, removeFailed:
		if p.created == 0 || p.status() == "In Flight" {
			return p, nil, false
		}
		if c.action == remove {
			return try{}, nil, true
		}

		return p.withoutFailed(), nil, true
	}

	return next, &next, true
}

// resolve applies the result of a shard. That of any other shard than one of
// this payment that is pending is refused.
func (p try) resolve(c change) (next try, news *try, ok bool) {
	i := slices.IndexFunc(p.shards, func(s shard) bool {
		return s.id == c.shard.id && s.result == pending
	})
	if i < 0 {
		return p, nil, false
	}

	next = p
	if c.action == failBecause {
		next = p.propose(c.reason)
	}
	next.shards = slices.Clone(p.shards)

	if c.action == settle {
		next.shards[i].result = paid
		next.reason = noReason
	} else {
		next.shards[i].result = failed
	}

	told := next
	if c.deleteFailed && next.ended() {
		next = next.withoutFailed()
	}

	return next, &told, true
}

// propose returns the payment after a reason to fail was proposed. It is kept
// if it is more specific than the one before. A payment that has ended, or that
// can only succeed, is sealed.
func (p try) propose(reason rank) try {
	if !p.ended() && !p.has(paid) {
		p.reason = max(p.reason, reason)
	}

	return p
}

// takes returns whether the payment can have one more shard: it is neither
// sealed nor given up, all pending shards are of one kind, and together they
// are not worth more than the payment.
func (p try) takes(s shard) bool {
	if !p.live() || p.reason != noReason || p.has(paid) {
		return false
	}

	sent := s.amount
	for _, other := range p.shards {
		if other.result != pending {
			continue
		}
		if other.single != s.single {
			return false
		}
		sent += other.amount
	}

	return sent <= worth && (!s.single || s.amount == worth)
}
