package regtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// stopTimeout is how long a program may take to end after it was asked
	// to. After that it is killed.
	stopTimeout = 30 * time.Second

	// startTimeout is how long a program may take until it answers. A
	// machine that does many other things makes it slow.
	startTimeout = 3 * time.Minute

	// pollInterval is the time between two looks at a condition.
	pollInterval = 50 * time.Millisecond

	// tailLines is how much of a log is quoted when a program ended.
	tailLines = 5
)

// process is a program that this one started, in a process group of its own so
// that Ctrl-C at a terminal does not reach it before we stop it in order.
type process struct {
	name string
	log  string
	cmd  *exec.Cmd

	// ended is closed when the program has ended.
	ended chan struct{}
}

// startProcess starts a program whose output is appended to a log file. Unless
// outlive is set, the system kills it should we die without stopping it.
func startProcess(name, log string, outlive bool, binary string,
	args ...string) (*process, error) {

	out, err := os.OpenFile(
		log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0600,
	)
	if err != nil {
		return nil, err
	}
	defer out.Close()

	cmd := exec.Command(binary, args...)
	cmd.Dir = filepath.Dir(log)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = attributes(outlive)

	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s does not start: %w", name, err)
	}

	p := &process{
		name: name, log: log, cmd: cmd, ended: make(chan struct{}),
	}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait()
	}()

	return p, nil
}

// Pid returns the program's process id.
func (p *process) Pid() int {
	return p.cmd.Process.Pid
}

// stop asks the program to end, kills it if it does not, and waits until it is
// gone. Stopping what has ended already does nothing.
func (p *process) stop() {
	// The process id is ours until Wait has returned, and a signal sent
	// through os.Process after that goes nowhere.
	_ = p.cmd.Process.Signal(syscall.SIGTERM)

	select {
	case <-p.ended:

	case <-time.After(stopTimeout):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// kill ends the program at once, as a crash would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// alive returns an error that quotes the log if the program has ended.
func (p *process) alive() error {
	select {
	case <-p.ended:
		return fmt.Errorf("%s ended (%v), its last words in %s:\n%s",
			p.name, p.cmd.ProcessState, p.log, tail(p.log))

	default:
		return nil
	}
}

// wait polls a condition until it holds. It gives up when the program ends, the
// context does, or it takes longer than any start should. The last error of the
// condition is part of the one returned.
func (p *process) wait(ctx context.Context, what string,
	condition func(context.Context) error) error {

	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()

	for {
		err := condition(ctx)
		if err == nil {
			return nil
		}

		select {
		case <-time.After(pollInterval):

		case <-p.ended:
			return p.alive()

		case <-ctx.Done():
			// Ctrl-C needs no explanation.
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}

			return fmt.Errorf("%s: waited %v for %s, see %s: %w",
				p.name, startTimeout, what, p.log, err)
		}
	}
}

// tail returns the last lines of a log.
func tail(log string) string {
	text, err := os.ReadFile(log)
	if err != nil {
		return err.Error()
	}

	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}

	return "    " + strings.Join(lines, "\n    ")
}
