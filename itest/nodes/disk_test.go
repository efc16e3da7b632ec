//go:build nodes

package nodes

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"lnd-once/itest/regtest"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// noSpace is what lnd's log has, once for each write that the disk has refused.
var noSpace = regexp.MustCompile("no space left on device|disk is full")

// TestOutcomesFullDisk fills the disk that a node's data are on, at random moments
// under load, and makes room again. The same holds as for outages.
func TestOutcomesFullDisk(t *testing.T) {
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			// A run that was killed has left its disk there.
			_ = unix.Unmount(filepath.Join(
				workDir(t), *store, "sender", "data",
			), unix.MNT_DETACH)

			h := &healer{attack: newAttack(t, FullDisks, side,
				regtest.Config{
					SenderFlags: backendFlags(*store),
				},
			)}
			d := newDisk(h.attack)
			h.run(func() {
				h.without(d.fill, d.empty)
			}, func() []Count {
				refused := d.refused()
				require.NotZero(t, refused, "the disk was "+
					"never full for lnd: this sees nothing")

				return append(
					h.counts(), Count{"refused", refused},
				)
			})
		})
	}
}

// disk is a small one that the sender's data are on.
type disk struct {
	*testing.T

	// dir is the folder with the data, ballast a file that fills it, and log
	// the sender's.
	dir, ballast, log string
}

// newDisk moves the data of an attack's sender to a disk of their own.
func newDisk(a *attack) *disk {
	a.Helper()

	dir := filepath.Join(a.net.Sender.Dir, "data")
	d := &disk{
		T: a.T, dir: dir, ballast: filepath.Join(dir, "ballast"),
		log: a.net.Sender.Dir + ".log",
	}

	a.net.Sender.Stop()
	before := dir + ".before"
	require.NoError(a, os.Rename(dir, before))
	require.NoError(a, os.Mkdir(dir, 0o700))
	require.NoError(a, mountDisk(dir))

	// The sender is still running then.
	a.Cleanup(func() {
		require.NoError(a, unix.Unmount(dir, unix.MNT_DETACH))
	})

	// What takes no room in a file, because nothing was written there yet, is
	// to take none here.
	out, err := exec.Command(
		"cp", "-a", "--sparse=always", before+"/.", dir,
	).CombinedOutput()
	require.NoError(a, err, string(out))
	require.NoError(a, a.net.Restart(
		context.Background(), a.net.Sender, a.side.program(),
	))

	return d
}

// fill leaves no room on the disk.
func (d *disk) fill() {
	file, err := os.OpenFile(d.ballast, os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(d, err)
	defer file.Close()

	// The last of it is less than a block.
	block := make([]byte, unix.Getpagesize())
	for err == nil {
		_, err = file.Write(block)
	}
	require.True(d, errors.Is(err, unix.ENOSPC), "%v", err)
}

// empty makes room again.
func (d *disk) empty() {
	require.NoError(d, os.Remove(d.ballast))
}

// refused returns how many writes lnd was refused.
func (d *disk) refused() int {
	log, err := os.ReadFile(d.log)
	require.NoError(d, err)

	return len(noSpace.FindAll(log, -1))
}
