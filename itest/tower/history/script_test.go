package history

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestScriptIsReplayable checks that every script is what its text says.
func TestScriptIsReplayable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		script := rapid.OneOf(Any, Disturbed).Draw(rt, "script")
		got, err := Parse(script.String())
		require.NoError(rt, err)
		require.Equal(rt, script, got)
	})

	script, err := Parse("single mpp: initiate 0 1 ERROR; settle 1 3 " +
		"TIMEOUT ! + remove 0 0 ERROR")
	require.NoError(t, err)
	require.Equal(t, Script{
		Sorts: []Sort{singlePart, multiPart},
		Batches: [][]Step{
			{{Action: "initiate", Pick: 1, Reason: 1}},
			{
				{
					Action: "settle", Hash: 1, Pick: 3,
					Reason: 3, Flag: true,
				},
				{Action: "remove", Reason: 1},
			},
		},
	}, script)
}

// TestWrongScriptIsRefused checks that errors say what was wrong.
func TestWrongScriptIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "must begin with sorts",
		" : remove 0 0 ERROR":      "a sort must come first",
		"double: remove 0 0 ERROR": "'double' is no sort",
		"mpp: remove 0 0":          "'remove 0 0' is no step",
		"mpp: delete 0 0 ERROR":    "'delete 0 0 ERROR' is no step",
		"mpp: remove -1 0 ERROR":   "is no step",
		"mpp: remove 0 x ERROR":    "is no step",
		"mpp: remove 0 0 LATE":     "is no step",
		"mpp: remove 0 0 ERROR ?":  "is no step",
	} {
		_, err := Parse(text)
		require.ErrorContains(t, err, want, text)
	}
}
