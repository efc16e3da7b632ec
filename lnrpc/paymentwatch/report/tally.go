package report

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/sink"
)

// msat is a satoshi in millisatoshis.
const msat = 1000

var (
	succeeded = paymentrpc.Payment_SUCCEEDED.String()
	inFlight  = paymentrpc.HTLCAttempt_IN_FLIGHT.String()
	failed    = paymentrpc.HTLCAttempt_FAILED.String()

	// untold are the failures of which nobody knows where they were.
	untold = []string{
		paymentrpc.Failure_UNKNOWN_FAILURE.String(),
		paymentrpc.Failure_UNREADABLE_FAILURE.String(),
	}
)

// outcome is a status and a reason.
type outcome struct {
	status, reason string
}

// tally adds up payments and attempts.
type tally struct {
	total *Report

	reasons                     map[outcome]*Reason
	days, destinations, amounts map[string]*Group
	hops, channels              map[string]*Place
}

// newTally returns a tally of nothing yet.
func newTally(identity sink.Identity) *tally {
	return &tally{
		total: &Report{
			Identity: identity, hours: make(map[int64]*Group),
		},
		reasons:      make(map[outcome]*Reason),
		days:         make(map[string]*Group),
		destinations: make(map[string]*Group),
		amounts:      make(map[string]*Group),
		hops:         make(map[string]*Place),
		channels:     make(map[string]*Place),
	}
}

// payment adds a payment.
func (t *tally) payment(p *sink.Payment) {
	what := outcome{status: p.Status}
	if p.FailureReason != nil {
		what.reason = *p.FailureReason
	}
	r := entry(t.reasons, what, Reason{
		Status: what.status, Reason: what.reason,
	})
	r.Payments++
	r.Value += p.ValueMsat
	r.Fees += p.FeeMsat

	hour := p.CreationTime.Truncate(time.Hour).Unix()
	destination := ""
	if p.Destination != nil {
		destination = *p.Destination
	}
	for _, group := range []*Group{
		&t.total.all, entry(t.total.hours, hour, Group{}),
		named(t.days, p.CreationTime.Format(time.DateOnly)),
		named(t.destinations, destination),
		named(t.amounts, amount(p.ValueMsat)),
	} {
		group.add(p)
	}

	if p.Status != succeeded {
		return
	}
	if p.ResolveTime != nil {
		t.total.settled = append(
			t.total.settled, p.ResolveTime.Sub(p.CreationTime),
		)
	}
	if p.ValueMsat > 0 {
		t.total.rates = append(t.total.rates, float64(p.FeeMsat)*1e6/
			float64(p.ValueMsat))
	}
}

// entry returns what a map has for a key. If that is nothing it is the given value
// from now on.
func entry[K comparable, V any](entries map[K]*V, key K, begin V) *V {
	if entries[key] == nil {
		first := begin
		entries[key] = &first
	}

	return entries[key]
}

// named returns the group of a name.
func named(groups map[string]*Group, name string) *Group {
	return entry(groups, name, Group{Name: name})
}

// add adds a payment.
func (g *Group) add(p *sink.Payment) {
	if p.Status != succeeded {
		g.Failed++

		return
	}
	g.Succeeded++
	g.Value += p.ValueMsat
	g.Fees += p.FeeMsat
}

// amount returns the order of magnitude of an amount, in satoshis: its first
// and its last number.
func amount(value int64) string {
	if value < msat {
		return "0"
	}
	first, last := "1", "9"
	for range len(strconv.FormatInt(value/msat, 10)) - 1 {
		first, last = first+"0", last+"9"
	}

	return first + "-" + last
}

// attempt adds an attempt. On its way it has come to the node itself, which is
// place 0, and to the hops, until one of them let it fail. A node that is not the
// last one could not use the channel behind it.
func (t *tally) attempt(a *sink.Attempt) {
	if a.Status == inFlight {
		return
	}
	end := len(a.Hops)
	if a.Status == failed {
		if a.FailureCode == nil || a.FailureSource == nil ||
			slices.Contains(untold, *a.FailureCode) ||
			int(*a.FailureSource) > len(a.Hops) {

			code := "unknown"
			place(t.hops, "").fail(code)
			place(t.channels, "").fail(code)

			return
		}
		end = int(*a.FailureSource)
	}

	place(t.hops, t.total.PubKey).Tried++
	for i, hop := range a.Hops[:end] {
		place(t.hops, hop.PubKey).Tried++
		place(t.channels, channel(a.Hops[i])).Tried++
	}
	if a.Status != failed {
		return
	}
	if end < len(a.Hops) {
		next := place(t.channels, channel(a.Hops[end]))
		next.Tried++
		next.fail(*a.FailureCode)
	}
	at := t.total.PubKey
	if end > 0 {
		at = a.Hops[end-1].PubKey
	}
	place(t.hops, at).fail(*a.FailureCode)
}

// channel returns the name of the channel to a hop.
func channel(hop *sink.Hop) string {
	return strconv.FormatUint(hop.ChanID, 10)
}

// place returns the place of a name.
func place(places map[string]*Place, name string) *Place {
	return entry(places, name, Place{Name: name})
}

// fail adds an attempt that got no further.
func (p *Place) fail(code string) {
	p.Failed++
	if p.codes == nil {
		p.codes = make(map[string]int64)
	}
	p.codes[code]++
}

// report returns all that was added up: the latest day and the smallest amount
// last and first, of all others first what there is most of.
func (t *tally) report() *Report {
	r := t.total
	r.Reasons = slices.SortedFunc(maps.Values(t.reasons), func(
		a, b *Reason) int {

		return cmp.Or(
			cmp.Compare(b.Status, a.Status),
			cmp.Compare(b.Payments, a.Payments),
			cmp.Compare(a.Reason, b.Reason),
		)
	})
	r.Days = slices.SortedFunc(maps.Values(t.days), func(a, b *Group) int {
		return cmp.Compare(a.Name, b.Name)
	})
	r.Amounts = slices.SortedFunc(maps.Values(t.amounts), func(
		a, b *Group) int {

		return cmp.Compare(len(a.Name), len(b.Name))
	})
	r.Destinations = slices.SortedFunc(maps.Values(t.destinations), func(
		a, b *Group) int {

		return cmp.Or(
			cmp.Compare(b.Value, a.Value),
			cmp.Compare(b.Succeeded, a.Succeeded),
			cmp.Compare(b.Failed, a.Failed),
			cmp.Compare(a.Name, b.Name),
		)
	})
	r.Hops, r.Channels = worst(t.hops), worst(t.channels)
	slices.Sort(r.settled)
	slices.Sort(r.rates)

	return r
}

// worst returns the places where attempts fail, those first where most do.
func worst(places map[string]*Place) []*Place {
	var found []*Place
	for _, p := range places {
		if p.Failed == 0 {
			continue
		}
		found = append(found, p)
		for _, code := range slices.Sorted(maps.Keys(p.codes)) {
			if p.codes[code] > p.codes[p.Code] {
				p.Code = code
			}
		}
	}
	slices.SortFunc(found, func(a, b *Place) int {
		return cmp.Or(
			cmp.Compare(b.Failed, a.Failed),
			cmp.Compare(a.Tried, b.Tried),
			cmp.Compare(a.Name, b.Name),
		)
	})

	return found
}
