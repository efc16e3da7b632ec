package regtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// stopScript ends the programs that run on a network's folder by their process
// ids, also those that somebody has started anew, but no clients. The nodes go
// before their chain, and the script goes last.
const stopScript = `#!/bin/sh
#
# Stops the network that the lnd-once demo left running in this folder.

dir=%s

# runs tells whether a process was given a folder in ours by the flag.
runs() {
	grep -qzF -e "$2=$dir/" "/proc/$1/cmdline" 2>/dev/null
}

# stop stops the programs that were given a folder in ours by the flag.
stop() {
	for proc in /proc/[0-9]*; do
		pid=${proc#/proc/}
		runs "$pid" "$1" || continue
		program=$(tr '\0' '\n' <"$proc/cmdline" | head -n 1)
		case ${program##*/} in lncli | paymentwatch) continue ;; esac
		echo "stopping process $pid"
		kill "$pid" || exit
		while runs "$pid" "$1"; do sleep 0.1; done
	done
}

stop --lnddir
stop --datadir
rm -f "$dir"/*.env "$dir/stop.sh"
`

// envFile tells lncli and paymentwatch which node it is about.
const envFile = `# To be sourced by a shell: lncli and paymentwatch then use this node.

export LNCLI_LNDDIR=%s
export LNCLI_RPCSERVER=%s
export LNCLI_NETWORK=regtest
`

// StopScript returns the path of the script that stops a network which outlives
// the one who started it. The script exists as long as the network may run.
func StopScript(dir string) string {
	return filepath.Join(dir, "stop.sh")
}

// writeStopScript writes the script of the network in a folder.
func writeStopScript(dir string) error {
	script := fmt.Sprintf(stopScript, quote(dir))

	return os.WriteFile(StopScript(dir), []byte(script), 0700)
}

// quote returns text as a shell takes it for one word.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// env returns the path of the file that a shell sources to use the node.
func (n *Node) env() string {
	return n.Dir + ".env"
}

// writeEnv writes that file.
func (n *Node) writeEnv() error {
	text := fmt.Sprintf(envFile, quote(n.Dir), n.RPCAddr)

	return os.WriteFile(n.env(), []byte(text), 0600)
}

// Usage returns what a person needs to use the network and to stop it.
func (n *Network) Usage(lncli string) string {
	var b strings.Builder
	for _, node := range []*Node{n.Sender, n.Recipient} {
		fmt.Fprintf(&b, "%s %s\n", node.Name, node.PubKey)
		fmt.Fprintf(&b, "  gRPC      %s\n", node.RPCAddr)
		fmt.Fprintf(&b, "  peers     %s\n", node.PeerAddr)
		fmt.Fprintf(&b, "  macaroon  %s\n", node.Macaroon())
		fmt.Fprintf(&b, "  cert      %s\n", node.Cert())
		fmt.Fprintf(&b, "  log       %s\n", node.Log())
		fmt.Fprintf(&b, "  env       %s\n", node.env())
		fmt.Fprintf(&b, "  lncli     %s\n\n", lncliLine(lncli, node))
	}
	fmt.Fprintf(&b, "btcd\n  RPC       %s (user %s, password %s)\n",
		n.chain.addr, rpcUser, rpcPass)
	fmt.Fprintf(&b, "  cert      %s\n\n", n.chain.cert)

	fmt.Fprintf(&b, "Try:\n  %s listpayments --include_incomplete\n",
		lncliLine(lncli, n.Sender))
	fmt.Fprintf(&b, "  %s addinvoice 1000\n",
		lncliLine(lncli, n.Recipient))
	fmt.Fprintf(&b, "  %s payinvoice --force INVOICE\n\n",
		lncliLine(lncli, n.Sender))
	fmt.Fprintf(&b, "Stop all of it with:\n  %s\n",
		StopScript(n.cfg.Dir))

	return b.String()
}

// lncliLine is the start of a command line that talks to a node.
func lncliLine(lncli string, n *Node) string {
	return fmt.Sprintf("%s --lnddir=%s --network=regtest --rpcserver=%s",
		lncli, n.Dir, n.RPCAddr)
}
