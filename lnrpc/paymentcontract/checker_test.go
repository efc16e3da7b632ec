package paymentcontract

import (
	"fmt"
	"slices"
	"testing"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawRun returns the updates of one correct run of a hash, from its creation
// to its terminal update, as a node that keeps the contract sends them.
func drawRun(t *rapid.T, hash string, index uint64) []*lnrpc.Payment {
	var (
		updates []*lnrpc.Payment
		htlcs   []lnrpc.HTLCAttempt_HTLCStatus
	)

	// Every update carries a copy of the attempts as they are now. The ids
	// of a later run are higher, as on a node.
	send := func(status lnrpc.Payment_PaymentStatus,
		reason lnrpc.PaymentFailureReason) {

		p := &lnrpc.Payment{
			PaymentHash:    hash,
			PaymentIndex:   index,
			CreationTimeNs: int64(index) * 1000,
			Status:         status,
			FailureReason:  reason,
		}
		for i, s := range htlcs {
			p.Htlcs = append(p.Htlcs, htlc(index*100+uint64(i), s))
		}
		updates = append(updates, p)
	}

	if rapid.Bool().Draw(t, "initiated") {
		send(initiated, none)
	}

	// Attempts are sent and fail for a while.
	steps := rapid.IntRange(0, 8).Draw(t, "steps")
	for range steps {
		open := slices.Index(htlcs, sent)
		if open >= 0 && rapid.Bool().Draw(t, "fail") {
			htlcs[open] = broken
		} else {
			htlcs = append(htlcs, sent)
		}
		send(inFlight, none)
	}

	// All that is in flight settles, or all of it fails.
	settle := slices.Contains(htlcs, sent) && rapid.Bool().Draw(t, "settle")
	for i, s := range htlcs {
		switch {
		case s == sent && settle:
			htlcs[i] = paid
		case s == sent:
			htlcs[i] = broken
		}
	}
	if settle {
		send(succeeded, none)
	} else {
		send(failed, lnrpc.PaymentFailureReason(
			rapid.IntRange(1, 6).Draw(t, "reason"),
		))
	}

	return updates
}

// drawStream returns the updates of some runs of some hashes, interleaved.
func drawStream(t *rapid.T) []*lnrpc.Payment {
	hashes := rapid.IntRange(1, 3).Draw(t, "hashes")

	queues := make([][]*lnrpc.Payment, hashes)
	for h := range queues {
		runs := rapid.IntRange(1, 3).Draw(t, "runs")
		for r := range runs {
			queues[h] = append(queues[h], drawRun(
				t, fmt.Sprintf("%02x", h), uint64(r+1),
			)...)
		}
	}

	var stream []*lnrpc.Payment
	for len(queues) > 0 {
		h := rapid.IntRange(0, len(queues)-1).Draw(t, "next")
		stream = append(stream, queues[h][0])

		queues[h] = queues[h][1:]
		if len(queues[h]) == 0 {
			queues = slices.Delete(queues, h, h+1)
		}
	}

	return stream
}

// TestCorrectStreamPasses checks that no correct stream is ever accused, and
// that the rows a node keeps of it are not either.
func TestCorrectStreamPasses(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		c := NewChecker()
		for _, p := range drawStream(t) {
			require.NoError(t, c.Update(p))
			require.NoError(t, c.Stored(p))
		}
	})
}

// TestRepeatedUpdateIsFound checks that an update of a correct stream that is
// delivered again, at any later place, is accused exactly if it says something
// that is over: Once if it is the end of the latest run, Ordered if anything
// newer of its hash came in between.
func TestRepeatedUpdateIsFound(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		stream := drawStream(t)
		from := rapid.IntRange(0, len(stream)-1).Draw(t, "from")
		at := rapid.IntRange(from, len(stream)-1).Draw(t, "at")

		c := NewChecker()
		newer := false
		for i, p := range stream[:at+1] {
			require.NoError(t, c.Update(p))
			newer = newer || (i > from &&
				p.PaymentHash == stream[from].PaymentHash)
		}

		var want []Guarantee
		switch {
		case newer:
			want = []Guarantee{Ordered}

		case NewRecord(stream[from]).terminal():
			want = []Guarantee{Once}
		}
		require.Equal(t, want, Broken(c.Update(stream[from])))

		// The rest of the stream is as good as it was.
		for _, p := range stream[at+1:] {
			require.NoError(t, c.Update(p))
		}
	})
}

// FuzzChecker feeds the checker updates made of arbitrary bytes. Whatever they
// are, it must not panic, must name what it accuses, and must never accept the
// same terminal update twice.
func FuzzChecker(f *testing.F) {
	f.Add([]byte{1, 1, 1, 3, 4, 1, 7, 2, 1, 1, 1, 3, 1, 1, 7, 2})
	f.Add([]byte{1, 1, 1, 2, 0, 0, 1, 1, 1, 2, 1, 0, 1, 1, 1, 1, 0, 0})
	f.Add([]byte{0, 255, 0, 9, 200, 3, 1, 0, 1, 1, 255, 3})

	f.Fuzz(func(t *testing.T, data []byte) {
		c := NewChecker()
		for len(data) > 0 {
			var p *lnrpc.Payment
			p, data = decode(data)

			requireNamed(t, c.Update(p))
			requireNamed(t, c.Stored(p))
			requireNamed(t, CheckSpecific(p, timeout))

			if NewRecord(p).terminal() {
				require.Error(t, c.Update(p))
			}
		}
	})
}

// requireNamed checks that an error, if there is one, has a text and breaks at
// least one guarantee.
func requireNamed(t *testing.T, err error) {
	t.Helper()

	if err == nil {
		return
	}
	require.NotEmpty(t, err.Error())
	require.NotEmpty(t, Broken(err))
}

// decode makes an update of the first bytes of data and returns the others. Six
// bytes make the payment, the last of them tells the number of attempts. Two
// bytes make an attempt.
func decode(data []byte) (*lnrpc.Payment, []byte) {
	next := func() byte {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]

		return b
	}

	p := &lnrpc.Payment{
		PaymentHash:    string([]byte{next()}),
		PaymentIndex:   uint64(next()),
		CreationTimeNs: int64(int8(next())),
		Status:         lnrpc.Payment_PaymentStatus(int8(next())),
		FailureReason:  lnrpc.PaymentFailureReason(int8(next())),
	}
	for n := next() % 4; n > 0; n-- {
		p.Htlcs = append(p.Htlcs, htlc(
			uint64(next()),
			lnrpc.HTLCAttempt_HTLCStatus(int8(next())),
		))
	}

	return p, data
}
