package history

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lnd-once/itest/tower/model"
)

// What a history does besides changing payments.
const (
	nothing     model.Action = "nothing"
	listenToAll model.Action = "listen-to-all"
	listenToOne model.Action = "listen-to-one"
	leave       model.Action = "leave"
	stopReading model.Action = "stop-reading"
	readAgain   model.Action = "read-again"
	reopen      model.Action = "reopen"

	// disturb lets calls to the database fail during the batch. Its pick
	// says which.
	disturb model.Action = "disturb"
)

// actions lists what a history does, as often as it does it. A history that
// fails is reduced to nothing as far as possible.
var actions = []model.Action{
	nothing, model.InitiateWith, model.Register, model.FailBecause,
	model.GiveUp, model.Fail, model.InitiateWith, model.Register,
	model.FailBecause, model.GiveUp, listenToOne, model.Settle,
	model.InitiateWith, model.Register, model.FailBecause, model.Fail,
	model.Initiate, listenToAll, model.InitiateWith, model.Register,
	model.FailBecause, model.GiveUp, model.Initiate, listenToOne,
	model.Register, model.FailBecause, model.Fail, model.Settle,
	model.Remove, model.RemoveFailed, leave, stopReading, readAgain, reopen,
}

// Step is a thing to do. What its numbers choose from depends on what there is
// when it is done.
type Step struct {
	Action model.Action
	Hash   int
	Pick   int
	Reason model.Reason
	Flag   bool
}

// Script is a history before it is played: the sort of the payments of each
// hash, and the steps, of which those of a batch are done all at once.
type Script struct {
	Sorts   []Sort
	Batches [][]Step
}

// Sort is what the shards of a payment have in common.
type Sort string

// The sorts of payments that there are.
const (
	singlePart      Sort = "single"
	multiPart       Sort = "mpp"
	atomicMultiPart Sort = "amp"
)

// sorts lists the sorts of payments.
var sorts = []Sort{singlePart, multiPart, atomicMultiPart}

// next returns another sort of payments.
func (s Sort) next() Sort {
	return sorts[(slices.Index(sorts, s)+1)%len(sorts)]
}

// isDisturbed returns whether calls to the database fail while the script is
// played.
func (s Script) isDisturbed() bool {
	return slices.ContainsFunc(s.Batches, func(batch []Step) bool {
		return slices.ContainsFunc(batch, Step.disturbs)
	})
}

// disturbs returns whether the step lets calls to the database fail.
func (s Step) disturbs() bool {
	return s.Action == disturb
}

// String returns the step as Parse reads it.
func (s Step) String() string {
	text := fmt.Sprintf("%s %d %d %v", s.Action, s.Hash, s.Pick, s.Reason)
	if s.Flag {
		text += " !"
	}

	return text
}

// String returns the script as Parse reads it:
//
//	single mpp: initiate 0 1 ERROR; settle 1 3 ERROR ! + remove 0 0 ERROR
//
// Each step has its hash, its pick, its reason and perhaps its flag.
func (s Script) String() string {
	sorts := make([]string, 0, len(s.Sorts))
	for _, sort := range s.Sorts {
		sorts = append(sorts, string(sort))
	}

	batches := make([]string, 0, len(s.Batches))
	for _, batch := range s.Batches {
		steps := make([]string, 0, len(batch))
		for _, step := range batch {
			steps = append(steps, step.String())
		}
		batches = append(batches, strings.Join(steps, " + "))
	}

	return strings.Join(sorts, " ") + ": " + strings.Join(batches, "; ")
}

// GoString keeps rapid from printing what the history itself tells better.
func (s Script) GoString() string {
	return fmt.Sprintf("%d hashes, %d batches", len(s.Sorts),
		len(s.Batches))
}

// Parse returns the script with a text.
func Parse(text string) (Script, error) {
	head, body, found := strings.Cut(text, ": ")
	if !found {
		return Script{}, fmt.Errorf("'%s' is no history: it must "+
			"begin with sorts and a colon", text)
	}

	var script Script
	for _, word := range strings.Fields(head) {
		if !slices.Contains(sorts, Sort(word)) {
			return Script{}, fmt.Errorf("'%s' is no sort of "+
				"payments, there are %v", word, sorts)
		}
		script.Sorts = append(script.Sorts, Sort(word))
	}
	if len(script.Sorts) == 0 {
		return Script{}, fmt.Errorf("'%s' is no history: a sort must "+
			"come first, there are %v", text, sorts)
	}

	for _, part := range strings.Split(body, "; ") {
		var batch []Step
		for _, words := range strings.Split(part, " + ") {
			step, err := parseStep(words)
			if err != nil {
				return Script{}, err
			}
			batch = append(batch, step)
		}
		script.Batches = append(script.Batches, batch)
	}

	return script, nil
}

// parseStep returns the step with a text.
func parseStep(text string) (Step, error) {
	var (
		words = strings.Fields(text)
		wrong = fmt.Errorf("'%s' is no step: it must be an action, a "+
			"hash, a pick and a reason, then perhaps '!'", text)
	)
	if len(words) < 4 || len(words) > 5 ||
		len(words) == 5 && words[4] != "!" {

		return Step{}, wrong
	}

	hash, err := strconv.ParseUint(words[1], 10, 16)
	if err != nil {
		return Step{}, wrong
	}
	pick, err := strconv.ParseUint(words[2], 10, 16)
	if err != nil {
		return Step{}, wrong
	}
	step := Step{
		Action: model.Action(words[0]),
		Hash:   int(hash),
		Pick:   int(pick),
		Reason: model.Reason(slices.Index(model.Reasons, words[3])),
		Flag:   len(words) == 5,
	}
	known := step.Action == disturb || slices.Contains(
		actions, step.Action,
	)
	if !known || step.Reason < 0 {
		return Step{}, wrong
	}

	return step, nil
}
