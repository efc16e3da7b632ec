package chromium

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/failure"
)

// TestFindSaysWhatIsMissing checks that without a browser one learns what to
// install.
func TestFindSaysWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Find()
	require.ErrorContains(t, err, "apt-get install chromium")
	require.Equal(t, 2, failure.Exit(err))
}
