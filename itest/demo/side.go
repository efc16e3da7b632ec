package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"lnd-once/itest/regtest"
	"lnd-once/itest/scenario"
)

const (
	// stock is the side of lnd as it is, patched that of ours.
	stock   = "stock"
	patched = "patched"
)

// side is stock or patched: a network and what the scenarios showed on it.
type side struct {
	name    string
	lnd     string
	outlive bool

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
		Sender:    filepath.Join(d.bin, s.lnd),
		Recipient: filepath.Join(d.bin, s.lnd),
		Outlive:   s.outlive,
		Log:       func(step string) { d.say(s.name, step) },
	})
	if err != nil {
		return err
	}

	version := s.net.Sender.Version
	if scenario.BaseOf(version) != d.base {
		return fmt.Errorf("%s says it is %s, which is not %s",
			filepath.Join(d.bin, s.lnd), version, d.base)
	}

	guarded, release := s.net.Guard(ctx)
	defer release()

	if err := s.runScenarios(guarded, d); err != nil {
		return regtest.Explain(guarded, err)
	}

	return nil
}

// runScenarios runs the scenarios one after the other and judges them.
func (s *side) runScenarios(ctx context.Context, d *demo) error {
	session, err := scenario.Open(ctx, s.net)
	if err != nil {
		return err
	}
	defer session.Close()

	for _, sc := range scenario.All {
		d.say(s.name, sc.Name+" "+sc.Title)
		if err := session.Run(ctx, sc); err != nil {
			return err
		}
	}

	s.results, err = session.Results(ctx)

	return err
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
