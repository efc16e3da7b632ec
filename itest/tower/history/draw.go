package history

import (
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

// Any draws a script. Few hashes make its payments meet.
var Any = rapid.Custom(func(t *rapid.T) Script {
	sort := rapid.SampledFrom(sorts)
	batch := rapid.OneOf(
		rapid.SliceOfN(anyStep, 1, 1), rapid.SliceOfN(anyStep, 2, 4),
	)

	return Script{
		Sorts:   rapid.SliceOfN(sort, 1, 3).Draw(t, "sorts"),
		Batches: rapid.SliceOfN(batch, 10, 40).Draw(t, "batches"),
	}
})
