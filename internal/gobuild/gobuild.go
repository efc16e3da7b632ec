// Package gobuild builds what the tool runs: lnd with and without our series,
// btcd, and programs and tests of ours that are built with a staged lnd. Go's
// build cache decides what there is to do.
//
// All builds share the cache, so all of them use the same flags.
package gobuild

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"lnd-once/internal/failure"
	"lnd-once/internal/process"
	"lnd-once/internal/progress"
)

// stripped tells the linker to leave out what only a debugger needs.
const stripped = "-s -w"

// Job is a program to be built, or the test binary of a package.
type Job struct {
	// Dir is the folder of a module, Package the package in it: a path that
	// begins with "./", or that of another module.
	Dir, Package string

	// Output is the path of what is built. Its folder is made.
	Output string

	// Test builds the package's tests.
	Test bool

	// Quick leaves out what takes the compiler long: a program that runs
	// slower, and that no debugger can follow. What is compiled so cannot be
	// used for other builds, but for the standard library.
	Quick bool

	// Tags are build tags, parted by blanks.
	Tags string

	// Ldflags are flags for the linker.
	Ldflags string

	// Overlay has, for files by their full paths, the files that are read
	// instead. The files need not be there otherwise.
	Overlay map[string]string

	// System is what it is built for. Without one it is what we run on.
	System System

	// Workspace is a go.work file. Without one there is no workspace,
	// whatever the caller's settings are.
	Workspace string
}

// Build does a job, and tells now and then how far it got. The error has all
// that Go says.
func Build(ctx context.Context, log *progress.Log, job Job) error {
	err := os.MkdirAll(filepath.Dir(job.Output), 0755)
	if err != nil {
		return err
	}
	args, err := job.arguments()
	if err != nil {
		return err
	}

	name := filepath.Base(job.Output)
	log.Say("building %s", name)
	begin := log.Elapsed()

	out := newOutput(log)
	defer out.stop()
	err = process.Run(ctx, process.Config{
		Path: "go", Args: args, Dir: job.Dir, Env: job.environment(),
		Stdout: out, Stderr: out,

		// Go removes what it has written when it is interrupted.
		StopSignal: syscall.SIGINT,
	})
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)

	case errors.Is(err, exec.ErrNotFound):
		return failure.Usage("go is not installed: https://go.dev/dl "+
			"has %s, and any from 1.21 on gets that by itself",
			Toolchain)

	case err != nil:
		return fmt.Errorf("cannot build %s in %s: %w\n%s", name,
			job.Dir, err, out.rest())
	}
	log.Say("built %s in %.0f s", name, (log.Elapsed() - begin).Seconds())

	return nil
}

// arguments returns what go is called with. An overlay is written beside the
// output.
func (j *Job) arguments() ([]string, error) {
	args := []string{"build"}
	if j.Test {
		args = []string{"test", "-c", "-vet=off"}
	}
	args = append(args, "-v", "-trimpath", "-buildvcs=false",
		"-tags", strings.ReplaceAll(strings.TrimSpace(j.Tags), " ", ","),
		"-ldflags", j.Ldflags, "-o", j.Output)

	if j.Quick {
		args = append(
			args, "-gcflags=all=-N -l -dwarf=false", "-gcflags=std=",
		)
	}

	if len(j.Overlay) > 0 {
		file := j.Output + ".overlay.json"
		if err := WriteOverlay(file, j.Overlay); err != nil {
			return nil, err
		}
		args = append(args, "-overlay", file)
	}

	return append(args, j.Package), nil
}

// WriteOverlay writes a file for go's -overlay: each path of it is read from the
// file that it is mapped to.
func WriteOverlay(file string, replace map[string]string) error {
	text, err := json.MarshalIndent(
		map[string]any{"Replace": replace}, "", "  ",
	)
	if err != nil {
		return err
	}

	return write(file, text)
}

// ReplaceOnce replaces what a source must have exactly once, for an overlay.
func ReplaceOnce(source, old, instead string) (string, error) {
	if n := strings.Count(source, old); n != 1 {
		return "", fmt.Errorf("%q is there %d times, want 1", old, n)
	}

	return strings.Replace(source, old, instead, 1), nil
}

// environment returns what go is started with.
func (j *Job) environment() []string {
	workspace := j.Workspace
	if workspace == "" {
		workspace = "off"
	}

	return append(append(
		os.Environ(), "GOWORK="+workspace,
	), j.System.environment()...)
}

// write writes a file, unless that is what it says already. Another build may
// be reading it.
func write(path string, text []byte) error {
	old, err := os.ReadFile(path)
	if err == nil && string(old) == string(text) {
		return nil
	}

	temp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(temp, text, 0644); err != nil {
		return err
	}

	return os.Rename(temp, path)
}
