package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/gobuild"
)

// runMake runs make in our repository, with arguments and more variables, and
// returns what it prints.
func runMake(t *testing.T, args []string, env ...string) (string, error) {
	t.Helper()

	root, err := base.Root()
	require.NoError(t, err)
	cmd := exec.Command("make", args...)
	cmd.Dir = root

	// These tests may have been started by make.
	cmd.Env = append(append(
		os.Environ(), "MAKEFLAGS=", "MAKELEVEL=",
	), env...)
	out, err := cmd.CombinedOutput()

	return string(out), err
}

// TestMakeHelp checks that help is given whatever else is set, that the Go is
// the one that is pinned, and that no setting is lost on the way to the tool.
func TestMakeHelp(t *testing.T) {
	t.Parallel()

	out, err := runMake(t, []string{"-n", "help", "BASE=nonsense"})
	require.NoError(t, err, out)
	require.Regexp(t, "^go run .* --help *\n$", out)

	out, err = runMake(t, []string{
		"-n", "release", "BASE=v1", "SYSTEM=linux-arm64", "VERIFY=1",
	})
	require.NoError(t, err, out)
	require.Regexp(t, "release --base='v1' +--system='linux-arm64' "+
		"--verify='1'\n$", out)

	out, err = runMake(t, []string{"-n", "port", "NEW=v2", "CONTINUE=1"})
	require.NoError(t, err, out)
	require.Regexp(t, "port +--continue='1' +v2\n$", out)

	out, err = runMake(t, []string{"-pn", "help"})
	require.NoError(t, err, out)
	require.Contains(t, out, "GOTOOLCHAIN := "+gobuild.Toolchain+"\n")
}

// TestMakeRefuses checks what is said where there is no Go, an old one, a system
// that the tool would not run on, or another make.
func TestMakeRefuses(t *testing.T) {
	t.Parallel()

	// fake returns a PATH on which go says that it is of a version.
	fake := func(version string) string {
		dir := t.TempDir()
		for _, program := range []string{"sed", "tr", "sh"} {
			path, err := exec.LookPath(program)
			require.NoError(t, err)
			err = os.Symlink(path, filepath.Join(dir, program))
			require.NoError(t, err)
		}
		if version != "" {
			require.NoError(t, os.WriteFile(
				filepath.Join(dir, "go"), []byte("#!/bin/sh\n"+
					"echo go version "+version+
					" linux/amd64\n"), 0o700,
			))
		}

		return "PATH=" + dir
	}
	needed := "Go 1.21 or newer is needed, from https://go.dev/dl, and " +
		"then gets " + gobuild.Toolchain + " by itself. Here is "
	for _, tc := range []struct{ env, want string }{
		{fake(""), needed + "none"},
		{fake("go1.19.8"), needed + "go version go1.19.8"},
		{fake("go1.20"), needed + "go version go1.20"},
		{"GOARCH=s390x", "make release SYSTEM="},
		{"GOOS=plan9", "make release SYSTEM="},
	} {
		out, err := runMake(t, []string{"-n", "help"}, tc.env)
		require.Error(t, err, tc.env)
		require.Contains(t, out, tc.want)
	}
	out, err := runMake(t, []string{"-n", "help"}, fake("go1.21.0"))
	require.NoError(t, err, out)
}

// TestOtherMakesAreTold checks that a make that does not read GNUmakefile is
// told what it needs, whatever is to be made.
func TestOtherMakesAreTold(t *testing.T) {
	t.Parallel()

	root, err := base.Root()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "GNUmakefile"))
	require.NoError(t, err)
	targets := regexp.MustCompile(`(?m)^[a-z]+:`).FindAllString(
		string(text), -1,
	)
	require.Contains(t, targets, "build:")

	makes := [][]string{{"make", "-f", "Makefile"}}
	if path, err := exec.LookPath("bmake"); err == nil {
		makes = append(makes, []string{path})
	}
	for _, command := range makes {
		for _, target := range append(targets, "") {
			cmd := exec.Command(command[0], append(
				command[1:], strings.Fields(
					strings.TrimSuffix(target, ":"),
				)...,
			)...)
			cmd.Dir = root
			out, err := cmd.CombinedOutput()
			require.Error(t, err, target)
			require.Contains(t, string(out), "needs GNU make")
		}
	}
}

// TestBuildHoldsNoPackage checks that a source below build/, such as one that is
// laid over lnd's, is no package of ours: go build ./... goes on working.
func TestBuildHoldsNoPackage(t *testing.T) {
	t.Parallel()

	root, err := base.Root()
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(root, "build"), 0o755))
	dir, err := os.MkdirTemp(filepath.Join(root, "build"), "laid-over-")
	require.NoError(t, err)
	defer func() {
		require.NoError(t, os.RemoveAll(dir))
	}()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "over.go"), []byte(
		"package over\n",
	), 0o600))

	list := exec.Command("go", "list", "./...")
	list.Dir = root
	out, err := list.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "lnd-once/cmd/lnd-once\n")
	require.NotContains(t, string(out), "lnd-once/build/")
}
