package outcome

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// ascending lists all known reasons from the least to the most specific.
var ascending = []Reason{
	Error, Canceled, Timeout, NoRoute, InsufficientBalance, PaymentDetails,
}

// some returns a pointer to the reason.
func some(r Reason) *Reason {
	return &r
}

// TestReasonIsTheByteOnDisk pins the values to those of lnd's databases.
func TestReasonIsTheByteOnDisk(t *testing.T) {
	t.Parallel()

	require.EqualValues(t, 0, Timeout)
	require.EqualValues(t, 1, NoRoute)
	require.EqualValues(t, 2, Error)
	require.EqualValues(t, 3, PaymentDetails)
	require.EqualValues(t, 4, InsufficientBalance)
	require.EqualValues(t, 5, Canceled)
}

// TestSpecificityFollowsTable checks every pair of known reasons against the
// table of the package comment.
func TestSpecificityFollowsTable(t *testing.T) {
	t.Parallel()

	for i, r := range ascending {
		for j, other := range ascending {
			require.Equal(
				t, i > j, r.MoreSpecificThan(other),
				"%d over %d", r, other,
			)
		}
	}
}

// TestSpecificityIsStrictTotalOrder checks all pairs and triples of a sample
// of bytes, unknown ones among them.
func TestSpecificityIsStrictTotalOrder(t *testing.T) {
	t.Parallel()

	sample := append([]Reason{6, 7, 128, 255}, ascending...)
	for _, a := range sample {
		require.False(t, a.MoreSpecificThan(a))

		for _, b := range sample {
			if a != b {
				require.NotEqual(
					t, a.MoreSpecificThan(b),
					b.MoreSpecificThan(a),
				)
			}
			if slices.Contains(ascending, a) &&
				!slices.Contains(ascending, b) {

				require.True(t, a.MoreSpecificThan(b))
			}

			for _, c := range sample {
				if a.MoreSpecificThan(b) &&
					b.MoreSpecificThan(c) {

					require.True(t, a.MoreSpecificThan(c))
				}
			}
		}
	}
}

// TestStateTable checks every row of the table of the package comment.
func TestStateTable(t *testing.T) {
	t.Parallel()

	const (
		no, yes = false, true
	)

	testCases := []struct {
		inFlight, settled, reason bool

		terminal, sealed, erases bool

		// acceptsMore and acceptsLess tell whether a reason that is
		// more, or less, specific than the stored one is accepted.
		acceptsMore, acceptsLess bool
	}{
		// In flight, settled, reason; terminal, sealed, erases;
		// accepts more, accepts less.
		{no, no, no, no, no, no, yes, yes},
		{yes, no, no, no, no, no, yes, yes},
		{yes, no, yes, no, no, no, yes, no},
		{no, no, yes, yes, yes, no, no, no},
		{yes, yes, no, no, yes, no, no, no},
		{yes, yes, yes, no, yes, yes, no, no},
		{no, yes, no, yes, yes, no, no, no},
		{no, yes, yes, yes, yes, yes, no, no},
	}

	seen := make(map[string]struct{})
	for _, tc := range testCases {
		name := fmt.Sprintf("inflight=%v settled=%v reason=%v",
			tc.inFlight, tc.settled, tc.reason)
		seen[name] = struct{}{}

		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := State{InFlight: tc.inFlight, Settled: tc.settled}
			if tc.reason {
				s.Reason = some(Timeout)
			}

			require.Equal(t, tc.terminal, s.Terminal())
			require.Equal(t, tc.sealed, s.Sealed())
			require.Equal(t, tc.erases, s.Erases())
			require.Equal(
				t, tc.acceptsMore, s.Accepts(PaymentDetails),
			)
			require.Equal(t, tc.acceptsLess, s.Accepts(Error))

			// The same reason again is never news.
			if tc.reason {
				require.False(t, s.Accepts(Timeout))
			}
		})
	}

	require.Len(t, seen, 8, "a row of the table is missing")
}

