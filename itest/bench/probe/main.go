// The probe program measures what somebody who probes a channel sees of lnd: it
// starts real nodes, sends probes that the recipient itself rejects through
// SendToRouteV2, a fixed number of them in parallel, and prints how many fail
// per second and how long one takes, in the format of Go's benchmarks.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"lnd-once/itest/regtest"
)

const (
	// networkDir is the folder of the network in that of the program.
	// Whatever else is in there is left alone.
	networkDir = "network"

	// duration is how long each number of probes is measured, and warmup
	// how long probes are sent before that.
	duration = 8 * time.Second
	warmup   = 2 * time.Second
)

// parallels are the numbers of probes in parallel, one measurement each. A
// channel carries 483 HTLCs one way, by the protocol: more probes than that
// would fail for another reason.
var parallels = []int{1, 10, 100}

// bench is one run of this program.
type bench struct {
	// lnd and btcd are the programs, and dir is where the network goes.
	lnd, btcd, dir string

	// out takes the figures, progress all else.
	out, progress io.Writer

	begin time.Time
}

// main runs the benchmark, and turns its error into an exit status.
func main() {
	b := &bench{
		out: os.Stdout, progress: os.Stderr, begin: time.Now(),
	}
	flag.StringVar(&b.lnd, "lnd", "", "lnd of both nodes, a full path")
	flag.StringVar(&b.btcd, "btcd", "", "btcd, a full path")
	flag.StringVar(&b.dir, "dir", "", "full path of the work folder, "+
		"whose network is replaced")
	flag.Parse()

	// Ctrl-C, kill and the closing of the terminal stop the nodes in order.
	ctx, stop := signal.NotifyContext(
		context.Background(), os.Interrupt, syscall.SIGTERM,
		syscall.SIGHUP,
	)
	defer stop()
	silence := context.AfterFunc(ctx, func() {
		b.say("interrupted, stopping")
	})

	err := b.run(ctx)
	silence()
	if err != nil {
		if ctx.Err() != nil {
			err = errors.New("interrupted, all nodes are stopped")
		}
		fmt.Fprintf(os.Stderr, "probe: %v\n", err)
		os.Exit(1)
	}
}

// run starts the network, measures, and leaves nothing running.
func (b *bench) run(ctx context.Context) error {
	unlock, err := regtest.Lock(b.dir)
	if err != nil {
		return err
	}
	defer unlock()

	dir := filepath.Join(b.dir, networkDir)
	net, err := regtest.Start(ctx, regtest.Config{
		Dir:       dir,
		Btcd:      b.btcd,
		Sender:    b.lnd,
		Recipient: b.lnd,
		Log:       b.say,
	})
	if err == nil {
		err = b.measureNetwork(ctx, net)
		net.Stop()
	}
	if err != nil {
		return fmt.Errorf("%w\nlogs:\n  %s", err,
			strings.Join(regtest.Logs(dir), "\n  "))
	}
	b.say("all nodes are stopped")

	return nil
}

// measureNetwork measures on a network that is up. It fails when one of the
// network's programs ends.
func (b *bench) measureNetwork(ctx context.Context,
	net *regtest.Network) error {

	guarded, release := net.Guard(ctx)
	defer release()

	p, err := newProber(guarded, net)
	if err != nil {
		return regtest.Explain(guarded, err)
	}

	_, err = fmt.Fprintf(b.out, "goos: %s\ngoarch: %s\npkg: %s\n",
		runtime.GOOS, runtime.GOARCH, "lnd-once/itest/bench/probe")
	if err != nil {
		return err
	}

	for _, parallel := range parallels {
		if err := b.measureParallel(guarded, p, parallel); err != nil {
			return regtest.Explain(guarded, fmt.Errorf(
				"%d in parallel: %w", parallel, err))
		}
	}

	return nil
}

// measureParallel warms up and measures with a number of probes in parallel.
func (b *bench) measureParallel(ctx context.Context, p *prober,
	parallel int) error {

	b.say(fmt.Sprintf("%d in parallel for %v, after %v of warm-up",
		parallel, duration, warmup))

	_, err := measure(ctx, parallel, warmup, p.probe)
	if err != nil {
		return err
	}
	r, err := measure(ctx, parallel, duration, p.probe)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(b.out, r)

	return err
}

// say prints a line of progress.
func (b *bench) say(step string) {
	fmt.Fprintf(b.progress, "[%5.1fs] %s\n", time.Since(b.begin).Seconds(),
		step)
}
