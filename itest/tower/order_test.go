//go:build tower && patched

package oncetower

import (
	"fmt"
	"slices"
	"strings"
)

// attempted is a change that was made in lnd, and the error it returned.
type attempted struct {
	change
	err error
}

// String describes the change and its end.
func (a attempted) String() string {
	text := string(a.action)
	if a.created != 0 {
		text += fmt.Sprintf(", created %d", a.created)
	}
	if a.shard.id != 0 {
		text += fmt.Sprintf(", shard %d", a.shard.id)
	}
	if a.shard.amount != 0 {
		text += fmt.Sprintf(":%d single=%t", a.shard.amount,
			a.shard.single)
	}
	if a.action == failBecause || a.action == giveUp {
		text += ", " + ranks[a.reason]
	}
	if a.deleteFailed {
		text += ", delete failed"
	}
	if a.err != nil {
		return text + ": " + a.err.Error()
	}

	return text + ": ok"
}

// announcement is what the subscribers are told of a payment, or that it is
// gone, which they are not told.
type announcement struct {
	text string
	live bool
	gone bool

	// batch is the number of the batch of changes that led to it.
	batch int
}

// order is one way in which changes can have followed each other.
type order struct {
	// told is what was announced, in its order.
	told []announcement

	// passed lists the payments in between, the first and last included.
	passed []try
}

// texts returns what the subscribers are told.
func (o order) texts() []string {
	return texts(o.told)
}

// backwards returns whether a payment followed one that was created later: two
// that are initiated at once may have read the clock in the other order.
func (o order) backwards() bool {
	var latest int64
	for _, t := range o.passed {
		if t.created != 0 && t.created < latest {
			return true
		}
		latest = max(latest, t.created)
	}

	return false
}

// texts returns what subscribers to all payments are told.
func texts(told []announcement) []string {
	var all []string
	for _, a := range told {
		if !a.gone {
			all = append(all, a.text)
		}
	}

	return all
}

// orders returns every order of concurrent changes to a payment in which each
// change returns what it has returned in lnd, and which leads to the payment
// that lnd has now.
func orders(before try, after string, changes []attempted) []order {
	o := order{passed: []try{before}}
	if len(changes) == 0 {
		if before.String() != after {
			return nil
		}

		return []order{o}
	}

	var all []order
	for i, c := range changes {
		rest := slices.Delete(slices.Clone(changes), i, i+1)
		for _, b := range branches(before, c, rest) {
			for _, o := range orders(b.next, after, b.rest) {
				all = append(all, order{
					told: slices.Concat(b.told, o.told),
					passed: append(
						[]try{before}, o.passed...,
					),
				})
			}
		}
	}

	return all
}

// branch is the first change of an order, with the changes left after it.
type branch struct {
	told []announcement
	next try
	rest []attempted
}

// branches returns what can happen if this change is the first.
func branches(before try, c attempted, rest []attempted) []branch {
	next, news, ok := before.apply(c.change)
	if ok == (c.err == nil) {
		var told []announcement
		switch {
		case news != nil:
			told = []announcement{{
				text: news.String(), live: news.live(),
			}}

		case ok && c.action == remove && before.live():
			told = []announcement{{gone: true}}
		}

		return []branch{{told: told, next: next, rest: rest}}
	}

	// lnd deletes payments at any time, also between storing that one was
	// initiated and reading it in order to announce it. That is an error
	// for who has initiated it, and as if nothing had ever happened.
	if c.action != initiate || !ok ||
		!strings.Contains(c.err.Error(), "payment isn't initiated") {

		return nil
	}
	var all []branch
	for i, r := range rest {
		if r.action == remove && r.err == nil {
			all = append(all, branch{
				rest: slices.Delete(slices.Clone(rest), i, i+1),
			})
		}
	}

	return all
}
