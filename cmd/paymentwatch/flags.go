package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"lnd-once/lnrpc/paymentwatch/sink"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/urfave/cli"
)

const (
	// defaultRPCPort is the port of lnd's gRPC server.
	defaultRPCPort = "10009"

	// sinkFile is the name of the file that is the default sink.
	sinkFile = "paymentwatch.db"
)

var (
	// defaultLndDir is where lnd keeps its data on this system.
	defaultLndDir = dataDir("lnd")

	// defaultSink is beside our own files.
	defaultSink = "sqlite:" + filepath.Join(defaultDir, sinkFile)

	// networks are those that lncli knows.
	networks = []string{
		"mainnet", "testnet", "testnet4", "regtest", "simnet", "signet",
	}

	// sinkFlag is for the commands that use a sink.
	sinkFlag = cli.StringFlag{
		Name:  "sink",
		Value: defaultSink,
		Usage: "Where the outcomes are kept: sqlite:FILE, " +
			"postgres://..., jsonl:FILE for JSON lines in FILE, " +
			"jsonl for JSON lines on the standard output, or " +
			"https://... for a webhook.",
	}

	// forFlag limits a check.
	forFlag = cli.DurationFlag{
		Name: "for",
		Usage: "How long to check, such as 10m; until interrupted if " +
			"it is not given.",
	}
)

// nodeFlags are the flags that say which node it is, as lncli has them but for the
// first.
func nodeFlags() []cli.Flag {
	return []cli.Flag{
		nodeFlag,
		cli.StringFlag{
			Name:  "rpcserver",
			Value: "localhost:" + defaultRPCPort,
			Usage: "The host:port of LN daemon.",
		},
		cli.StringFlag{
			Name:      "lnddir",
			Value:     defaultLndDir,
			Usage:     "The path to lnd's base directory.",
			TakesFile: true,
		},
		cli.StringFlag{
			Name: "tlscertpath",
			Usage: "The path to lnd's TLS certificate. (default: " +
				"tls.cert in lnddir)",
			TakesFile: true,
		},
		cli.StringFlag{
			Name: "macaroonpath",
			Usage: "The path to macaroon file. (default: the " +
				"readonly.macaroon of the network in lnddir)",
			TakesFile: true,
		},
		cli.StringFlag{
			Name: "network, n",
			Usage: "The network lnd is running on; valid values " +
				"are: " + strings.Join(networks, ", ") + ".",
			Value: "mainnet",
		},
	}
}

// followFlags are the flags that say which node is watched, and how.
func followFlags() []cli.Flag {
	return append(nodeFlags(), sinkFlag, noPreimagesFlag, cli.StringFlag{
		Name: "position",
		Usage: "The file that says what was delivered as JSON lines " +
			"or to a webhook. (default: FILE.position, or " +
			sink.DefaultPositionFile + " or " +
			sink.DefaultWebhookPosition + " in the current folder)",
		TakesFile: true,
	}, cli.StringFlag{
		Name: "webhook-secret-file",
		Usage: "The file with the secret that a webhook's messages " +
			"are signed with.",
		TakesFile: true,
	}, cli.StringFlag{
		Name:  "from",
		Value: "beginning",
		Usage: "Where to begin with a sink that is empty: now, " +
			"beginning, or the index of a payment.",
	}, cli.DurationFlag{
		Name:  "hold-failures",
		Value: watcher.DefaultHold,
		Usage: "How long a failure is held back, since a stock node " +
			"may tell a better reason right after it; 0 will do " +
			"for a patched node.",
	}, cli.DurationFlag{
		// This is what the flag before was called once.
		Name: "settle", Hidden: true,
	})
}

// watchFlags are the flags of the command that watches nodes.
func watchFlags() []cli.Flag {
	flags := append(followFlags(), metricsFlags()...)

	return append(flags, logFlags()...)
}

// holdFailures returns how long failures are held back.
func holdFailures(c *cli.Context) time.Duration {
	if c.IsSet("settle") && !c.IsSet("hold-failures") {
		return c.Duration("settle")
	}

	return c.Duration("hold-failures")
}

// sinkURL returns the URL of the sink that the flags name.
func sinkURL(c *cli.Context) string {
	url := c.String("sink")

	// No shell expands a ~ that is not at the beginning.
	scheme, path, ok := strings.Cut(url, ":")
	if !ok {
		return url
	}

	return scheme + ":" + expand(path)
}

// noArguments returns an error if there is more on the command line than flags.
func noArguments(c *cli.Context) error {
	if c.NArg() == 0 {
		return nil
	}

	return fmt.Errorf("unknown command or argument %q; see paymentwatch "+
		"--help", c.Args().First())
}

// parseFrom returns where a watcher begins.
func parseFrom(text string) (watcher.From, error) {
	switch text {
	case "now":
		return watcher.FromNow(), nil

	case "beginning":
		return watcher.FromBeginning(), nil
	}

	// Databases have indexes as signed numbers.
	index, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return watcher.From{}, fmt.Errorf("--from is %q, but it must "+
			"be now, beginning, or the index of a payment", text)
	}

	return watcher.FromIndex(index), nil
}

// nodeConfig says which node it is and how to prove that we may ask it.
type nodeConfig struct {
	rpcServer, tlsCert, macaroon string

	// network is empty if the user did not name one.
	network string
}

// chosenNode returns the node that the flags are about.
func chosenNode(c *cli.Context) (*node, error) {
	cfg, err := parseNode(c)
	if err != nil {
		return nil, err
	}

	return connect(cfg)
}

// parseNode returns where that node is, with the defaults that lncli would use.
func parseNode(c *cli.Context) (*nodeConfig, error) {
	network := strings.ToLower(c.String("network"))
	if !slices.Contains(networks, network) {
		return nil, fmt.Errorf("unknown network %q; it must be one "+
			"of %s", network, strings.Join(networks, ", "))
	}

	lndDir := expand(c.String("lnddir"))
	n := &nodeConfig{
		rpcServer: c.String("rpcserver"),
		tlsCert:   expand(c.String("tlscertpath")),
		macaroon:  expand(c.String("macaroonpath")),
	}
	if err := checkAddress(n.rpcServer); err != nil {
		return nil, err
	}
	if c.IsSet("network") {
		n.network = network
	}
	if n.tlsCert == "" {
		n.tlsCert = filepath.Join(lndDir, "tls.cert")
	}
	if n.macaroon == "" {
		n.macaroon = filepath.Join(
			lndDir, "data", "chain", "bitcoin", network,
			"readonly.macaroon",
		)
	}

	return n, nil
}

// expand replaces a leading ~ by the user's home folder, for those whose shell
// does not.
func expand(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || (rest != "" && rest[0] != filepath.Separator) {
		return path
	}

	home := homeDir()
	if home == "" {
		return path
	}

	return filepath.Join(home, rest)
}
