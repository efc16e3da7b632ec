// Package release makes archives of what the tool builds, the same on every
// machine, as lnd's own release script does, and the manifest that names them.
package release

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/gobuild"
	"lnd-once/internal/progress"
)

// lndPrefix is what the names of lnd's archives begin with.
const lndPrefix = "lnd-"

// Config says what is released.
type Config struct {
	Base *base.Base
	Log  *progress.Log

	// Tree is the lnd that is built: the patched tree, or one that holds the
	// first topics.
	Tree string

	// Systems are what it is built for.
	Systems []gobuild.System

	// Go is the version of the Go that we run with, which packs the
	// archives. It must be the one that all is built with.
	Go string
}

// Dir returns the folder that has the releases of a base.
func Dir(b *base.Base) string {
	return filepath.Join(b.Build(), "release")
}

// Make builds all programs for all systems, packs lnd and paymentwatch into an
// archive for each, and returns the manifest: a line for each program and each
// archive, with its SHA-256 sum in front, in the order of their names. What it
// makes is in the base's folder of releases.
//
// The sums depend on the patched tree, whose commit is in lnd's version, and on
// the Go that builds it. Nothing else of our repository is in there. Those of
// paymentwatch depend on our commit, which is in its version.
func Make(ctx context.Context, cfg Config) (string, error) {
	if cfg.Go != gobuild.Toolchain {
		return "", failure.Usage("releases are made with %s, and not "+
			"with %s: run this by make, or set GOTOOLCHAIN=%[1]s",
			gobuild.Toolchain, cfg.Go)
	}
	version, err := gobuild.Version(ctx, cfg.Base, cfg.Tree)
	if err != nil {
		return "", err
	}

	var lines []string
	for _, system := range cfg.Systems {
		for _, p := range cfg.packs(system, version) {
			added, err := cfg.make(ctx, p)
			if err != nil {
				return "", err
			}
			lines = append(lines, added...)
		}
	}
	slices.SortFunc(lines, func(a, b string) int {
		return strings.Compare(nameOf(a), nameOf(b))
	})
	manifest := strings.Join(lines, "")
	name := "manifest-" + version + ".txt"

	return manifest, os.WriteFile(
		filepath.Join(Dir(cfg.Base), name), []byte(manifest), 0o644,
	)
}

// pack is an archive with programs.
type pack struct {
	name     string
	programs []string

	// build builds the programs and puts them into a folder.
	build func(ctx context.Context, dir string) error
}

// packs returns the archives for a system.
func (c *Config) packs(system gobuild.System, version string) []pack {
	return []pack{{
		name:     lndPrefix + system.Name + "-" + version,
		programs: []string{"lnd", "lncli"},
		build: func(ctx context.Context, dir string) error {
			return gobuild.LndFor(
				ctx, c.Base, c.Log, c.Tree, system, dir, "lnd",
				"lncli",
			)
		},
	}, {
		name:     "paymentwatch-" + system.Name,
		programs: []string{"paymentwatch"},
		build: func(ctx context.Context, dir string) error {
			return gobuild.WatchFor(ctx, c.Base, c.Log, system, dir)
		},
	}}
}

// make builds the programs of an archive and packs them. It returns their lines
// in the manifest, and that of the archive.
func (c *Config) make(ctx context.Context, p pack) ([]string, error) {
	c.Log.Say("%s", p.name)
	dir := filepath.Join(Dir(c.Base), p.name)
	if err := p.build(ctx, dir); err != nil {
		return nil, err
	}
	if err := archive(dir, p.programs); err != nil {
		return nil, err
	}

	files := []string{p.name + archiveEnding}
	for _, program := range p.programs {
		files = append(files, p.name+"/"+program)
	}
	var lines []string
	for _, file := range files {
		line, err := sum(Dir(c.Base), file)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}

	return lines, nil
}

// sum returns a file's line in the manifest.
func sum(dir, name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return "", err
	}

	return fmt.Sprintf("%x  %s\n", sha256.Sum256(text), name), nil
}

// nameOf returns what a line of the manifest is about.
func nameOf(line string) string {
	_, name, _ := strings.Cut(strings.TrimSpace(line), "  ")

	return name
}
