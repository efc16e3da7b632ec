package model

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Shards that the tests need: one worth the payment, two halves of it.
var (
	whole = Shard{ID: 1, Amount: Worth, Single: true, Result: Pending}
	half  = Shard{ID: 2, Amount: Worth / 2, Result: Pending}
	other = Shard{ID: 3, Amount: Worth / 2, Result: Pending}
	much  = Shard{ID: 4, Amount: Worth/2 + 1, Result: Pending}
)

// play returns what changes make of no payment, one after the other. "refused"
// is added for each that was an error, "told" for each that was news.
func play(changes ...Change) string {
	var (
		r    Run
		text string
	)
	for _, c := range changes {
		effect := r.Apply(c)
		r = effect.Next
		switch {
		case effect.Refused:
			text += "refused "

		case effect.News != nil:
			text += "told "
		}
	}

	return text + r.String()
}

// TestRunKeepsContract tests what changes make of a payment, a case for each
// rule of the contract.
func TestRunKeepsContract(t *testing.T) {
	var (
		begin  = Change{Action: InitiateWith, Created: 1, Shard: whole}
		retry  = Change{Action: Initiate, Created: 5}
		failed = Change{
			Action: FailBecause, Shard: whole, Reason: 6,
			DeleteFailed: true,
		}
		settled   = Change{Action: Settle, Shard: whole}
		cancelled = Change{Action: GiveUp, Reason: 2}
		timeout   = Change{Action: GiveUp, Reason: 3}
		firstHalf = Change{
			Action: InitiateWith, Created: 1, Shard: half,
		}
	)
	register := func(s Shard) Change {
		return Change{Action: Register, Shard: s}
	}

	tests := []struct {
		name    string
		changes []Change
		want    string
	}{{
		name:    "settles",
		changes: []Change{begin, settled},
		want:    "told told created 1: Succeeded NONE [1:10000:paid]",
	}, {
		name:    "failed attempts go with the end, not its news",
		changes: []Change{begin, failed},
		want: "told told created 1: Failed " +
			"INCORRECT_PAYMENT_DETAILS []",
	}, {
		name:    "more specific reason replaces",
		changes: []Change{begin, cancelled, timeout},
		want: "told told told created 1: In Flight TIMEOUT " +
			"[1:10000:pending]",
	}, {
		name:    "less specific reason is no news",
		changes: []Change{begin, timeout, cancelled},
		want: "told told created 1: In Flight TIMEOUT " +
			"[1:10000:pending]",
	}, {
		name:    "sealed once failed",
		changes: []Change{begin, failed, timeout},
		want: "told told created 1: Failed " +
			"INCORRECT_PAYMENT_DETAILS []",
	}, {
		name:    "success erases the reason",
		changes: []Change{begin, timeout, settled},
		want: "told told told created 1: Succeeded NONE " +
			"[1:10000:paid]",
	}, {
		name:    "no second payment beside a live one",
		changes: []Change{begin, retry},
		want: "told refused created 1: In Flight NONE " +
			"[1:10000:pending]",
	}, {
		name:    "late result spares the retry",
		changes: []Change{begin, failed, retry, failed},
		want:    "told told told refused created 5: Initiated NONE []",
	}, {
		name:    "no shard after giving up",
		changes: []Change{firstHalf, timeout, register(other)},
		want: "told told refused created 1: In Flight TIMEOUT " +
			"[2:5000:pending]",
	}, {
		name:    "shards together are worth the payment at most",
		changes: []Change{firstHalf, register(much), register(other)},
		want: "told refused told created 1: In Flight NONE " +
			"[2:5000:pending 3:5000:pending]",
	}, {
		name:    "shards are of one kind",
		changes: []Change{firstHalf, register(whole)},
		want: "told refused created 1: In Flight NONE " +
			"[2:5000:pending]",
	}, {
		name:    "what is in flight is not removed",
		changes: []Change{begin, {Action: Remove}},
		want: "told refused created 1: In Flight NONE " +
			"[1:10000:pending]",
	}, {
		name:    "what has no shard yet is not removed",
		changes: []Change{{Action: Initiate, Created: 1}, {Action: Remove}},
		want:    "told refused created 1: Initiated NONE []",
	}, {
		name:    "what has ended is removed, silently",
		changes: []Change{begin, failed, {Action: Remove}},
		want:    "told told none",
	}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, play(test.changes...))
		})
	}
}
