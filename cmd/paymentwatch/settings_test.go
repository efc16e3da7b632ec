package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli"
)

// act runs the program with another action in the place of all its own.
func act(t *testing.T, action func(*cli.Context) error, args ...string) error {
	t.Helper()

	app := newCommands(t.Context(), io.Discard, io.Discard)
	app.Action = action
	for i := range app.Commands {
		app.Commands[i].Action = action
	}
	addSettings(app)

	return app.Run(append([]string{"paymentwatch"}, args...))
}

// settled returns the value that a flag has for the program's actions.
func settled(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()

	var value string
	err := act(t, func(c *cli.Context) error {
		value = fmt.Sprint(c.Generic(name))

		return nil
	}, args...)

	return value, err
}

// writeConfig writes a configuration file and returns its path.
func writeConfig(t *testing.T, text string) string {
	t.Helper()

	path := filepath.Join(t.TempDir(), "my.conf")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))

	return path
}

// TestSettingsHaveAnOrder checks which value counts where there are several: the
// one after the command, before it, in the environment, in the file.
func TestSettingsHaveAnOrder(t *testing.T) {
	path := writeConfig(t, "; comment\n[Application Options]\n"+
		"rpcserver=file:1\n# another\nhold-failures=7s\n")

	check := func(want string, args ...string) {
		t.Helper()

		args = append([]string{"--configfile", path}, args...)
		got, err := settled(t, "rpcserver", args...)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, command := range []string{"watch", "check", "audit"} {
		check("file:1", command)
	}
	check("file:1")
	hold, err := settled(t, "hold-failures", "--configfile", path)
	require.NoError(t, err)
	require.Equal(t, "7s", hold)

	t.Setenv("LNCLI_RPCSERVER", "lncli:1")
	check("lncli:1", "check")
	t.Setenv("PAYMENTWATCH_RPCSERVER", "env:1")
	check("env:1", "check")
	check("env:1")
	check("before:1", "--rpcserver", "before:1", "check")
	check("before:1", "--rpcserver", "before:1")
	check("after:1", "--rpcserver", "before:1", "check", "--rpcserver",
		"after:1")

	// The file itself can be named by its variable.
	t.Setenv("PAYMENTWATCH_CONFIGFILE", path)
	hold, err = settled(t, "hold-failures", "watch")
	require.NoError(t, err)
	require.Equal(t, "7s", hold)
}

// TestConfigFileErrors checks that a file that is wrong is told of, with the line,
// and one that is not there only if it was asked for.
func TestConfigFileErrors(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		"rpcserver=a:1\nrpcservr=b:2\n": "my.conf:2: unknown option: " +
			"rpcservr",
		"[Bitcoin]\nrpcserver=a:1\n": "could not find option group " +
			"`Bitcoin'",
		"hold-failures=soon\n": "hold-failures in ",
		"help=true\n":          "unknown option: help",
		"configfile=other\n":   "unknown option: configfile",
	} {
		_, err := settled(t, "rpcserver", "--configfile",
			writeConfig(t, text))
		require.ErrorContains(t, err, want)
	}

	_, err := settled(t, "rpcserver", "--configfile", "/not/there")
	require.ErrorContains(t, err, "--configfile")
	require.ErrorIs(t, err, os.ErrNotExist)

	// What is for another command is no mistake.
	_, err = settled(t, "rpcserver", "--configfile",
		writeConfig(t, "for=3s\njson=true\n"), "watch")
	require.NoError(t, err)
}

// TestEveryFlagHasAVariable sets each flag of each command by its variable.
func TestEveryFlagHasAVariable(t *testing.T) {
	app := newApp(t.Context(), io.Discard, io.Discard)
	commands := append(app.Commands, cli.Command{Flags: app.Flags})
	for _, command := range commands {
		for _, flag := range command.Flags {
			name := flagName(flag)
			require.Contains(t, flag.String(), "[$PAYMENTWATCH_"+
				variables(name)[0][len("PAYMENTWATCH_"):])
		}
	}

	t.Setenv("PAYMENTWATCH_HOLD_FAILURES", "9s")
	hold, err := settled(t, "hold-failures", "watch")
	require.NoError(t, err)
	require.Equal(t, "9s", hold)

	t.Setenv("PAYMENTWATCH_FOR", "often")
	_, err = settled(t, "for", "check")
	require.ErrorContains(t, err, "for in the environment, "+
		"PAYMENTWATCH_FOR is \"often\"")
}
