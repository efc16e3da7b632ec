// Package postgres starts PostgreSQL servers for tests: on loopback, with data
// that nobody will miss.
package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"lnd-once/internal/failure"
)

const (
	// startTimeout is how long a server may take to answer.
	startTimeout = 60 * time.Second

	// stopTimeout is how long it may take to end before it is killed.
	stopTimeout = 15 * time.Second

	// pollInterval is the time between two looks at whether it answers.
	pollInterval = 50 * time.Millisecond

	// superuser is the name of a server's only user, and that of the user
	// of the system whose processes are the server's.
	superuser = "postgres"

	// password is the user's, as lnd's test harness has it. What listens on
	// loopback for a while has nothing to protect.
	password = "postgres"
)

// LndSettings are the settings under which lnd's Makefile runs its tests. With
// fewer locks, or with scans of small tables, transactions that do not touch
// each other would fail as conflicts.
var LndSettings = []string{
	"max_connections=1500", "max_pred_locks_per_transaction=1024",
	"max_locks_per_transaction=128", "enable_seqscan=off",
}

// Config is what a server is started with.
type Config struct {
	// Dir is the folder in which the server keeps its data until it is
	// stopped. Without one it gets a temporary one. The server's user has
	// to reach it, which is made sure of for its last part.
	Dir string

	// Port is where the server listens. Without one a free one is taken.
	Port int

	// Settings are added to those of the server, each a name=value.
	Settings []string

	// Log is the file for what the server says. Without one it is kept
	// with the data.
	Log string
}

// Server is a running PostgreSQL.
type Server struct {
	cfg   Config
	found *installation

	// dir has all that is the server's, and goes when it is stopped.
	dir string
	log *os.File

	cmd   *exec.Cmd
	ended chan struct{}
}

// Start starts a server and waits until it answers. Stop has to be called; if
// the process ends without that, Linux stops the server.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	found, err := find()
	if err != nil {
		return nil, err
	}

	s := &Server{cfg: cfg, found: found}
	err = s.create(ctx)
	if err == nil {
		err = s.run(ctx)
	}
	if err != nil {
		s.Stop()

		return nil, err
	}

	return s, nil
}

// create makes the folder and the data of the server.
func (s *Server) create(ctx context.Context) error {
	if s.cfg.Dir != "" {
		if err := os.Chmod(s.cfg.Dir, 0755); err != nil {
			return err
		}
	}
	var err error
	if s.dir, err = os.MkdirTemp(s.cfg.Dir, "postgres"); err != nil {
		return err
	}
	if s.cfg.Log == "" {
		s.cfg.Log = filepath.Join(s.dir, "log")
	}
	s.log, err = os.OpenFile(
		s.cfg.Log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0600,
	)
	if err != nil {
		return err
	}

	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(password), 0600); err != nil {
		return err
	}
	if s.found.uid != 0 {
		for _, path := range []string{s.dir, secret} {
			err := os.Chown(path, s.found.uid, s.found.gid)
			if err != nil {
				return err
			}
		}
	}

	initdb := s.command("initdb", "-D", s.data(), "-U", superuser,
		"--pwfile", secret, "-A", "scram-sha-256", "-E", "UTF8",
		"--no-locale", "--no-sync")
	if err := initdb.Start(); err != nil {
		return fmt.Errorf("initdb: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = initdb.Process.Kill() })
	defer stop()

	return s.explain("initdb", initdb.Wait())
}

// run runs the server and waits until it answers.
func (s *Server) run(ctx context.Context) error {
	listener, err := net.Listen("tcp", s.address())
	if err != nil {
		return failure.Usage("PostgreSQL cannot listen on %s: %w; "+
			"stop what does", s.address(), err)
	}
	s.cfg.Port = listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return err
	}

	args := []string{"-D", s.data(), "-p", strconv.Itoa(s.cfg.Port)}
	for _, setting := range append([]string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=",
	}, s.cfg.Settings...) {
		args = append(args, "-c", setting)
	}
	s.cmd = s.command("postgres", args...)
	s.ended = make(chan struct{})

	// The kernel takes the end of the thread that started the server for
	// ours, so this one stays with it until the server has ended.
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer close(s.ended)

		err := s.cmd.Start()
		started <- err
		if err == nil {
			_ = s.cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		s.cmd = nil

		return fmt.Errorf("postgres: %w", err)
	}

	return s.wait(ctx)
}

// wait waits until the server answers.
func (s *Server) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()

	// What answers on the port may be another run's server that has won the
	// race for it. The file is ours.
	for {
		state, err := os.ReadFile(
			filepath.Join(s.data(), "postmaster.pid"),
		)
		if err == nil && bytes.Contains(state, []byte("\nready")) {
			return nil
		}

		select {
		case <-time.After(pollInterval):

		case <-s.ended:
			return s.explain("postgres", errors.New("it ended"))

		case <-ctx.Done():
			return s.explain("postgres", ctx.Err())
		}
	}
}

// explain adds what the log says to an error of a program.
func (s *Server) explain(program string, err error) error {
	if err == nil {
		return nil
	}
	log, _ := os.ReadFile(s.cfg.Log)

	return fmt.Errorf("%s did not do its work: %w; it said:\n%s", program,
		err, log)
}

// command returns a command of the server. It refuses to run as root.
func (s *Server) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.found.bin, program), args...)
	cmd.Dir = s.dir
	cmd.Stdout, cmd.Stderr = s.log, s.log
	cmd.SysProcAttr = attributes(s.found.uid, s.found.gid)

	return cmd
}

// data returns the folder of the server's data.
func (s *Server) data() string {
	return filepath.Join(s.dir, "data")
}

// address returns where the server listens.
func (s *Server) address() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.cfg.Port))
}

// URL returns the URL of a database of the server. The one that it has from its
// beginning is called postgres.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", superuser,
		password, s.address(), database)
}

// Restart stops the server, and with it all sessions, and starts it again.
func (s *Server) Restart(ctx context.Context) error {
	s.end()

	return s.run(ctx)
}

// Stop stops the server and removes its data.
func (s *Server) Stop() {
	s.end()
	if s.log != nil {
		_ = s.log.Close()
	}
	_ = os.RemoveAll(s.dir)
}

// end stops the server if it runs.
func (s *Server) end() {
	if s.cmd == nil {
		return
	}

	// This is the server's fast shutdown: it does not wait for clients.
	_ = s.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-s.ended:

	case <-time.After(stopTimeout):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
	s.cmd = nil
}
