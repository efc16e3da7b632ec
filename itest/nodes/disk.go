package nodes

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"lnd-once/internal/failure"
)

// diskSize is how large the disk of a node is whose disk is filled.
const diskSize = 128 << 20

// mountDisk mounts a small disk, in memory, at a folder.
func mountDisk(dir string) error {
	return unix.Mount(
		"lnd-once", dir, "tmpfs", 0, fmt.Sprintf("size=%d", diskSize),
	)
}

// CheckMount returns an error if nothing can be mounted here.
func CheckMount() error {
	dir, err := os.MkdirTemp("", "lnd-once-disk.")
	if err != nil {
		return err
	}
	defer os.Remove(dir)

	if err := mountDisk(dir); err != nil {
		return failure.Usage("a disk of its own cannot be mounted for "+
			"a node: %w: run it as root, where mounting is "+
			"allowed", err)
	}

	return unix.Unmount(dir, 0)
}
