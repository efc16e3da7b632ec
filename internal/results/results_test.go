package results

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSave checks that a result takes the place of the one before, that nothing
// else is left in the folder, and that one that cannot be written leaves the one
// before.
func TestSave(t *testing.T) {
	t.Parallel()

	file := filepath.Join(t.TempDir(), "base", "result.json")
	require.NoError(t, Save(file, []int{1}))
	require.NoError(t, Save(file, []int{2}))
	require.Error(t, Save(file, func() {}))

	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "[\n\t2\n]\n", string(text))
	all, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, all, 1)
}
