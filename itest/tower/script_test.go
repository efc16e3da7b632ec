//go:build tower && patched

package oncetower

import (
	"fmt"

	"pgregory.net/rapid"
)

// What a history does besides changing payments.
const (
	nothing     action = "nothing"
	listenToAll action = "listen to all"
	listenToOne action = "listen to one"
	leave       action = "leave"
	stopReading action = "stop reading"
	readAgain   action = "read again"
	reopen      action = "reopen"
)

// actions lists what a history does, as often as it does it. A history that
// fails is reduced to nothing as far as possible.
var actions = []action{
	nothing, initiateWith, register, failBecause, giveUp, fail,
	initiateWith, register, failBecause, giveUp, listenToOne, settle,
	initiateWith, register, failBecause, fail, initiate, listenToAll,
	initiateWith, register, failBecause, giveUp, initiate, listenToOne,
	register, failBecause, fail, settle, remove, removeFailed, leave,
	stopReading, readAgain, reopen,
}

// step is a thing to do. What its numbers choose from depends on what there is
// when it is done.
type step struct {
	action action
	hash   int
	pick   int
	reason rank
	flag   bool
}

// script is a history before it is played: the sort of the payments of each
// hash, and the steps, of which those of a batch are done all at once.
type script struct {
	sorts   []int
	batches [][]step
}

// GoString keeps rapid from printing what the history itself tells better.
func (s script) GoString() string {
	return fmt.Sprintf("%d hashes, %d batches", len(s.sorts),
		len(s.batches))
}

// anyStep draws a step.
var anyStep = rapid.Custom(func(t *rapid.T) step {
	return step{
		action: rapid.SampledFrom(actions).Draw(t, "action"),
		hash:   rapid.IntRange(0, 2).Draw(t, "hash"),
		pick:   rapid.IntRange(0, 127).Draw(t, "pick"),
		reason: rank(rapid.IntRange(1, len(ranks)-1).Draw(t, "reason")),
		flag:   rapid.Bool().Draw(t, "flag"),
	}
})

// anyScript draws a script. Few hashes make its payments meet.
var anyScript = rapid.Custom(func(t *rapid.T) script {
	sort := rapid.IntRange(0, sorts-1)
	batch := rapid.OneOf(
		rapid.SliceOfN(anyStep, 1, 1), rapid.SliceOfN(anyStep, 2, 4),
	)

	return script{
		sorts:   rapid.SliceOfN(sort, 1, 3).Draw(t, "sorts"),
		batches: rapid.SliceOfN(batch, 10, 40).Draw(t, "batches"),
	}
})
