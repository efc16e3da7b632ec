package main

import (
	"path/filepath"
	"testing"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli"
)

// parse returns the node that a command line is about.
func parse(t *testing.T, args ...string) (*nodeConfig, error) {
	t.Helper()

	var (
		cfg *nodeConfig
		err error
	)
	require.NoError(t, act(t, func(c *cli.Context) error {
		cfg, err = parseNode(c)

		return nil
	}, args...))

	return cfg, err
}

// TestNodeFlagsDefaultAsInLncli checks where certificate and macaroon are
// looked for, and that flags can stand before or after the command.
func TestNodeFlagsDefaultAsInLncli(t *testing.T) {
	mac := func(dir, network string) string {
		return filepath.Join(dir, "data", "chain", "bitcoin", network,
			"readonly.macaroon")
	}
	for name, tc := range map[string]struct {
		args []string
		want nodeConfig
	}{
		"nothing": {
			want: nodeConfig{
				rpcServer: "localhost:10009",
				tlsCert: filepath.Join(
					defaultLndDir, "tls.cert",
				),
				macaroon: mac(defaultLndDir, "mainnet"),
			},
		},
		"folder and network": {
			args: []string{"--lnddir", "/d", "-n", "Signet"},
			want: nodeConfig{
				rpcServer: "localhost:10009",
				tlsCert:   "/d/tls.cert",
				macaroon:  mac("/d", "signet"),
				network:   "signet",
			},
		},
		"before the command": {
			args: []string{
				"--lnddir=/d", "--rpcserver=h:1", "check",
			},
			want: nodeConfig{
				rpcServer: "h:1", tlsCert: "/d/tls.cert",
				macaroon: mac("/d", "mainnet"),
			},
		},
		"after the command": {
			args: []string{
				"check", "--tlscertpath=/c", "--macaroonpath",
				"/m", "--network=testnet4",
			},
			want: nodeConfig{
				rpcServer: "localhost:10009", tlsCert: "/c",
				macaroon: "/m", network: "testnet4",
			},
		},
	} {
		cfg, err := parse(t, tc.args...)
		require.NoError(t, err, name)
		require.Equal(t, tc.want, *cfg, name)
	}

	_, err := parse(t, "--network", "lightning")
	require.ErrorContains(t, err, `unknown network "lightning"`)

	// These are lncli's variables.
	t.Setenv("LNCLI_RPCSERVER", "there:1")
	cfg, err := parse(t, "check")
	require.NoError(t, err)
	require.Equal(t, "there:1", cfg.rpcServer)
}

// TestFrom checks what --from can be.
func TestFrom(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]watcher.From{
		"now":       watcher.FromNow(),
		"beginning": watcher.FromBeginning(),
		"17":        watcher.FromIndex(17),
	} {
		from, err := parseFrom(text)
		require.NoError(t, err)
		require.Equal(t, want, from)
	}
	for _, text := range []string{"", "-1", "today", "1.5", "0x1"} {
		_, err := parseFrom(text)
		require.ErrorContains(t, err, "must be now, beginning, or the "+
			"index of a payment")
	}
}

// TestSinkURL checks that the home folder is found where no shell looks for it.
func TestSinkURL(t *testing.T) {
	t.Setenv("PAYMENTWATCH_SINK", "sqlite:~/x.db")

	var url string
	look := func(c *cli.Context) error {
		url = sinkURL(c)

		return nil
	}
	require.NoError(t, act(t, look))
	require.Equal(t, "sqlite:"+expand("~/x.db"), url)
	require.NotContains(t, url, "~")

	require.NoError(t, act(t, look, "--sink=jsonl"))
	require.Equal(t, "jsonl", url)
}

// TestBadFlags checks what is said before anything is done.
func TestBadFlags(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	for want, args := range map[string][]string{
		`"x", but it must be now`:           {"--from", "x"},
		`--sink: unknown sink: "a"`:         {"--sink", "a:b"},
		"sqlite has its position in itself": {"--position", "x"},
		"--hold-failures is -1s":            {"--hold-failures", "-1s"},
		"--hold-failures is -2s":            {"--settle", "-2s"},
		`argument "frob"`:                   {"frob"},
		`argument "frub"`:                   {"check", "frub"},
		`TLS certificate: open ` + dir + `/tls.cert: no such file`: {
			"--lnddir", dir,
		},
		"no such file or directory; lnd makes it": {
			"check", "--lnddir", dir,
		},
		"nothing to report from: stat " + dir: {
			"report", "--sink", "sqlite:" + dir + "/none.db",
		},
	} {
		err := start(t, append([]string{"paymentwatch"}, args...)).
			wait(t)
		require.ErrorContains(t, err, want)
	}
}
