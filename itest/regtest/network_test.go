package regtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/process"
)

const (
	// shell is a program that every machine has, and loop a script for it
	// that does not end by itself.
	shell = "/bin/sh"
	loop  = "while :; do sleep 0.05; done"
)

// startShell starts a shell script as a process that ends with the test.
func startShell(t *testing.T, dir, program, script string,
	args ...string) *process.Process {

	t.Helper()

	p, err := launch(process.Config{
		Path: program,
		Args: append([]string{"-c", script, "sh"}, args...),
		Log:  filepath.Join(dir, "shell.log"),
	})
	require.NoError(t, err)
	t.Cleanup(p.Stop)

	return p
}

// TestMissingProgram checks that a program that is not there is found out
// before anything is deleted.
func TestMissingProgram(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	_, err := Start(context.Background(), Config{
		Dir: dir, Btcd: filepath.Join(dir, "btcd"),
	})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "make demo")
	require.DirExists(t, dir)
}

// TestGuardTellsWhichProgramEnded checks that the end of a program ends the
// guarded context and explains it.
func TestGuardTellsWhichProgramEnded(t *testing.T) {
	t.Parallel()

	n := &Network{chain: &chain{
		Process: startShell(t, t.TempDir(), shell, "echo out of disk; exit 1"),
	}}
	ctx, release := n.Guard(context.Background())
	defer release()

	<-ctx.Done()
	require.ErrorContains(t, context.Cause(ctx), "out of disk")
}

// TestExplainPrefersEndOfProgram checks that the end of a program is told
// instead of the RPC that failed because of it, and otherwise the RPC's error.
func TestExplainPrefersEndOfProgram(t *testing.T) {
	t.Parallel()

	errRPC, errEnd := errors.New("unavailable"), errors.New("it ended")
	guarded, end := context.WithCancelCause(context.Background())
	require.Equal(t, errRPC, Explain(guarded, errRPC))

	end(errEnd)
	require.Equal(t, errEnd, Explain(guarded, errRPC))
}

// TestLockKeepsOthersOut checks that a folder has one user at a time.
func TestLockKeepsOthersOut(t *testing.T) {
	t.Parallel()

	dir := filepath.Join(t.TempDir(), "new")
	unlock, err := Lock(dir)
	require.NoError(t, err)

	_, err = Lock(dir)
	require.ErrorContains(t, err, "another program")

	unlock()
	unlock, err = Lock(dir)
	require.NoError(t, err)
	unlock()
}

// TestStopScriptSparesOthers checks that the script ends what runs on the folder
// of its network, whoever has started it, and neither clients nor programs that
// run elsewhere. The folder's name is one that a shell would take apart.
func TestStopScriptSparesOthers(t *testing.T) {
	t.Parallel()

	dir := filepath.Join(t.TempDir(), "it's here")
	require.NoError(t, os.Mkdir(dir, 0700))
	run := func(program, flag string) *process.Process {
		return startShell(t, dir, program, loop, flag)
	}
	client := filepath.Join(dir, "lncli")
	require.NoError(t, os.Symlink(shell, client))

	chain := run(shell, "--datadir="+dir+"/btcd")
	node := run(shell, "--lnddir="+dir+"/sender")
	others := []*process.Process{
		run(shell, "--datadir=/elsewhere/btcd"),
		run(shell, "--lnddir="+dir+"-elsewhere/sender"),
		run(client, "--lnddir="+dir+"/sender"),
	}
	require.NoError(t, writeStopScript(dir))
	sender := &Node{Dir: dir + "/sender"}
	require.NoError(t, sender.writeEnv())

	out, err := exec.Command(StopScript(dir)).CombinedOutput()
	require.NoError(t, err, string(out))

	<-node.Ended()
	<-chain.Ended()
	for _, other := range others {
		require.NoError(t, other.Alive())
	}
	require.Equal(t, fmt.Sprintf("stopping process %d\nstopping process "+
		"%d\n", node.Pid(), chain.Pid()), string(out))
	require.NoFileExists(t, StopScript(dir))
	require.NoFileExists(t, sender.env())
}

// TestEnvNamesNode checks that a shell which has sourced a node's file knows
// where the node is, whatever its folder is called.
func TestEnvNamesNode(t *testing.T) {
	t.Parallel()

	n := &Node{Dir: t.TempDir() + "/it's here", RPCAddr: "127.0.0.1:7"}
	require.NoError(t, n.writeEnv())

	cmd := exec.Command("sh", "-c", ". \"$0\"; exec env", n.env())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "LNCLI_LNDDIR="+n.Dir+"\n")
	require.Contains(t, string(out), "LNCLI_RPCSERVER=127.0.0.1:7\n")
	require.Contains(t, string(out), "LNCLI_NETWORK=regtest\n")
}