// fate is how the only attempt of a payment ends.
type fate int

const (
	fails fate = iota
	settles
	neverMade
)

// run plays the proposals to a payment with one attempt. The attempt ends
// before the proposal with index end, or after all of them. It returns the
// reason that the payment is left with, nil if it has succeeded or is still
// open.
func run(proposals []Reason, end int, f fate) *Reason {
	s := State{InFlight: f != neverMade}
	finish := func() {
		s.InFlight = false
		s.Settled = f == settles
		if s.Erases() {
			s.Reason = nil
		}
	}

	for i, proposed := range proposals {
		if i == end {
			finish()
		}
		if s.Accepts(proposed) {
			s.Reason = some(proposed)
		}
	}
	if end == len(proposals) {
		finish()
	}

	return s.Reason
}

// sequences calls visit with every sequence of the reasons of that length.
func sequences(length int, visit func([]Reason)) {
	seq := make([]Reason, length)

	var fill func(int)
	fill = func(i int) {
		if i == length {
			visit(seq)
			return
		}
		for _, r := range ascending {
			seq[i] = r
			fill(i + 1)
		}
	}
	fill(0)
}

// mostSpecific returns the maximum of the proposals by the test's own list, nil
// if there are none.
func mostSpecific(proposals []Reason) *Reason {
	best := -1
	for _, p := range proposals {
		for i, r := range ascending {
			if p == r && i > best {
				best = i
			}
		}
	}
	if best < 0 {
		return nil
	}

	return some(ascending[best])
}

// TestOutcomeIndependentOfProposalOrder plays every sequence of up to four
// proposals with the end of the payment at every place. The model is a maximum,
// which knows no order: if it is met everywhere, then the result is the same
// for every order of the proposals before the end, and none after it counts.
func TestOutcomeIndependentOfProposalOrder(t *testing.T) {
	t.Parallel()

	for length := 0; length <= 4; length++ {
		sequences(length, func(seq []Reason) {
			for end := 0; end <= length; end++ {
				before, after := seq[:end], seq[end:]

				// A failed attempt with a reason proposed
				// before it ends the payment. Without one the
				// payment is open, and the next proposal ends
				// it.
				want := mostSpecific(before)
				if len(before) == 0 && len(after) > 0 {
					want = some(after[0])
				}
				require.Equal(
					t, want, run(seq, end, fails),
					"%v ends before %d", seq, end,
				)

				// A settled attempt leaves no reason.
				require.Nil(
					t, run(seq, end, settles),
					"%v settles before %d", seq, end,
				)
			}

			// Without an attempt the first proposal ends it.
			var want *Reason
			if length > 0 {
				want = some(seq[0])
			}
			require.Equal(t, want, run(seq, length, neverMade))
		})
	}
}

// FuzzProposals plays any bytes as proposals, known and unknown ones, and
// asserts that a payment in flight ends with the most specific of them, that a
// proposal is never news twice, and that a sealed payment accepts none.
func FuzzProposals(f *testing.F) {
	f.Add([]byte{2, 0, 3})
	f.Add([]byte{255, 2, 6})

	f.Fuzz(func(t *testing.T, proposals []byte) {
		s := State{InFlight: true}
		for _, b := range proposals {
			proposed := Reason(b)
			if !s.Accepts(proposed) {
				require.NotNil(t, s.Reason)
				continue
			}

			s.Reason = some(proposed)
			require.False(t, s.Accepts(proposed))
		}

		for _, b := range proposals {
			require.False(t, Reason(b).MoreSpecificThan(*s.Reason))
		}

		s.InFlight = false
		require.Equal(t, len(proposals) > 0, s.Sealed())
		for b := 0; b <= 255; b++ {
			require.Equal(t, !s.Sealed(), s.Accepts(Reason(b)))
		}
	})
}
