package gotest

import (
	"context"
	"io"
	"os"
	"os/exec"
	"syscall"
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

// command runs a program in a process group of its own, which it leaves nothing
// of. The context ends it.
func command(ctx context.Context, cfg Config, out *os.File, errOut io.Writer,
	name string, args ...string) error {

	errReader, errWriter, err := os.Pipe()
	if err != nil {
		return err
	}
	defer errReader.Close()

	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = cfg.Dir, append(os.Environ(), cfg.Env...)
	cmd.Stdout, cmd.Stderr = out, errWriter
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}

	err = cmd.Start()
	_ = errWriter.Close()
	if err != nil {
		return err
	}

	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(errOut, errReader)
	}()

	// What the program has started can outlive it, and would keep our pipes
	// open.
	err = cmd.Wait()
	_ = cmd.Cancel()
	<-copied

	return err
}
