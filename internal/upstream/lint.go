package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"

	"gopkg.in/yaml.v3"

	"lnd-once/internal/lndtest"
	"lnd-once/internal/process"
)

const (
	// goimportsVersion is the version of golang.org/x/tools that we use
	// ourselves.
	goimportsVersion = "v0.44.0"

	// lintVersion is the version of golangci-lint whose rules lnd uses, for
	// a tree that does not say which.
	lintVersion = "v2.4.0"

	// lintPackage is the program.
	lintPackage = "github.com/golangci/golangci-lint/v2/cmd/golangci-lint"

	// lintFlags let it find in Go's cache what all others have built.
	lintFlags = "GOFLAGS=-trimpath -buildvcs=false"

	// lintFound is golangci-lint's exit status if it has found something.
	lintFound = 1
)

// versionLine finds the version in lnd's file about its own golangci-lint.
var versionLine = regexp.MustCompile(`(?m)^version: *(v\S+)$`)

// program is a tool that was installed, or why it could not be.
type program struct {
	path, why string
}

// install builds a program from the Go module proxy, once for all runs. That it
// cannot be had is no error.
func (c *checker) install(ctx context.Context, name, version string) (program,
	error) {

	dir := filepath.Join(Dir(c.Base), "bin", version)
	path := filepath.Join(dir, filepath.Base(name))
	if _, err := os.Stat(path); err == nil {
		return program{path: path}, nil
	}

	c.Log.Say("  building %s %s; it takes minutes the first time",
		filepath.Base(name), version)
	var out bytes.Buffer
	err := process.Run(ctx, process.Config{
		Path: "go", Dir: Dir(c.Base), Stdout: &out, Stderr: &out,
		Args: []string{"install", "-trimpath", name + "@" + version},
		Env:  append(os.Environ(), "GOBIN="+dir, "GOWORK=off"),
	})
	if ctx.Err() != nil {
		return program{}, context.Cause(ctx)
	}
	if err != nil {
		return program{why: fmt.Sprintf("%s %s cannot be had: %s",
			filepath.Base(name), version, end(out.String()))}, nil
	}

	return program{path: path}, nil
}

// checkLint runs golangci-lint with lnd's settings, for what the topic adds.
func (c *checker) checkLint(ctx context.Context) error {
	tree := c.repo.work.Dir()
	packages, err := lndtest.Between(ctx, tree, c.below, c.tip)
	if err != nil {
		return err
	}
	version := lintVersion
	text, err := os.ReadFile(filepath.Join(tree, "tools/.custom-gcl.yml"))
	if found := versionLine.FindSubmatch(text); err == nil && found != nil {
		version = string(found[1])
	}
	lint, err := c.install(ctx, lintPackage, version)
	if err != nil {
		return err
	}
	if lint.path == "" {
		c.add("golangci-lint", "", notRun, lint.why)

		return nil
	}
	config, err := c.lintConfig()
	if err != nil {
		return err
	}

	var out, errOut bytes.Buffer
	err = process.Run(ctx, process.Config{
		Path: lint.path, Dir: tree, Stdout: &out, Stderr: &errOut,
		Env: append(os.Environ(), "GOWORK=off", lintFlags),
		Args: append([]string{
			"run", "--config", config, "--new-from-rev", c.below,
			"--timeout=60m", "--max-issues-per-linter=0",
			"--max-same-issues=0", "--show-stats=false",
			"--output.text.print-issued-lines=false",
		}, packages...),
	})
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)

	case err == nil:
		c.add("golangci-lint", "", passed, version+", nothing new")

	case errors.As(err, &exit) && exit.ExitCode() == lintFound:
		c.add("golangci-lint", "", failed, version+"\n"+
			end(out.String()))

	default:
		c.add("golangci-lint", "", failed, version+" did not run: "+
			end(errOut.String()))
	}

	return nil
}

// lintConfig writes lnd's settings of golangci-lint without what only lnd's own
// build of it knows, and returns the file.
func (c *checker) lintConfig() (string, error) {
	text, err := os.ReadFile(filepath.Join(
		c.repo.work.Dir(), ".golangci.yml",
	))
	if err != nil {
		return "", err
	}
	text, err = plainConfig(text)
	if err != nil {
		return "", fmt.Errorf(".golangci.yml: %w", err)
	}
	file := filepath.Join(Dir(c.Base), "golangci.yml")

	return file, os.WriteFile(file, text, 0o644)
}

// plainConfig returns settings without custom linters and without a commit to
// compare with, in which paths are relative to where the linter runs.
func plainConfig(text []byte) ([]byte, error) {
	var config map[string]any
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, err
	}
	within := func(in map[string]any, name string) map[string]any {
		part, ok := in[name].(map[string]any)
		if !ok {
			part = make(map[string]any)
			in[name] = part
		}

		return part
	}
	delete(within(within(config, "linters"), "settings"), "custom")
	delete(within(config, "issues"), "new-from-rev")
	within(config, "run")["relative-path-mode"] = "wd"

	return yaml.Marshal(config)
}
