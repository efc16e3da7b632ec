package process

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// errNotYet is the error of a condition that does not hold.
var errNotYet = errors.New("not yet")

// shell returns what runs a shell script with a log in a folder of its own.
func shell(t *testing.T, script string) Config {
	return Config{
		Path: "sh", Args: []string{"-c", script},
		Log: filepath.Join(t.TempDir(), "log"),
	}
}

// start starts a program that ends with the test.
func start(t *testing.T, ctx context.Context, cfg Config) *Process {
	t.Helper()

	p, err := Start(ctx, cfg)
	require.NoError(t, err)
	t.Cleanup(p.Stop)

	return p
}

// firstLine waits for the first line of a program's log and returns it.
func firstLine(t *testing.T, p *Process) string {
	t.Helper()

	var line string
	err := p.Await(context.Background(), "a line",
		func(context.Context) error {
			log, err := os.ReadFile(p.Log())
			if err != nil {
				return err
			}
			var found bool
			line, _, found = strings.Cut(string(log), "\n")
			if !found {
				return errNotYet
			}

			return nil
		},
	)
	require.NoError(t, err)

	return line
}

// requireGone checks that the process whose id a program has printed is gone.
func requireGone(t *testing.T, pid string) {
	t.Helper()

	id, err := strconv.Atoi(pid)
	require.NoError(t, err)
	require.ErrorIs(t, syscall.Kill(id, 0), syscall.ESRCH)
}

// TestStopWaitsForEnd checks that a program is gone when Stop returns, that it
// was asked to end rather than killed, and that stopping it again does no harm.
func TestStopWaitsForEnd(t *testing.T) {
	t.Parallel()

	p := start(t, context.Background(), shell(t,
		`trap 'exit 7' TERM; echo; while :; do sleep 0.05; done`))
	firstLine(t, p)
	require.NoError(t, p.Alive())

	p.Stop()
	var exit *exec.ExitError
	require.ErrorAs(t, p.Wait(), &exit)
	require.Equal(t, 7, exit.ExitCode())
	p.Stop()
}

// TestStopUsesSignal checks that a program is asked to end by the signal that
// was chosen for it.
func TestStopUsesSignal(t *testing.T) {
	t.Parallel()

	cfg := shell(t, `trap 'exit 8' INT; echo; while :; do sleep 0.05; done`)
	cfg.StopSignal = syscall.SIGINT
	p := start(t, context.Background(), cfg)
	firstLine(t, p)

	p.Stop()
	require.ErrorContains(t, p.Wait(), "exit status 8")
}

// TestStopEndsGrandchildren checks that what a program has started, and does
// not stop, is gone with it.
func TestStopEndsGrandchildren(t *testing.T) {
	t.Parallel()

	p := start(t, context.Background(), shell(t,
		`sh -c 'trap "" TERM; echo $$; while :; do sleep 0.05; done' &
		wait`))
	pid := firstLine(t, p)
	p.Stop()
	requireGone(t, pid)
}

// TestEndEndsGrandchildren checks the same of a program that ends by itself, and
// that the pipe which its child has inherited keeps nobody waiting.
func TestEndEndsGrandchildren(t *testing.T) {
	t.Parallel()

	var out strings.Builder
	err := Run(context.Background(), Config{
		Path: "sh", Args: []string{"-c", "sleep 600 & echo $!"},
		Stdout: &out,
	})
	require.NoError(t, err)
	requireGone(t, strings.TrimSpace(out.String()))
}

// TestKillLeavesNoTime checks that a program which is killed cannot do anything
// about it.
func TestKillLeavesNoTime(t *testing.T) {
	t.Parallel()

	p := start(t, context.Background(), shell(t,
		`trap 'exit 7' TERM; echo; while :; do sleep 0.05; done`))
	firstLine(t, p)
	p.Kill()
	require.ErrorContains(t, p.Wait(), "signal: killed")
}

// TestContextStops checks that the end of a context stops a program, and that
// Run then returns why.
func TestContextStops(t *testing.T) {
	t.Parallel()

	errWhy := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	go cancel(errWhy)
	require.ErrorIs(t, Run(ctx, shell(t, "sleep 600")), errWhy)

	_, err := Start(ctx, shell(t, "true"))
	require.ErrorIs(t, err, errWhy)
}

// TestStartTellsWhatIsMissing checks that a program which is not there is named.
func TestStartTellsWhatIsMissing(t *testing.T) {
	t.Parallel()

	_, err := Start(context.Background(), Config{Path: "no-such-program"})
	require.ErrorIs(t, err, exec.ErrNotFound)
	require.ErrorContains(t, err, "no-such-program does not start")
}

// TestAwaitReportsEndOfProgram checks that nobody waits for a program that has
// ended, and that its last words are told.
func TestAwaitReportsEndOfProgram(t *testing.T) {
	t.Parallel()

	p := start(t, context.Background(),
		shell(t, "echo cannot open database; exit 3"))
	err := p.Await(
		context.Background(), "nothing",
		func(context.Context) error { return errNotYet },
	)
	require.ErrorContains(t, err, "cannot open database")
	require.ErrorContains(t, err, "exit status 3")
	require.ErrorContains(t, err, p.Log())
}

// TestAwaitEndsWithContext checks that an interrupted wait says only that.
func TestAwaitEndsWithContext(t *testing.T) {
	t.Parallel()

	ctx, cancel := context.WithCancel(context.Background())
	p := start(t, context.Background(), shell(t, "sleep 60"))
	err := p.Await(ctx, "nothing", func(context.Context) error {
		cancel()

		return errNotYet
	})
	require.ErrorIs(t, err, context.Canceled)
}
