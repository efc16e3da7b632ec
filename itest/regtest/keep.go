package regtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// stopScript ends the programs of a network by their process ids. An id whose
// command line does not name the network's folder belongs to somebody else by
// now. The nodes go before their chain, and the script goes last.
const stopScript = `#!/bin/sh
#
# Stops the network that the lnd-once demo left running in this folder.

dir=%s

# ours tells whether a process belongs to the network.
ours() {
	{ tr '\0' ' ' <"/proc/$1/cmdline" || ps -o args= -p "$1"; } \
		2>/dev/null | grep -qF -e "=$dir/"
}

for pid in%s; do
	ours "$pid" && kill "$pid" || continue
	echo "stopping process $pid"
	while ours "$pid"; do sleep 0.1; done
done

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

// writeStopScript writes the script for the programs that run now.
func (n *Network) writeStopScript() error {
	var pids strings.Builder
	for _, p := range n.processes() {
		fmt.Fprintf(&pids, " %d", p.Pid())
	}

	script := fmt.Sprintf(stopScript, quote(n.cfg.Dir), pids.String())

	return os.WriteFile(StopScript(n.cfg.Dir), []byte(script), 0700)
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
