package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// maxParallel is how many HTLCs a channel carries one way, by the
	// protocol. More probes than that would fail for another reason.
	maxParallel = 483

	// bbolt is the only database backend that the nodes are started with.
	bbolt = "bbolt"
)

// config is what the flags say.
type config struct {
	// lnd, receiver and btcd are the paths of the programs.
	lnd, receiver, btcd string

	// dir is where the network goes.
	dir string

	// parallel holds the numbers of probes in parallel, one measurement
	// each.
	parallel parallels

	// duration is how long one measurement takes, warmup how long probes
	// are sent before it.
	duration, warmup time.Duration
}

// parallels is a flag: positive numbers separated by commas.
type parallels []int

// String returns the numbers as they are given on the command line.
func (p *parallels) String() string {
	var numbers []string
	for _, n := range *p {
		numbers = append(numbers, strconv.Itoa(n))
	}

	return strings.Join(numbers, ",")
}

// Set reads the numbers.
func (p *parallels) Set(list string) error {
	*p = nil
	for _, number := range strings.Split(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(number))
		if err != nil {
			return fmt.Errorf("%q is not a number", number)
		}
		if n < 1 || n > maxParallel {
			return fmt.Errorf("%d is not between 1 and %d, which "+
				"is what a channel carries", n, maxParallel)
		}
		*p = append(*p, n)
	}

	return nil
}

// parseFlags reads the command line. What the flags are is written to usage if
// it is asked for.
func parseFlags(args []string, usage io.Writer) (*config, error) {
	cfg := &config{parallel: parallels{1, 10, 100}}
	var db string

	// The package would write an error and all flags, and the error again
	// comes back to us.
	set := flag.NewFlagSet("probe", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&cfg.lnd, "lnd", "", "lnd of the sender")
	set.StringVar(&cfg.receiver, "receiver", "", "lnd of the recipient "+
		"(default that of the sender)")
	set.StringVar(&cfg.btcd, "btcd", "", "btcd")
	set.StringVar(&cfg.dir, "dir", "", "work folder, its network is "+
		"replaced")
	set.StringVar(&db, "db", bbolt, "database of the nodes, there is only "+
		"this one")
	set.Var(&cfg.parallel, "parallel", "how many probes at a time, "+
		"separated by commas")
	set.DurationVar(&cfg.duration, "duration", 20*time.Second, "how long "+
		"each number of probes is measured")
	set.DurationVar(&cfg.warmup, "warmup", 2*time.Second, "how long "+
		"probes are sent before each measurement")

	err := set.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		set.SetOutput(usage)
		set.PrintDefaults()
	}
	if err != nil {
		return nil, err
	}

	if set.NArg() > 0 {
		return nil, fmt.Errorf("%q is not a flag", set.Arg(0))
	}
	if db != bbolt {
		return nil, fmt.Errorf("flag -db: unknown database %q, the "+
			"only one is %s", db, bbolt)
	}

	return cfg, cfg.check()
}

// check returns an error if a flag is missing or makes no sense, and fills in
// what follows from others.
func (c *config) check() error {
	if c.receiver == "" {
		c.receiver = c.lnd
	}

	for _, path := range []struct {
		name  string
		value *string
	}{
		{"lnd", &c.lnd}, {"receiver", &c.receiver}, {"btcd", &c.btcd},
		{"dir", &c.dir},
	} {
		if *path.value == "" {
			return fmt.Errorf("flag -%s is missing", path.name)
		}

		// The programs get their folder as working directory.
		var err error
		if *path.value, err = filepath.Abs(*path.value); err != nil {
			return err
		}
	}

	if c.duration <= 0 {
		return fmt.Errorf("flag -duration: %v is no time to measure",
			c.duration)
	}
	if c.warmup < 0 {
		return fmt.Errorf("flag -warmup: %v is negative", c.warmup)
	}

	return nil
}
