package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli"
)

// settledNodes returns the values that some flags have for each node that watch
// follows.
func settledNodes(t *testing.T, names []string, args ...string) ([]string,
	error) {

	t.Helper()

	var values []string
	app := newCommands(t.Context(), &output{}, &output{})
	app.Action = func(nodes []*cli.Context) error {
		for _, c := range nodes {
			text := fmt.Sprint(c.NArg())
			for _, name := range names {
				text += " " + fmt.Sprint(c.Generic(name))
			}
			values = append(values, text)
		}

		return nil
	}
	addSettings(app)
	err := app.Run(append([]string{"paymentwatch"}, args...))

	return values, err
}

// TestSectionsAreNodes checks what each section's node has: what the section says
// counts before what the file says for all, and after environment and command
// line.
func TestSectionsAreNodes(t *testing.T) {
	path := writeConfig(t, "sink=sqlite:all\nmetrics=:1\n"+
		"[Application Options]\nfrom=now\nnetwork=regtest\n"+
		"[node alice]\nrpcserver=a:1\n\n[node  bob the 2nd]\n"+
		"rpcserver=b:1\nsink=jsonl\nno-preimages=true\nfrom=7\n")
	names := []string{
		"node", "rpcserver", "sink", "from", "network", "metrics",
		"no-preimages",
	}
	check := func(want []string, args ...string) {
		t.Helper()

		got, err := settledNodes(t, names, append(
			[]string{"--configfile", path}, args...,
		)...)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	alice := "0 alice a:1 sqlite:all now regtest :1 false"
	bob := "0 bob the 2nd b:1 jsonl 7 regtest :1 true"
	check([]string{alice, bob})
	check([]string{bob}, "--node", "bob the 2nd")
	check([]string{
		"1 alice a:1 sqlite:all 9 simnet :1 false",
		"1 bob the 2nd b:1 jsonl 9 simnet :1 true",
	}, "-n", "simnet", "--from=9", "argument")
	t.Setenv("PAYMENTWATCH_NODE", "alice")
	check([]string{alice})
	t.Setenv("PAYMENTWATCH_SINK", "jsonl")
	check([]string{"0 bob the 2nd b:1 jsonl 7 regtest :1 true"},
		"--node", "bob the 2nd")
}

// TestOneNodeOfSeveralIsNamed checks that commands for one node get the one that
// is named, and those for none what the file says for all.
func TestOneNodeOfSeveralIsNamed(t *testing.T) {
	t.Parallel()

	path := writeConfig(t, "sink=sqlite:all\n[node alice]\nrpcserver=a:1\n"+
		"sink=jsonl\n[node bob]\nrpcserver=b:1\n")
	for _, command := range []string{"check", "audit"} {
		_, err := settled(t, "rpcserver", "--configfile", path, command)
		require.ErrorContains(t, err, "say which with --node: alice, bob")
		got, err := settled(t, "rpcserver", "--configfile", path,
			command, "--node", "bob")
		require.NoError(t, err)
		require.Equal(t, "b:1", got)
		_, err = settled(t, "rpcserver", "--configfile", path, command,
			"--node", "carol")
		require.ErrorContains(t, err, "--node is \"carol\"")
		require.ErrorContains(t, err, "only: alice, bob")
	}
	got, err := settled(t, "sink", "--configfile", path, "report")
	require.NoError(t, err)
	require.Equal(t, "sqlite:all", got)

	for text, want := range map[string]string{
		"[node a]\nmetrics=:1\n":         "unknown option: metrics",
		"[node a]\nnode=b\n":             "unknown option: node",
		"[node a]\n[node b]\n[node a]\n": "has [node a] twice",
		"[nodes a]\n":                    "could not find option group",
		"[node ]\n":                      "could not find option group",
		"sink=jsonl\n[node a]\nfrm=now\n": "my.conf:3: unknown option: " +
			"frm",
	} {
		_, err := settledNodes(t, nil, "--configfile",
			writeConfig(t, text))
		require.ErrorContains(t, err, want)
	}
}
