// Package report adds up the payments of a sink, and their attempts, and draws
// what comes out.
package report

import (
	"context"
	"time"

	"lnd-once/lnrpc/paymentwatch/sink"
)

// Report holds the totals of the payments created in a period. Values and fees
// are in millisatoshis and those of payments that succeeded, unless it is said
// otherwise.
type Report struct {
	sink.Identity

	// Since and Until are the bounds of the period, nil where it has none.
	Since *time.Time `json:"since,omitempty"`
	Until *time.Time `json:"until,omitempty"`

	Reasons      []*Reason `json:"by_reason,omitempty"`
	Days         []*Group  `json:"by_day,omitempty"`
	Destinations []*Group  `json:"by_destination,omitempty"`
	Amounts      []*Group  `json:"by_amount,omitempty"`
	Hops         []*Place  `json:"by_hop,omitempty"`
	Channels     []*Place  `json:"by_channel,omitempty"`

	// all is the total of all of them.
	all Group

	// hours are the totals by the hour in which payments were created, as
	// Unix time.
	hours map[int64]*Group

	// settled is how long the payments took that succeeded, ascending, and
	// rates which share of their value their fees were, in millionths.
	settled []time.Duration
	rates   []float64
}

// Reason is the total of a status and a reason. The value is what was to be paid,
// whether it was or not.
type Reason struct {
	Status   string `json:"status"`
	Reason   string `json:"reason"`
	Payments int64  `json:"payments"`
	Value    int64  `json:"value_msat"`
	Fees     int64  `json:"fees_msat"`
}

// Group is the total of those that have something in common: a day in UTC on
// which the payments were created, a destination, which is empty where it is not
// known, or an amount.
type Group struct {
	Name      string `json:"name"`
	Succeeded int64  `json:"succeeded"`
	Failed    int64  `json:"failed"`
	Value     int64  `json:"value_msat"`
	Fees      int64  `json:"fees_msat"`
}

// Place is a node or a channel that attempts have come to. Failed are those that
// got no further. Where nobody knows where they failed, it has no name.
type Place struct {
	Name   string `json:"name"`
	Tried  int64  `json:"tried"`
	Failed int64  `json:"failed"`

	// Code is the failure that there was most often.
	Code string `json:"code"`

	codes map[string]int64
}

// Read adds up what the sink with the given URL has of a node, as sink.Read finds
// it. It changes nothing and can be used while somebody writes to the sink.
func Read(ctx context.Context, url, pubKey string, period sink.Period) (
	*Report, error) {

	var report *Report
	err := sink.Read(ctx, url, pubKey, func(r *sink.Reader) error {
		t := newTally(r.Identity)
		if err := r.Payments(ctx, period, t.payment); err != nil {
			return err
		}
		if err := r.Attempts(ctx, period, t.attempt); err != nil {
			return err
		}
		report = t.report()

		return nil
	})
	if err != nil {
		return nil, err
	}
	if !period.Since.IsZero() {
		report.Since = &period.Since
	}
	if !period.Until.IsZero() {
		report.Until = &period.Until
	}

	return report, nil
}
