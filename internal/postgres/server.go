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
	"path/filepath"
	"strconv"
	"syscall"

	"lnd-once/internal/failure"
	"lnd-once/internal/process"
)

// password is the password of a server's only user, as lnd's test harness has it.
// What listens on loopback for a while has nothing to protect.
const password = "postgres"

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

	process *process.Process
}

// errStarting is returned as long as a server does not answer.
var errStarting = errors.New("it is starting")

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
	if err := os.WriteFile(s.cfg.Log, nil, 0600); err != nil {
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

	return process.Run(ctx, s.program("initdb", "-D", s.data(), "-U",
		superuser, "--pwfile", secret, "-A", "scram-sha-256", "-E",
		"UTF8", "--no-locale", "--no-sync"))
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

	// It is stopped when its clients have been, not when the context ends.
	s.process, err = process.Start(
		context.WithoutCancel(ctx), s.program("postgres", args...),
	)
	if err != nil {
		return err
	}

	return s.process.Await(ctx, "connections", s.ready)
}

// ready returns an error if the server does not take connections yet.
func (s *Server) ready(context.Context) error {
	// What answers on the port may be another run's server that has won the
	// race for it. The file is ours.
	state, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err == nil && !bytes.Contains(state, []byte("\nready")) {
		err = errStarting
	}

	return err
}

// program returns how a program of the server is run. It refuses to run as
// root.
func (s *Server) program(name string, args ...string) process.Config {
	cfg := process.Config{
		Path: filepath.Join(s.found.bin, name), Args: args,
		Dir: s.dir, Log: s.cfg.Log,

		// These are the server's fast shutdown, which does not wait
		// for clients, and the one that waits for nothing.
		StopSignal: syscall.SIGINT, Orphaned: syscall.SIGQUIT,
	}
	if s.found.uid != 0 {
		cfg.User = &syscall.Credential{
			Uid: uint32(s.found.uid), Gid: uint32(s.found.gid),
		}
	}

	return cfg
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
	return databaseURL(s.address(), database)
}

// databaseURL returns the URL of a database at an address.
func databaseURL(address, database string) string {
	return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", superuser,
		password, address, database)
}

// Halt ends the server at once, and with it all sessions, as a crash would.
// What is committed stays.
func (s *Server) Halt() {
	s.process.StopBy(syscall.SIGQUIT)
}

// Revive starts the server again that was halted, where it was.
func (s *Server) Revive(ctx context.Context) error {
	return s.run(ctx)
}

// Restart stops the server, and with it all sessions, and starts it again.
func (s *Server) Restart(ctx context.Context) error {
	s.process.Stop()

	return s.run(ctx)
}

// Stop stops the server and removes its data.
func (s *Server) Stop() {
	if s.process != nil {
		// What is paused does not hear that it is to stop.
		_ = s.Resume()
		s.process.Stop()
	}
	_ = os.RemoveAll(s.dir)
}
