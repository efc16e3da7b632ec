package process

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// parentVariable is set for a copy of this test that is to start a program and
// be killed.
const parentVariable = "LND_ONCE_TEST_PARENT"

// TestDeathWithParent checks that a program is killed when the one that started
// it is.
func TestDeathWithParent(t *testing.T) {
	if os.Getenv(parentVariable) != "" {
		p, err := Start(context.Background(), Config{
			Path: "sleep", Args: []string{"600"},
		})
		require.NoError(t, err)
		fmt.Println(p.Pid())
		<-p.Ended()

		return
	}

	cfg := shell(t, "")
	cfg.Path, cfg.Args = os.Args[0], []string{
		"-test.run", "^TestDeathWithParent$",
	}
	cfg.Env = append(os.Environ(), parentVariable+"=1")
	parent := start(t, context.Background(), cfg)
	pid := firstLine(t, parent)
	parent.Kill()

	// The program is in another group, so nobody has waited for its end.
	require.Eventually(t, func() bool {
		var id int
		_, err := fmt.Sscan(pid, &id)

		return err == nil && syscall.Kill(id, 0) == syscall.ESRCH
	}, time.Minute, time.Millisecond)
}
