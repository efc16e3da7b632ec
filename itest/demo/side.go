package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"lnd-once/itest/expect"
	"lnd-once/itest/regtest"
	"lnd-once/itest/scenario"
)

const (
	// stock is the side of lnd as it is, patched that of ours.
	stock   = "stock"
	patched = "patched"
)

// played are the scenarios that the demo plays: the first three, which need no
// more than two nodes and show what stock is known for.
var played = scenario.All[:3]

// side is stock or patched: a network and what the scenarios showed on it.
type side struct {
	// name is the side's, lnd the path of what it runs.
	name    string
	lnd     string
	outlive bool

	// topics is the last topic of the series that lnd has, 0 if all.
	topics int

	// known is what the side is known to break: nothing if it is empty.
	known expect.Cases

	net     *regtest.Network
	results []*scenario.Result
}

// play starts the side's network and runs the scenarios on it. The network is
// left running, if it could be started.
func (s *side) play(ctx context.Context, d *demo) error {
	var err error
	s.net, err = regtest.Start(ctx, regtest.Config{
		Dir:       filepath.Join(d.dir, s.name),
		Btcd:      filepath.Join(d.bin, "btcd"),
		Sender:    s.lnd,
		Recipient: s.lnd,
		Outlive:   s.outlive,
		Log:       func(step string) { d.say(s.name, step) },
	})
	if err != nil {
		return err
	}

	if s.net.Sender.Base() != d.base {
		return fmt.Errorf("%s says it is %s, which is not %s", s.lnd,
			s.net.Sender.Version, d.base)
	}

	guarded, release := s.net.Guard(ctx)
	defer release()

	if err := s.runScenarios(guarded, d); err != nil {
		return regtest.Explain(guarded, err)
	}

	return nil
}

// label is what the table calls the side.
func (s *side) label() string {
	if s.topics > 0 {
		return fmt.Sprintf("topics-%d", s.topics)
	}

	return s.name
}

// runScenarios runs the scenarios one after the other, and then reads once more
// what the node has stored.
func (s *side) runScenarios(ctx context.Context, d *demo) error {
	run := scenario.NewRun(s.net.Scenarios(), func(string, ...any) {})
	for i := range played {
		sc := &played[i]
		d.say(s.name, sc.Name+": "+sc.Title)
		results, err := run.Play(ctx, sc)
		if err != nil {
			return err
		}
		s.results = append(s.results, results...)
	}
	for _, r := range s.results {
		if err := run.Recheck(ctx, r, "stored at last"); err != nil {
			return err
		}
	}

	return nil
}

// lockDir creates the work folder and makes sure that no other demo uses it,
// neither one that runs nor a network that one has left.
func lockDir(dir string) (func(), error) {
	unlock, err := regtest.Lock(dir)
	if err != nil {
		return nil, err
	}

	kept := regtest.StopScript(filepath.Join(dir, patched))
	if _, err := os.Stat(kept); err == nil {
		unlock()

		return nil, fmt.Errorf("a network was left running here, stop "+
			"it first:\n  %s", kept)
	}

	return unlock, nil
}
