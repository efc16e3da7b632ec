package staging

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStageIsNeverHalfDone kills staging at each call of git in turn, on top of
// what the one before left behind, and checks that no tree is ever taken for
// complete that is not.
func TestStageIsNeverHalfDone(t *testing.T) {
	r := newPatchedRepo(t)
	state := func() [2]string {
		cmd := exec.Command("git", "config", "lnd-once.stamp")
		cmd.Dir = r.tree("")
		stamp, err := cmd.Output()
		if err != nil || len(stamp) == 0 {
			return [2]string{}
		}

		return [2]string{
			string(stamp), r.git("rev-parse", "patched", "HEAD"),
		}
	}

	before := state()
	outcome := r.read(r.path("channeldb/outcome/outcome.go"))
	r.write("channeldb/outcome/outcome.go", outcome+"\n// More.\n")
	r.must("stage")
	after := state()
	r.write("channeldb/outcome/outcome.go", outcome)
	r.must("stage")
	require.Equal(t, before, state())
	r.write("channeldb/outcome/outcome.go", outcome+"\n// More.\n")

	// A git that kills whoever called it at the n-th call.
	git, err := exec.LookPath("git")
	require.NoError(t, err)
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "git"), []byte(
		"#!/bin/sh\nread n <"+bin+"/left\necho $((n - 1)) >"+bin+
			"/left\n[ $n != 1 ] || kill -KILL $PPID\nexec "+git+
			" \"$@\"\n",
	), 0o755))

	var killed int
	for n := 1; ; n++ {
		require.NoError(t, os.WriteFile(
			filepath.Join(bin, "left"),
			[]byte(strconv.Itoa(n)+"\n"), 0o644,
		))
		out, err := r.child(
			"stage", "PATH="+bin+":"+os.Getenv("PATH"),
		).CombinedOutput()
		if err == nil {
			break
		}
		require.NotContains(t, string(out), "would be lost")
		require.Contains(
			t, [][2]string{before, {}, after}, state(),
			"stop %d", n,
		)
		killed++
	}
	require.Greater(t, killed, 30)
	require.Equal(t, after, state())

	// Nothing is left of the stopped ones.
	left, err := filepath.Glob(r.path("build/" + baseName + "/.staging.*"))
	require.NoError(t, err)
	require.Empty(t, left)
}
