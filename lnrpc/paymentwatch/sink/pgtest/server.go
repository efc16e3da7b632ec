// Package pgtest starts a PostgreSQL server of its own for tests, on loopback
// and with data that nobody will miss.
package pgtest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	// startTimeout is how long the server may take to answer.
	startTimeout = 60 * time.Second

	// stopTimeout is how long it may take to end before it is killed.
	stopTimeout = 15 * time.Second

	// pollInterval is the time between two looks at whether it answers.
	pollInterval = 50 * time.Millisecond

	// superuser is the name of the only user, who needs no password: what
	// listens on loopback for a minute has nothing to protect.
	superuser = "postgres"
)

// ErrNotInstalled is returned where there is no PostgreSQL to be started. A
// test prints it and skips.
var ErrNotInstalled = errors.New("PostgreSQL is not installed " +
	"(Debian: apt-get install postgresql-15 libpq-dev)")

// Server is a running PostgreSQL.
type Server struct {
	addr, dir, bin string

	cmd   *exec.Cmd
	log   *os.File
	ended chan struct{}
}

// Start starts a server in a new folder of its own. Stop has to be called; if
// the process ends without that, Linux stops the server.
func Start() (*Server, error) {
	s := &Server{}
	if err := s.find(); err != nil {
		return nil, err
	}

	var err error
	if s.dir, err = os.MkdirTemp("", "pgtest"); err != nil {
		return nil, err
	}
	if err := s.start(); err != nil {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		s.Stop()

		return nil, fmt.Errorf("%w\n%s", err, log)
	}

	return s, nil
}

// find looks for the server's programs.
func (s *Server) find() error {
	out, err := exec.Command("pg_config", "--bindir").Output()
	if err != nil {
		return fmt.Errorf("%w: pg_config: %w", ErrNotInstalled, err)
	}
	s.bin = strings.TrimSpace(string(out))

	for _, program := range []string{"initdb", "postgres"} {
		_, err := os.Stat(filepath.Join(s.bin, program))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNotInstalled, err)
		}
	}

	return nil
}

// start creates the data and runs the server until it answers.
func (s *Server) start() error {
	attr, err := s.attributes()
	if err != nil {
		return err
	}
	s.log, err = os.OpenFile(
		filepath.Join(s.dir, "log"),
		os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0600,
	)
	if err != nil {
		return err
	}

	data := filepath.Join(s.dir, "data")
	initdb := s.command(attr, "initdb", "-D", data, "-U", superuser,
		"-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	if err := initdb.Run(); err != nil {
		return fmt.Errorf("initdb: %w", err)
	}

	if s.addr, err = freeAddress(); err != nil {
		return err
	}

	return s.run(attr)
}

// run runs the server and waits until it answers.
func (s *Server) run(attr *syscall.SysProcAttr) error {
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return err
	}

	// What is lost with the machine's power is no loss here.
	s.cmd = s.command(attr, "postgres", "-D", filepath.Join(s.dir, "data"),
		"-p", port, "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync=off")
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

	return s.wait()
}

// wait waits until the server answers.
func (s *Server) wait() error {
	for begin := time.Now(); time.Since(begin) < startTimeout; {
		select {
		case <-s.ended:
			return errors.New("postgres ended")

		case <-time.After(pollInterval):
		}

		if s.ready() {
			return nil
		}
	}

	return fmt.Errorf("postgres does not answer within %v", startTimeout)
}

// ready returns whether the server's log says that it takes connections, so
// that it is our server that answers.
func (s *Server) ready() bool {
	log, err := os.ReadFile(s.log.Name())

	return err == nil &&
		strings.Contains(string(log), "ready to accept connections")
}

// command returns a command of the server. It refuses to run as root.
func (s *Server) command(attr *syscall.SysProcAttr, program string,
	args ...string) *exec.Cmd {

	cmd := exec.Command(filepath.Join(s.bin, program), args...)
	cmd.Dir = s.dir
	cmd.Stdout, cmd.Stderr = s.log, s.log
	cmd.SysProcAttr = attr

	return cmd
}

// attributes returns what a command of the server is started with, and gives
// the folder to its user.
func (s *Server) attributes() (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return attributes(0, 0), nil
	}

	owner, err := user.Lookup(superuser)
	if err != nil {
		return nil, fmt.Errorf("%w: it refuses to run as root: %w",
			ErrNotInstalled, err)
	}
	var uid, gid int
	_, err = fmt.Sscan(owner.Uid+" "+owner.Gid, &uid, &gid)
	if err != nil {
		return nil, err
	}

	return attributes(uid, gid), os.Chown(s.dir, uid, gid)
}

// URL returns the URL of the server's only database.
func (s *Server) URL() string {
	return fmt.Sprintf("postgres://%s@%s/postgres?sslmode=disable",
		superuser, s.addr)
}

// Restart stops the server, and with it all sessions, and starts it again.
func (s *Server) Restart() error {
	s.end()
	attr, err := s.attributes()
	if err != nil {
		return err
	}

	// What the log said before is not about the server to come.
	if err := s.log.Truncate(0); err != nil {
		return err
	}

	return s.run(attr)
}

// Stop stops the server and removes all that is its.
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

// freeAddress returns a loopback address that nothing listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}

	return listener.Addr().String(), listener.Close()
}
