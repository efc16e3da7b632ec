package history

import (
	"math"

	"pgregory.net/rapid"

	"lnd-once/itest/tower/model"
)

// anyStep draws a step.
var anyStep = rapid.Custom(func(t *rapid.T) Step {
	reason := rapid.IntRange(1, len(model.Reasons)-1)

	return Step{
		Action: rapid.SampledFrom(actions).Draw(t, "action"),
		Hash:   rapid.IntRange(0, 2).Draw(t, "hash"),
		Pick:   rapid.IntRange(0, 127).Draw(t, "pick"),
		Reason: model.Reason(reason.Draw(t, "reason")),
		Flag:   rapid.Bool().Draw(t, "flag"),
	}
})

// anyBatch draws the steps of a batch.
var anyBatch = rapid.OneOf(
	rapid.SliceOfN(anyStep, 1, 1), rapid.SliceOfN(anyStep, 2, 4),
)

// disturbedBatch draws a batch, in half of the cases one during which calls to
// the database fail.
var disturbedBatch = rapid.Custom(func(t *rapid.T) []Step {
	batch := anyBatch.Draw(t, "batch")
	if !rapid.Bool().Draw(t, "disturbed") {
		return batch
	}
	pick := rapid.IntRange(0, math.MaxUint16).Draw(t, "faults")

	return append([]Step{{Action: disturb, Pick: pick}}, batch...)
})

// Any draws a script.
var Any = scripts(anyBatch)

// Disturbed draws a script during which calls to the database fail.
var Disturbed = scripts(disturbedBatch)

// scripts draws scripts of such batches. Few hashes make its payments meet.
func scripts(batch *rapid.Generator[[]Step]) *rapid.Generator[Script] {
	sort := rapid.SampledFrom(sorts)

	return rapid.Custom(func(t *rapid.T) Script {
		return Script{
			Sorts: rapid.SliceOfN(sort, 1, 3).Draw(t, "sorts"),
			Batches: rapid.SliceOfN(batch, 10, 40).Draw(
				t, "batches",
			),
		}
	})
}
