package failure

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestExitTellsUsageFromFailure checks the exit status of every kind of error,
// also if it is inside another one.
func TestExitTellsUsageFromFailure(t *testing.T) {
	usage := Usage("cannot read %s: %w", "x", io.EOF)
	require.EqualError(t, usage, "cannot read x: EOF")
	require.ErrorIs(t, usage, io.EOF)

	require.Equal(t, 0, Exit(nil))
	require.Equal(t, 1, Exit(errors.New("failed")))
	require.Equal(t, 2, Exit(usage))
	require.Equal(t, 2, Exit(fmt.Errorf("stage: %w", usage)))
}
