package result

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestResultComesBack reads what was written.
func TestResultComesBack(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "result.json")
	want := &Result{
		Store: "bbolt", Took: time.Second, Tests: []string{"TestCrash"},
		Crashes:    &Crashes{Deaths: 1},
		Violations: []Violation{{Test: "TestCrash", Text: "Once"}},
	}
	want.Crashes.Add(Crashes{Flows: 1, Points: 2, Cases: 3, Broken: 1})
	require.NoError(t, want.Write(file))

	got, err := Read(file)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.True(t, got.Ran("TestCrash"))
	require.False(t, got.Ran("TestHistories"))
	require.Equal(
		t, "flows=1 points=2 cases=3 left=0 violations=1",
		got.Crashes.String(),
	)
}

// TestTornResultIsAnError refuses what a process that has died left behind.
func TestTornResultIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "result.json")
	_, err := Read(file)
	require.ErrorIs(t, err, os.ErrNotExist)

	require.NoError(t, os.WriteFile(file, []byte(`{"store": "b`), 0644))
	_, err = Read(file)
	require.ErrorContains(t, err, file)
}
