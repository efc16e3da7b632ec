// Package process runs other programs so that none of them is left behind: not
// when it is stopped, not what it has started itself, and not when we die.
package process

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

const (
	// stopTimeout is how long a program may take to end after it was asked
	// to. After that it is killed.
	stopTimeout = 30 * time.Second

	// outputTimeout is how long the last output of a program that has ended
	// may take. A program in another process group may hold the pipe.
	outputTimeout = 5 * time.Second

	// goneTimeout is how long what was killed may take to be gone.
	goneTimeout = 10 * time.Second
)

// Config says what to start, and how.
type Config struct {
	// Name is what errors call the program. The default is its file name.
	Name string

	// Path is the program, looked up as a shell does, Args its arguments.
	Path string
	Args []string

	// Dir is the folder that it runs in. The default is that of its log,
	// and without a log ours.
	Dir string

	// Env is its environment. The default is ours.
	Env []string

	// Log is a file that its output is appended to, which errors quote the
	// end of. Without one the output goes to Stdout and Stderr, and what
	// has no writer is thrown away.
	Log            string
	Stdout, Stderr io.Writer

	// Outlive lets the program run on when we die. Otherwise Linux sends
	// it the signal Orphaned then, which is SIGKILL if not set.
	Outlive  bool
	Orphaned syscall.Signal

	// StopSignal asks the program to end. The default is SIGTERM.
	StopSignal syscall.Signal

	// User runs the program as another user, if we may.
	User *syscall.Credential
}

// Process is a program that was started. It has a process group of its own, so
// that Ctrl-C at a terminal does not reach it before we stop it in order.
type Process struct {
	cfg Config
	cmd *exec.Cmd

	// ended is closed when the program and its group are gone, and result
	// is set then.
	ended  chan struct{}
	result error
}

// Start starts a program. When the context ends, the program is stopped.
func Start(ctx context.Context, cfg Config) (*Process, error) {
	if cfg.Name == "" {
		cfg.Name = filepath.Base(cfg.Path)
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}

	cmd := exec.Command(cfg.Path, cfg.Args...)
	cmd.Dir, cmd.Env = cfg.Dir, cfg.Env
	cmd.Stdout, cmd.Stderr = cfg.Stdout, cfg.Stderr
	cmd.SysProcAttr = attributes(cfg)
	cmd.WaitDelay = outputTimeout
	if cfg.Log != "" {
		out, err := os.OpenFile(
			cfg.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0600,
		)
		if err != nil {
			return nil, err
		}
		defer out.Close()

		cmd.Stdout, cmd.Stderr = out, out
		if cmd.Dir == "" {
			cmd.Dir = filepath.Dir(cfg.Log)
		}
	}

	p := &Process{cfg: cfg, cmd: cmd, ended: make(chan struct{})}
	started := make(chan error)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s does not start: %w", cfg.Name, err)
	}

	// Nobody listens to the context any more when the program has ended.
	release := context.AfterFunc(ctx, p.Stop)
	go func() {
		<-p.ended
		release()
	}()

	return p, nil
}

// Run runs a program to its end, which is an error if the program says so, or
// if the context has ended.
func Run(ctx context.Context, cfg Config) error {
	p, err := Start(ctx, cfg)
	if err != nil {
		return err
	}

	err = p.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}

	return err
}

// run starts the program and stays until it is gone, with all that is left of
// its process group.
func (p *Process) run(started chan<- error) {
	// Linux takes the end of the thread that started the program for ours.
	// So this thread is kept.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	defer close(p.ended)

	// As long as the program has not been waited for, its id, which is also
	// that of its group, is not given to anybody else.
	pid := p.cmd.Process.Pid
	awaitEnd(pid)
	_ = syscall.Kill(-pid, syscall.SIGKILL)
	p.result = p.cmd.Wait()
	awaitGone(pid)
}

// awaitGone waits until a process group that was killed has no member any more.
// Its members are not ours, so they can only be asked about.
func awaitGone(group int) {
	for begin := time.Now(); time.Since(begin) < goneTimeout; {
		if syscall.Kill(-group, 0) == syscall.ESRCH {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// Pid returns the program's process id.
func (p *Process) Pid() int {
	return p.cmd.Process.Pid
}

// Log returns the path of the program's log file.
func (p *Process) Log() string {
	return p.cfg.Log
}

// Ended returns a channel that is closed when the program is gone, and with it
// all that was left of its process group.
func (p *Process) Ended() <-chan struct{} {
	return p.ended
}

// Wait waits until the program is gone. The error, if any, has the exit status
// as an *exec.ExitError and quotes the log.
func (p *Process) Wait() error {
	<-p.ended
	if p.result == nil {
		return nil
	}

	return fmt.Errorf("%s ended: %w%s", p.cfg.Name, p.result, p.quote())
}

// Alive returns an error that quotes the log if the program has ended, well or
// not.
func (p *Process) Alive() error {
	select {
	case <-p.ended:
		return fmt.Errorf("%s ended (%v)%s", p.cfg.Name,
			p.cmd.ProcessState, p.quote())

	default:
		return nil
	}
}

// Stop asks the program to end, kills it if it does not, and waits until it is
// gone. What the program leaves of its process group is killed as well. To stop
// what has ended already does nothing.
func (p *Process) Stop() {
	stop := p.cfg.StopSignal
	if stop == 0 {
		stop = syscall.SIGTERM
	}
	p.StopBy(stop)
}

// StopBy stops the program as Stop does, and asks it by another signal.
func (p *Process) StopBy(stop syscall.Signal) {
	// A signal that is sent through os.Process reaches no other process,
	// also when this one has been waited for.
	_ = p.cmd.Process.Signal(stop)

	select {
	case <-p.ended:
	case <-time.After(stopTimeout):
		p.Kill()
	}
}

// Kill ends the program at once, as a crash would, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}
