package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxPackages is how many packages the program may be built from, Go's own among
// them: whoever installs it waits for each.
const maxPackages = 450

// TestProgramIsLight checks that the program is built without lnd, and from few
// packages.
func TestProgramIsLight(t *testing.T) {
	t.Parallel()

	out, err := exec.Command("go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	packages := strings.Fields(string(out))
	for _, name := range packages {
		require.NotContains(t, name, "github.com/lightningnetwork/lnd")
	}
	require.LessOrEqual(t, len(packages), maxPackages)
}
