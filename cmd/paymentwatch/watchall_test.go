package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"lnd-once/internal/process"

	"github.com/stretchr/testify/require"
)

// configOf returns a configuration file that names nodes alice and bob, and says
// more for both.
func configOf(t *testing.T, nodes []*fakeNode, more string) string {
	t.Helper()

	text := "network=regtest\nhold-failures=0s\n" + more + "\n"
	for i, name := range []string{"alice", "bob"} {
		text += fmt.Sprintf("[node %s]\nrpcserver=%s\nlnddir=%s\n",
			name, nodes[i].addr, nodes[i].dir)
	}

	return writeConfig(t, text)
}

// TestWatchFollowsSeveralNodes follows two nodes, and looks at what is told of
// each of them.
func TestWatchFollowsSeveralNodes(t *testing.T) {
	t.Parallel()

	nodes, port := twoNodes(t), freePort(t)
	url := "sqlite:" + filepath.Join(t.TempDir(), "sink.db")
	path := configOf(t, nodes, "sink="+url+"\nmetrics="+port)
	nodes[0].addPayments(2)
	nodes[1].addPayments(3)

	p := start(t, []string{"paymentwatch", "--configfile", path})
	p.errOut.await(t, "Live caught_up=2 node=alice")
	p.errOut.await(t, "Live caught_up=3 node=bob")
	nodes[1].end(pay(4, succeeded, none))
	p.errOut.await(t, "reason=NONE node=bob")
	require.Equal(t, 2, nodes[0].rows(url))
	require.Equal(t, 4, nodes[1].rows(url))

	text := metricsText(t, port)
	for node, next := range map[string]int{"alice": 3, "bob": 5} {
		require.Contains(t, text, fmt.Sprintf(
			"paymentwatch_next_index{node=%q} %d\n", node, next))
	}
	require.Equal(t, 1, strings.Count(text, "\npaymentwatch_build_info{"))
	ready := "http://127.0.0.1:" + port + "/readyz"
	_, status := ask(t, http.DefaultClient, ready)
	require.Equal(t, http.StatusOK, status)

	// One of them that is away is not ready, and does not end the others.
	nodes[1].updates <- nil
	p.errOut.await(t, "No connection")
	says, status := ask(t, http.DefaultClient, ready)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, says, "bob: not live")
	nodes[0].end(pay(3, succeeded, none))
	p.errOut.await(t, "reason=NONE node=alice")
	p.interrupt()
	require.NoError(t, p.wait(t))
	require.Equal(t, 1, strings.Count(p.errOut.String(), "Stopped"))

	audit := start(t, []string{"paymentwatch", "--configfile", path,
		"audit", "--node", "bob"})
	require.NoError(t, audit.wait(t))
	require.Regexp(t, `(?m)^ same +4 +in both`, audit.out.String())
}

// TestNodeThatCannotBeFollowedEndsAll checks that the error names the node.
func TestNodeThatCannotBeFollowedEndsAll(t *testing.T) {
	t.Parallel()

	nodes := twoNodes(t)
	url := "sqlite:" + filepath.Join(t.TempDir(), "sink.db")
	other := start(t, nodes[1].flags("--sink", url))
	other.errOut.await(t, "Live")
	p := start(t, []string{"paymentwatch", "--configfile",
		configOf(t, nodes, "sink="+url)})
	require.ErrorContains(t, p.wait(t), "node bob: the sink is in use")

	nodes[0].write(t, nodes[0].macaroonFile("regtest"), nil)
	p = start(t, []string{"paymentwatch", "--configfile",
		configOf(t, nodes, "sink="+url)})
	require.ErrorContains(t, p.wait(t), "node alice: ")
}

// TestOneProcessForTwoNodesThroughKills does what is done with one for each.
func TestOneProcessForTwoNodesThroughKills(t *testing.T) {
	eachDatabase(t, func(t *testing.T, url string) {
		nodes := twoNodes(t)
		path := configOf(t, nodes, "sink="+url)
		testKills(t, url, nodes, func(t *testing.T) []*process.Process {
			return []*process.Process{startProcess(t, []string{
				"paymentwatch", "--configfile", path,
			})}
		})
	})
}
