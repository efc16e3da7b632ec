package postgres

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Pause stops all processes of the server where they are, as if its machine had
// hung: its clients keep their connections, and get no answer. It is for Linux.
func (s *Server) Pause() error {
	return s.signal(syscall.SIGSTOP)
}

// Resume lets a server go on that was paused.
func (s *Server) Resume() error {
	return s.signal(syscall.SIGCONT)
}

// signal sends a signal to all processes of the server. Each has a group of its
// own, and all are children of the first, which makes no more once it has stopped.
func (s *Server) signal(signal syscall.Signal) error {
	if err := s.process.Alive(); err != nil {
		return err
	}
	pid := s.process.Pid()
	if err := syscall.Kill(pid, signal); err != nil {
		return err
	}
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return err
	}
	for _, child := range strings.Fields(string(list)) {
		id, err := strconv.Atoi(child)
		if err != nil {
			return err
		}

		// One that has ended meanwhile answers nobody either.
		err = syscall.Kill(id, signal)
		if err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}

	return nil
}
