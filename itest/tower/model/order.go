package model

import (
	"fmt"
	"slices"
)

// Attempted is a change that was made in lnd, and the error it returned.
type Attempted struct {
	Change
	Err error

	// Unsure is true if an error does not say whether it has had an effect.
	Unsure bool
}

// String describes the change and its end.
func (a Attempted) String() string {
	if a.Err != nil {
		return fmt.Sprintf("%v: %v", a.Change, a.Err)
	}

	return a.Change.String() + ": ok"
}

// effects returns what the change can have made of a payment, given what it has
// returned.
func (a Attempted) effects(before Run) []Effect {
	effect := before.Apply(a.Change)
	switch {
	case effect.Refused == (a.Err != nil):
		return []Effect{effect}

	case a.Err != nil && a.Unsure:
		return []Effect{effect, before.refused()}
	}

	return nil
}

// Announcement is what the subscribers are told of a payment.
type Announcement struct {
	Text string
	Live bool
}

// Announce returns the announcement of a payment.
func Announce(r Run) Announcement {
	return Announcement{Text: r.String(), Live: r.Live()}
}

// Texts returns what subscribers to all payments are told.
func Texts(told []Announcement) []string {
	var all []string
	for _, a := range told {
		all = append(all, a.Text)
	}

	return all
}

// Order is one way in which changes can have followed each other.
type Order struct {
	// Told is what was announced, in its order.
	Told []Announcement

	// Passed lists the payments in between, the first and last included.
	Passed []Run
}

// Last returns the payment after all changes.
func (o Order) Last() Run {
	return o.Passed[len(o.Passed)-1]
}

// Backwards returns whether a payment followed one that was created later: two
// that are initiated at once may have read the clock in the other order.
func (o Order) Backwards() bool {
	var latest int64
	for _, r := range o.Passed {
		if r.Created != 0 && r.Created < latest {
			return true
		}
		latest = max(latest, r.Created)
	}

	return false
}

// Orders returns every order of concurrent changes to a payment in which each
// change returns what it has returned in lnd, and which leads to the payment
// that lnd has now, described.
func Orders(before Run, after string, changes []Attempted) []Order {
	if len(changes) == 0 {
		if before.String() != after {
			return nil
		}

		return []Order{{Passed: []Run{before}}}
	}

	var all []Order
	for i, c := range changes {
		rest := slices.Delete(slices.Clone(changes), i, i+1)
		for _, effect := range c.effects(before) {
			var told []Announcement
			if effect.News != nil {
				told = []Announcement{Announce(*effect.News)}
			}
			for _, o := range Orders(effect.Next, after, rest) {
				all = append(all, Order{
					Told: slices.Concat(told, o.Told),
					Passed: append(
						[]Run{before}, o.Passed...,
					),
				})
			}
		}
	}

	return all
}
