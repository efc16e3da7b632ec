// The demo starts real nodes, runs the scenarios in which a stock lnd decides a
// payment's outcome more than once on a stock and on a patched lnd, and prints
// what a TrackPayments client received, what the node has stored, and whether
// the contract was kept. It exits with 0 if stock showed exactly the violations
// it is known for and patched none.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"lnd-once/internal/base"
	"lnd-once/itest/expect"
	"lnd-once/itest/regtest"
)

// errUnexpected is returned when all ran, but not with the results that it
// should have had.
var errUnexpected = errors.New("the results are not the expected ones")

// demo is one run of this program.
type demo struct {
	base, bin, dir string
	keep           bool

	// patched is the folder with the patched lnd, and topics the last topic
	// of the series that it has, 0 if it has all.
	patched string
	topics  int

	// known is what stock is known to break.
	known expect.Cases

	begin time.Time
	mu    sync.Mutex
}

// main reads the flags, runs the demo, and turns its error into an exit status.
func main() {
	d := &demo{begin: time.Now()}
	flag.StringVar(&d.base, "base", "", "lnd version the programs are "+
		"built from")
	flag.StringVar(&d.bin, "bin", "", "folder with lnd-stock and btcd")
	flag.StringVar(&d.patched, "patched", "", "folder with the patched "+
		"lnd, and its lncli for -keep")
	flag.IntVar(&d.topics, "topics", 0, "last topic of the series that "+
		"the patched lnd has, 0 if all")
	flag.StringVar(&d.dir, "dir", "", "work folder, its networks are "+
		"replaced")
	flag.BoolVar(&d.keep, "keep", false, "leave the patched network "+
		"running")
	flag.Parse()

	// Ctrl-C, kill and the closing of the terminal stop the nodes in order.
	ctx, stop := signal.NotifyContext(
		context.Background(), os.Interrupt, syscall.SIGTERM,
		syscall.SIGHUP,
	)
	defer stop()
	silence := context.AfterFunc(ctx, func() {
		d.say("all", "interrupted, stopping")
	})

	err := d.run(ctx)
	silence()
	if err != nil {
		if ctx.Err() != nil {
			err = errors.New("interrupted, all nodes are stopped")
		}
		fmt.Fprintf(os.Stderr, "demo: %v\n", err)
		os.Exit(1)
	}
}

// run checks the flags and shows both sides.
func (d *demo) run(ctx context.Context) error {
	if d.base == "" || d.bin == "" || d.patched == "" || d.dir == "" ||
		flag.NArg() > 0 {

		return errors.New("flags -base, -bin, -patched and -dir are " +
			"needed; \"make demo\" sets them")
	}
	var err error
	if d.known, err = known(d.base); err != nil {
		return err
	}

	// The programs get their folder as working directory.
	for _, path := range []*string{&d.bin, &d.patched, &d.dir} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	unlock, err := lockDir(d.dir)
	if err != nil {
		return err
	}
	defer unlock()

	sides, err := d.play(ctx)
	if err != nil {
		stopAll(sides)

		return fmt.Errorf("%w\n%s", err, d.logs())
	}

	fmt.Printf("\nlnd %s, TrackPayments with no_inflight_updates\n\n",
		d.base)
	ok := printTable(os.Stdout, sides)
	if ok {
		fmt.Printf("Stock breaks what it is known to break, %s. It "+
			"took %.1f s.\n", d.verdict(),
			time.Since(d.begin).Seconds())
	}
	d.finish(sides)

	if !ok {
		return fmt.Errorf("%w, see above\n%s", errUnexpected, d.logs())
	}

	return nil
}

// verdict says what it means that patched breaks what was expected.
func (d *demo) verdict() string {
	if d.topics == 0 {
		return "patched nothing"
	}

	return fmt.Sprintf("patched up to topic %d what is known of that",
		d.topics)
}

// known returns what the stock lnd of a base is known to break.
func known(name string) (expect.Cases, error) {
	root, err := base.Root()
	if err != nil {
		return nil, err
	}
	b, err := base.Load(root, name)
	if err != nil {
		return nil, err
	}

	return expect.Load(b)
}

// play runs the scenarios on both sides at the same time. It returns the error
// of the side that failed first.
func (d *demo) play(ctx context.Context) ([]*side, error) {
	sides := []*side{{
		name: stock, lnd: filepath.Join(d.bin, "lnd-stock"),
		known: d.known.Prefix(0),
	}, {
		name: patched, lnd: filepath.Join(d.patched, "lnd"),
		topics: d.topics, outlive: d.keep,
	}}
	if d.topics > 0 {
		sides[1].known = d.known.Prefix(d.topics)
	}

	// When one side fails the other is called off.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	var wg sync.WaitGroup
	for _, s := range sides {
		wg.Add(1)
		go func() {
			defer wg.Done()

			if err := s.play(ctx, d); err != nil {
				cancel(fmt.Errorf("%s: %w", s.name, err))
			}
		}()
	}
	wg.Wait()

	return sides, context.Cause(ctx)
}

// finish stops the networks, but for the patched one if it is to be kept.
func (d *demo) finish(sides []*side) {
	if !d.keep {
		stopAll(sides)

		return
	}

	stopAll(sides[:1])
	fmt.Printf("\nThe patched network keeps running.\n\n%s",
		sides[1].net.Usage(filepath.Join(d.patched, "lncli")))
}

// stopAll stops the networks that run.
func stopAll(sides []*side) {
	var wg sync.WaitGroup
	for _, s := range sides {
		if s.net == nil {
			continue
		}

		wg.Add(1)
		go func() {
			defer wg.Done()
			s.net.Stop()
		}()
	}
	wg.Wait()
}

// logs says where the logs are.
func (d *demo) logs() string {
	var logs []string
	for _, name := range []string{stock, patched} {
		logs = append(
			logs, regtest.Logs(filepath.Join(d.dir, name))...,
		)
	}
	if len(logs) == 0 {
		return "there are no logs yet"
	}

	return "logs:\n  " + strings.Join(logs, "\n  ")
}

// say prints a line of progress.
func (d *demo) say(side, step string) {
	d.mu.Lock()
	defer d.mu.Unlock()

	fmt.Printf("[%4.1fs] %-8s %s\n", time.Since(d.begin).Seconds(), side,
		step)
}
