package progress

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSayPrintsNameAndSeconds checks what a line looks like.
func TestSayPrintsNameAndSeconds(t *testing.T) {
	var out strings.Builder
	log := New(&out, "stage")
	log.begin = time.Now().Add(-12 * time.Second)

	log.Say("unpacking %s", "lnd")
	require.Equal(t, "stage:   12s  unpacking lnd\n", out.String())
}
