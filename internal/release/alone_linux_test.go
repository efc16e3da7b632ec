package release

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/gobuild"
	"lnd-once/internal/progress"
)

// runAlone runs a program in a root folder that has nothing else in it. Not
// every machine lets users who are not root do so: the error is fs.ErrPermission
// then.
func runAlone(t *testing.T, program string) error {
	t.Helper()

	root, name := t.TempDir(), filepath.Base(program)
	text, err := os.ReadFile(program)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(
		filepath.Join(root, name), text, 0o755,
	))

	cmd := exec.CommandContext(t.Context(), "/"+name)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Chroot: root, Pdeathsig: syscall.SIGKILL,
	}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{
			HostID: os.Geteuid(), Size: 1,
		}}
	}

	return cmd.Run()
}

// TestBuildIsTheReleaseAndNeedsNothing checks that what is built for this
// machine has the bytes of the release, and runs in an empty root.
func TestBuildIsTheReleaseAndNeedsNothing(t *testing.T) {
	t.Setenv("CGO_ENABLED", "1")
	b := madeUp(t)
	log := progress.New(io.Discard, "test")
	dir, err := gobuild.Lnd(t.Context(), b, log, b.Tree(), "lnd")
	require.NoError(t, err)
	built, err := os.ReadFile(filepath.Join(dir, "lnd"))
	require.NoError(t, err)

	cfg := config(b)
	cfg.Systems = slices.DeleteFunc(slices.Clone(gobuild.Systems),
		func(s gobuild.System) bool {
			return s.Name != "linux-"+runtime.GOARCH
		})
	_, err = Make(t.Context(), cfg)
	require.NoError(t, err)
	released, err := filepath.Glob(Dir(b) + "/lnd-linux-*/lnd")
	require.NoError(t, err)
	require.Len(t, released, 1)
	text, err := os.ReadFile(released[0])
	require.NoError(t, err)
	require.Equal(t, text, built)

	err = runAlone(t, filepath.Join(dir, "lnd"))
	if errors.Is(err, fs.ErrPermission) {
		t.Skipf("this machine allows no empty root: %v", err)
	}
	require.NoError(t, err)

	// What needs a library does not run there.
	require.Error(t, runAlone(t, "/bin/sh"))
}
