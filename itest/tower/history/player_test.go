package history

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lnd-once/itest/tower/model"
)

// firstViolation plays many histories on a fake control tower, and returns the
// first violation.
func firstViolation(t *testing.T, f faults,
	scripts *rapid.Generator[Script]) error {

	t.Helper()

	player, err := NewPlayer(newFake(f), 100*time.Millisecond)
	require.NoError(t, err)
	defer player.Close()

	for seed := range 50 {
		if err := player.Play(scripts.Example(seed)); err != nil {
			return err
		}
	}
	require.Equal(t, 50, player.Counts.Played)
	require.NotZero(t, player.Counts.Retries)
	require.NotZero(t, player.Counts.Restarts)

	return nil
}

// TestPlayAcceptsContract plays histories on a control tower that keeps the
// contract.
func TestPlayAcceptsContract(t *testing.T) {
	require.NoError(t, firstViolation(t, faults{}, Any))
	require.NoError(t, firstViolation(t, faults{}, Disturbed))
}

// TestPlayFindsViolationsWhenDisturbed plays histories during which calls fail on
// control towers that break the contract, each in one way.
func TestPlayFindsViolationsWhenDisturbed(t *testing.T) {
	for want, f := range map[string]faults{
		"came 2 ends":    {told: func(model.Run) int { return 2 }},
		"came 0 ends":    {silences: model.Run.Ended},
		"last, which is": {silences: model.Run.Live},
		"has ended":      {endless: true},
		"in no order of": {apply: func(r model.Run,
			c model.Change) model.Effect {

			if c.Action == model.Register {
				return model.Effect{Next: r}
			}

			return r.Apply(c)
		}},
	} {
		t.Run(want, func(t *testing.T) {
			err := firstViolation(t, f, Disturbed)
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, "disturb: ")
		})
	}
}

// TestPlayFindsViolations plays histories on control towers that break the
// contract, each in one way.
func TestPlayFindsViolations(t *testing.T) {
	tests := map[string]struct {
		faults faults
		want   string
	}{
		"a less specific reason replaces": {faults{
			apply: func(r model.Run,
				c model.Change) model.Effect {

				if c.Action == model.GiveUp {
					r.Reason = model.NoReason
				}

				return r.Apply(c)
			},
		}, "in no order of"},

		"a late failure hits the retry": {faults{
			apply: func(r model.Run,
				c model.Change) model.Effect {

				effect := r.Apply(c)
				if effect.Refused && r.Live() &&
					c.Action == model.FailBecause {

					c.Action = model.GiveUp
					effect = r.Apply(c)
				}

				return effect
			},
		}, "in no order of"},

		"an end is told twice": {faults{
			told: func(r model.Run) int {
				if r.Ended() {
					return 2
				}

				return 1
			},
		}, "was announced"},

		"an end is not told": {faults{
			told: func(r model.Run) int {
				if r.Ended() {
					return 0
				}

				return 1
			},
		}, "was announced"},

		"what is live is forgotten": {
			faults{forgets: true}, "is listed as",
		},
		"a stream does not begin with what is live": {
			faults{silent: true}, "has not received",
		},
		"a stream does not end": {
			faults{endless: true}, "has not received",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := firstViolation(t, test.faults, Any)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, "batch 1: ")
		})
	}
}
