package expect

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPrefix checks what is known of each prefix of a series: as stock before
// the first entry, and then what the last entry says, its race included.
func TestPrefix(t *testing.T) {
	t.Parallel()

	once, ordered := []string{"Once"}, []string{"Ordered"}
	stock := Cases{{
		Scenario: "S1 late", Found: Found{Ends: once, All: once},
		Race: Found{All: ordered},
		Topics: []Topic{{
			From: 2, Found: Found{All: once},
			Race: Found{All: ordered},
		}, {
			From: 4,
		}},
	}, {
		Scenario: "S2 killed", Found: Found{All: once},
	}}

	for topic, want := range []Case{
		{Found: stock[0].Found, Race: stock[0].Race},
		{Found: stock[0].Found, Race: stock[0].Race},
		{Found: Found{All: once}, Race: stock[0].Race},
		{Found: Found{All: once}, Race: stock[0].Race},
		{}, {},
	} {
		want.Scenario = "S1 late"
		prefix := stock.Prefix(topic)
		require.Equal(t, Cases{want, stock[1]}, prefix, topic)
		require.NoError(t, prefix.Check())
	}
	require.Len(t, stock[0].Topics, 2)
}

// TestTopicsAreChecked checks what makes the topics of a case useless.
func TestTopicsAreChecked(t *testing.T) {
	t.Parallel()

	for topics, want := range map[string]string{
		`[{"from": 0}]`: "S1: 'from: 0' under topics comes after 0: " +
			"topics are counted from 1 on",
		`[{"from": 3}, {"from": 3}]`: "'from: 3' under topics comes " +
			"after 3",
		`[{"from": 1, "ends": ["Twice"]}]`: "unknown guarantee 'Twice'",
		`[{"from": 1, "race": {"all": ["Final", "Once"]}}]`: "must " +
			"be in the contract's order",
	} {
		path := filepath.Join(t.TempDir(), "known.json")
		require.NoError(t, os.WriteFile(path, []byte(
			`[{"scenario": "S1", "topics": `+topics+`}]`), 0o600))

		_, err := Read(path)
		require.ErrorContains(t, err, want)
	}
}
