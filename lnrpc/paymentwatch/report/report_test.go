package report

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/sink"

	"github.com/stretchr/testify/require"
)

const (
	noBalance  = paymentrpc.Failure_TEMPORARY_CHANNEL_FAILURE
	rejected   = paymentrpc.Failure_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS
	unreadable = paymentrpc.Failure_UNREADABLE_FAILURE
)

// few are payments of two days.
func few() []*paymentrpc.Payment {
	noAttempt := fail(pay(4*time.Hour, 4000, 0), noRoute, 0, 0)
	noAttempt.Htlcs = nil

	return []*paymentrpc.Payment{
		pay(0, 0, 0), pay(3*time.Hour, 1000, 1),
		fail(pay(3*time.Hour, 2000, 0), timeout, noBalance, 1),
		fail(pay(3*time.Hour, 3000, 0), details, rejected, 2),
		noAttempt, pay(5*time.Hour, 123456000, 500),
	}
}

// TestReportTotals checks the totals of a few payments.
func TestReportTotals(t *testing.T) {
	t.Parallel()

	r := read(t, few()...)
	require.Equal(t, ours, r.Identity)
	require.Equal(t, []*Reason{
		{"SUCCEEDED", "", 3, 123457000, 501},
		{"FAILED", "INCORRECT_PAYMENT_DETAILS", 1, 3000, 0},
		{"FAILED", "NO_ROUTE", 1, 4000, 0},
		{"FAILED", "TIMEOUT", 1, 2000, 0},
	}, r.Reasons)
	require.Equal(t, []*Group{
		{"2026-11-20", 1, 0, 0, 0},
		{"2026-11-21", 2, 3, 123457000, 501},
	}, r.Days)
	require.Equal(t, []*Group{
		{dave, 3, 2, 123457000, 501}, {"", 0, 1, 0, 0},
	}, r.Destinations)
	require.Equal(t, []*Group{
		{"0", 1, 0, 0, 0}, {"1-9", 1, 3, 1000, 1},
		{"100000-999999", 1, 0, 123456000, 500},
	}, r.Amounts)
	require.Equal(t, Group{"", 3, 3, 123457000, 501}, r.all)
	require.Equal(t, []time.Duration{
		3 * time.Second, 3 * time.Second, 3 * time.Second,
	}, r.settled)
	require.Equal(t, []float64{500 / 123.456, 1000}, r.rates)
}

// TestReportOfAPeriod checks that payments made at another time do not count,
// nor do their attempts, and that the report says for which time it is.
func TestReportOfAPeriod(t *testing.T) {
	t.Parallel()

	period := sink.Period{
		Since: began.Add(time.Hour), Until: began.Add(4 * time.Hour),
	}
	r, err := Read(context.Background(), newSink(t, few()...), "", period)
	require.NoError(t, err)
	require.Equal(t, Group{"", 1, 2, 1000, 1}, r.all)
	require.EqualValues(t, 3, r.Hops[1].Tried)
	require.Equal(t, period, sink.Period{Since: *r.Since, Until: *r.Until})
}

