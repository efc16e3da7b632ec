package gotest

import (
	"context"
	"io"
	"os"
	"os/exec"

	"lnd-once/internal/process"
)

// run runs the tests. Their events go to one writer, their errors to another.
func run(ctx context.Context, cfg Config, events *os.File,
	errOut io.Writer) error {

	if cfg.Binary == "" {
		args := append([]string{
			"test", "-trimpath", "-buildvcs=false", "-json",
		}, cfg.Args...)

		return command(ctx, cfg, events, errOut, "go", args...)
	}

	// The binary prints lines, which a tool of Go turns into events. It is
	// not told to start the binary itself: it would wait for all that the
	// binary leaves behind.
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	defer reader.Close()

	convert := exec.Command("go", "tool", "test2json", "-t", "-p",
		cfg.Package)
	convert.Stdin, convert.Stdout, convert.Stderr = reader, events, errOut
	if err := convert.Start(); err != nil {
		_ = writer.Close()

		return err
	}

	args := append([]string{"-test.v=test2json"}, cfg.Args...)
	err = command(ctx, cfg, writer, errOut, cfg.Binary, args...)
	_ = writer.Close()
	if convertErr := convert.Wait(); err == nil {
		err = convertErr
	}

	return err
}

// command runs a program, and leaves nothing of what it has started.
func command(ctx context.Context, cfg Config, out *os.File, errOut io.Writer,
	name string, args ...string) error {

	return process.Run(ctx, process.Config{
		Path: name, Args: args, Dir: cfg.Dir,
		Env:    append(os.Environ(), cfg.Env...),
		Stdout: out, Stderr: errOut,
	})
}
