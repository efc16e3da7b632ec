package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/urfave/cli"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/gobuild"
	"lnd-once/internal/release"
)

// releaseCommand returns the verb that makes archives of what is built.
func releaseCommand() cli.Command {
	return cli.Command{
		Name: "release",
		Usage: "make archives of lnd and paymentwatch, the same " +
			"everywhere",
		Description: "Builds lnd, lncli and paymentwatch for each " +
			"system, without C, packs them in\n   build/BASE/" +
			"release and prints their SHA-256 sums. Those of " +
			"lnd for all systems are\n   kept in patches/BASE.",
		Flags: []cli.Flag{
			basesFlag(),
			topicsFlag(),
			cli.StringFlag{
				Name: "system",
				Usage: "only for this system: " +
					strings.Join(systemNames(), ", "),
			},
			cli.BoolFlag{
				Name: "verify",
				Usage: "compare with the sums that are kept, " +
					"instead of keeping these",
			},
		},
		Action: action(makeReleases),
	}
}

// systemNames returns the names of all systems that there are releases for.
func systemNames() []string {
	var names []string
	for _, system := range gobuild.Systems {
		names = append(names, system.Name)
	}

	return names
}

// makeReleases makes the releases of a base, or of all.
func makeReleases(ctx context.Context, c *cli.Context) error {
	bases, err := chosenBases(c)
	if err != nil {
		return err
	}
	systems := gobuild.Systems
	if name := c.String("system"); name != "" {
		at := slices.Index(systemNames(), name)
		if at < 0 {
			return failure.Usage("unknown system '%s'; there are: "+
				"%s", name, strings.Join(systemNames(), ", "))
		}
		systems = systems[at : at+1]
	}
	for _, b := range bases {
		if err := makeRelease(ctx, c, b, systems); err != nil {
			return err
		}
	}

	return nil
}

// makeRelease makes a release for systems, prints its manifest, and keeps or
// compares it.
func makeRelease(ctx context.Context, c *cli.Context, b *base.Base,
	systems []gobuild.System) error {

	verify, topics := c.Bool("verify"), c.String("topics")
	whole := topics == "" && b.Lender == nil
	if verify && !whole {
		return failure.Usage("sums are kept of the whole series on " +
			"the bases in patches/ only: leave out --verify, and " +
			"compare two manifests")
	}

	log := newLog("release")
	tree, _, err := stageTopics(ctx, b, topics, log)
	if err != nil {
		return err
	}
	produce := release.Make
	if verify {
		produce = release.Verify
	}
	manifest, err := produce(ctx, release.Config{
		Base: b, Log: log, Tree: tree, Systems: systems,
		Go: runtime.Version(),
	})
	fmt.Print(manifest)
	if err != nil || verify {
		return err
	}

	// A part of a release must not take the place of all of it.
	if whole && len(systems) == len(gobuild.Systems) {
		return release.Keep(b, manifest)
	}

	return nil
}