// TestWhereAttemptsFail checks which node and which channel an attempt has failed
// at, and which it had come to.
func TestWhereAttemptsFail(t *testing.T) {
	t.Parallel()

	open := pay(9*time.Hour, 1, 0)
	open.Htlcs[0].Status = paymentrpc.HTLCAttempt_IN_FLIGHT
	beyond := fail(pay(8*time.Hour, 1, 0), timeout, noBalance, 3)
	r := read(t,
		pay(0, 1, 0), open, beyond,
		fail(pay(1*time.Hour, 1, 0), timeout, noBalance, 0),
		fail(pay(2*time.Hour, 1, 0), timeout, noBalance, 1),
		fail(pay(3*time.Hour, 1, 0), timeout,
			paymentrpc.Failure_FEE_INSUFFICIENT, 1),
		fail(pay(4*time.Hour, 1, 0), timeout, noBalance, 1),
		fail(pay(5*time.Hour, 1, 0), details, rejected, 2),
		fail(pay(6*time.Hour, 1, 0), timeout, unreadable, 0),
	)
	places := func(found []*Place) []Place {
		var places []Place
		for _, p := range found {
			p := *p
			p.codes = nil
			places = append(places, p)
		}

		return places
	}
	require.Equal(t, []Place{
		{carol, 5, 3, noBalance.String(), nil},
		{"", 0, 2, "unknown", nil},
		{dave, 2, 1, rejected.String(), nil},
		{ours.PubKey, 6, 1, noBalance.String(), nil},
	}, places(r.Hops))
	require.Equal(t, []Place{
		{"2", 5, 3, noBalance.String(), nil},
		{"", 0, 2, "unknown", nil},
		{"1", 6, 1, noBalance.String(), nil},
	}, places(r.Channels))
}

// TestOnly checks that one part of a report is all that is left of it, also as
// JSON, and that each part is a table.
func TestOnly(t *testing.T) {
	t.Parallel()

	for by, want := range map[string][]any{
		"reason":      {"SUCCEEDED", "", int64(3), int64(123457000), int64(501)},
		"day":         {"2026-11-20", int64(1), int64(0), "100.0", int64(0), int64(0)},
		"destination": {dave, int64(3), int64(2), "60.0", int64(123457000), int64(501)},
		"amount":      {"0", int64(1), int64(0), "100.0", int64(0), int64(0)},
		"hop":         {dave, int64(1), int64(4), "25.0", rejected.String()},
		"channel":     {"2", int64(1), int64(5), "20.0", noBalance.String()},
	} {
		r := read(t, few()...)
		require.NoError(t, r.Only(by))
		require.Equal(t, want, r.Table(by).Rows[0], by)
		require.Len(t, want, len(r.Table(by).Columns))

		text, err := json.Marshal(r)
		require.NoError(t, err)
		var parts map[string]any
		require.NoError(t, json.Unmarshal(text, &parts))
		require.Len(t, parts, 3, by)
		require.Contains(t, parts, "by_"+by)
	}
	err := (&Report{}).Only("year")
	require.ErrorContains(t, err, "by reason, day, destination, amount, "+
		"hop, channel")
}

// TestBucketsHaveAllPayments parts periods of different length: all payments are
// in some part, and there are not too many.
func TestBucketsHaveAllPayments(t *testing.T) {
	t.Parallel()

	parts, _ := (&Report{}).buckets()
	require.Empty(t, parts)
	for _, tc := range []struct {
		hours int
		width time.Duration
	}{
		{1, time.Hour}, {60, time.Hour}, {62, day}, {60 * 24, day},
		{62 * 24, week}, {60 * 7 * 24, week}, {62 * 7 * 24, 4 * week},
		{20 * 365 * 24, 52 * week},
	} {
		r := &Report{hours: make(map[int64]*Group)}
		for i := range tc.hours {
			r.hours[began.Add(time.Duration(i)*time.Hour).Truncate(
				time.Hour).Unix()] = &Group{
				Succeeded: 1, Failed: 2,
			}
		}
		parts, width := r.buckets()
		require.Equal(t, tc.width, width)
		require.LessOrEqual(t, len(parts), maxBuckets+2)
		var all Group
		for _, part := range parts {
			all.Succeeded += part.Succeeded
			all.Failed += part.Failed
		}
		require.EqualValues(t, tc.hours, all.Succeeded)
		require.EqualValues(t, 2*tc.hours, all.Failed)
	}
}

// TestSpread checks which bar a value belongs to.
func TestSpread(t *testing.T) {
	t.Parallel()

	require.Equal(t, []bar{{"a", 2}, {"b", 1}, {"c", 2}}, spread(
		[]int{0, 1, 2, 5, 9}, []int{2, 5}, []string{"a", "b", "c"},
	))
}
