package nodes

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
)

// TestCheckRefusesWhatTestsNothing checks that one learns what is wrong with a
// setting before anything is built.
func TestCheckRefusesWhatTestsNothing(t *testing.T) {
	t.Parallel()

	b := &base.Base{Name: "v1.0.0", Stores: []string{"bbolt", "sqlite"}}
	good := Config{Base: b, Kills: 1, Store: "sqlite"}
	require.NoError(t, good.check())

	for want, cfg := range map[string]Config{
		"0 kills":          {Base: b, Store: "bbolt"},
		"-1 payments":      {Base: b, Kills: 1, History: -1},
		"-1s":              {Base: b, Kills: 1, Soak: -time.Second},
		"no store 'other'": {Base: b, Kills: 1, Store: "other"},
	} {
		_, err := Run(t.Context(), cfg)
		require.ErrorContains(t, err, want)
		require.Equal(t, 2, failure.Exit(err))
	}
}

// TestReadFound checks that all that the tests have left is read, and that what
// is no result is not taken for one.
func TestReadFound(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.json": `{"kind": "kills", "side": "stock", "counts": [` +
			`{"name": "kills", "value": 3}], "violations": 2}`,
		"b.json": `{"kind": "input", "side": "patched"}`,
		"a.txt":  "first\n", "b.txt": "second\n",
	} {
		err := os.WriteFile(
			filepath.Join(dir, name), []byte(text), 0o600,
		)
		require.NoError(t, err)
	}

	found, err := readFound(dir)
	require.NoError(t, err)
	require.Equal(t, []Found{{
		Kind: Kills, Side: "stock", Violations: 2,
		Counts: []Count{{Name: "kills", Value: 3}},
	}, {Kind: Input, Side: "patched"}}, found)
	words, err := readWords(dir)
	require.NoError(t, err)
	require.Equal(t, "first\nsecond\n", words)

	err = os.WriteFile(
		filepath.Join(dir, "c.json"), []byte("{"), 0o600,
	)
	require.NoError(t, err)
	_, err = readFound(dir)
	require.ErrorContains(t, err, "c.json")
}
