package manifest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/failure"
)

// full is a series that has everything.
const full = `# The series.

build first.patch
# The rules.
#   They decide.

topic 1 ended stays ended
package channeldb/outcome payments/outcome add the rules
patch store-rules.patch
	creates payments/db/outcome.go
	creates routing/feed_test.go from routing/announce_test.go

topic 2 results
	needs 1

# Only ours.
fork
patch last.patch
# The end.
`

// TestStringGivesBackWhatWasParsed checks that nothing is lost, comments
// included.
func TestStringGivesBackWhatWasParsed(t *testing.T) {
	s, err := Parse(full)
	require.NoError(t, err)
	require.Equal(t, full, s.String())

	require.Equal(t, "# The series.\n\n", s.Header)
	require.Equal(t, "# The end.\n", s.Footer)
	require.Equal(t, &Entry{
		Kind: Package, Name: "channeldb/outcome",
		Folder: "payments/outcome", Summary: "add the rules",
	}, s.Entries[1])
	require.Equal(t, []Created{
		{"payments/db/outcome.go", "payments/db/outcome.go"},
		{"routing/feed_test.go", "routing/announce_test.go"},
	}, s.Entries[2].Created)

	for _, text := range []string{"", "# One.\npatch a.patch\n"} {
		s, err := Parse(text)
		require.NoError(t, err)
		require.Equal(t, text, s.String())
	}
}

// TestTopicIsFoundByNumberOrName checks which entries a topic ends with.
func TestTopicIsFoundByNumberOrName(t *testing.T) {
	s, err := Parse(full)
	require.NoError(t, err)

	for name, end := range map[string]int{
		"1": 3, "ended stays ended": 3, "2": 3, "results": 3,
	} {
		topic, err := s.Topic(name)
		require.NoError(t, err)
		require.Equal(t, end, s.End(topic), name)
	}
	require.Equal(t, 4, s.End(s.Topics[2]))

	_, err = s.Topic("3")
	require.ErrorContains(t, err, "known ones are: 1 (ended stays ended),")
	require.Equal(t, 2, failure.Exit(err))
	_, err = (&Series{}).Topic("1")
	require.ErrorContains(t, err, "has no topics")
}

// TestParseRefuses checks the messages for lines that cannot be carried out.
func TestParseRefuses(t *testing.T) {
	tests := map[string]string{
		"pack itest":            "'pack' is no kind of line",
		"patch":                 "want 'patch NAME.patch'",
		"build a.patch b.patch": "want 'build NAME.patch'",
		"patch ../a.patch":      "want 'patch NAME.patch'",
		"package a b":           "want 'package SRC DST summary'",
		"topic 2 late":          "want 'topic 1 NAME'",
		"topic 1":               "want 'topic 1 NAME'",
		"fork\ntopic 1 more":    "nothing comes after 'fork'",
		"fork 1":                "nothing else",
		"needs 1":               "right below the line of a",
		"topic 1 a\nneeds 1":    "want numbers of topics before",
		"topic 1 a\nneeds b":    "want numbers of topics before",
		"fork\nneeds 1":         "right below the line of a",
		"topic 1 a\npatch a.patch\ntopic 2 b\npatch b.patch\n" +
			"needs 1": "right below the line of a",
		"creates a.go":                "below the line of a patch",
		"patch a.patch\ncreates a b":  "want 'creates PATH'",
		"patch a.patch\ncreates ../a": "../a is outside of lnd",
		"patch a.patch\npatch a.patch": "a.patch is there " +
			"twice",
		"patch a.patch\ncreates a\ncreates a from b": "a is created " +
			"twice",
	}
	for text, says := range tests {
		_, err := Parse(text)
		require.ErrorContains(t, err, says, text)
	}
}
