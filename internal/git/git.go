// Package git runs git so that nothing of the caller's machine shows in what it
// makes: no settings, hooks, keys or names of the user, and no language. In the
// user's own repositories it runs it as the user does.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"lnd-once/internal/failure"
)

const (
	// Name is the name under which all that we commit is committed.
	Name = "lnd-once"

	// Email is the address that belongs to Name.
	Email = "lnd-once@localhost"
)

// settings are the variables that git is started with, whatever the caller's
// own are.
var settings = []string{
	"LC_ALL=C",
	"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
	"GIT_ATTR_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_EDITOR=true",
	"GIT_COMMITTER_NAME=" + Name, "GIT_COMMITTER_EMAIL=" + Email,
}

// Git runs git in a folder.
type Git struct {
	dir string
	env []string

	// args come before the caller's.
	args []string

	// foreground says that it shares our process group.
	foreground bool
}

// New returns a Git that runs in the top folder of a work tree or repository.
// It never finds a repository further up: a tree that has lost its own must not
// be taken for a part of ours.
func New(dir string) *Git {
	env := append(clean(os.Environ()), settings...)

	return &Git{
		dir: dir, env: append(
			env, "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir),
		),
	}
}

// clean returns the variables that are not meant for git. Of those that are,
// we set what we need ourselves.
func clean(env []string) []string {
	var kept []string
	for _, variable := range env {
		if !strings.HasPrefix(variable, "GIT_") {
			kept = append(kept, variable)
		}
	}

	return kept
}

// With returns a Git in the same folder that has more environment variables.
func (g *Git) With(env ...string) *Git {
	more := *g
	more.env = append(append([]string(nil), g.env...), env...)

	return &more
}

// Dir returns the folder that git runs in.
func (g *Git) Dir() string {
	return g.dir
}

// Run runs git and returns what it printed, without the last line's end.
func (g *Git) Run(ctx context.Context, args ...string) (string, error) {
	out, err := g.Feed(ctx, nil, args...)

	return strings.TrimRight(string(out), "\n"), err
}

// Feed runs git with an input and returns every byte that it printed.
func (g *Git) Feed(ctx context.Context, input []byte, args ...string) ([]byte,
	error) {

	all := append(append([]string(nil), g.args...), args...)
	cmd := exec.CommandContext(ctx, "git", all...)
	cmd.Dir, cmd.Env = g.dir, g.env
	cmd.Stdin = bytes.NewReader(input)

	// In a group of its own it does not see the user's Ctrl-C. Whether git
	// is stopped is the context's matter: some steps must not be.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: !g.foreground}

	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	switch {
	case err == nil:
		return out.Bytes(), nil

	case ctx.Err() != nil:
		return nil, context.Cause(ctx)

	case errors.Is(err, exec.ErrNotFound):
		return nil, failure.Usage("git is not installed " +
			"(Debian: apt-get install git)")

	case strings.Contains(errOut.String(), "dubious ownership"):
		return nil, failure.Usage("%s belongs to another user, and "+
			"git does not touch what others own. Go on as that "+
			"user, or make it yours: chown -R \"$(id -u)\" '%s'",
			g.dir, g.dir)

	default:
		return out.Bytes(), &Error{
			Args: args, Dir: g.dir, Status: err,
			Output: strings.TrimSpace(errOut.String()),
		}
	}
}

// Error is returned when git ran and failed.
type Error struct {
	// Args are git's arguments, Dir is where it ran.
	Args []string
	Dir  string

	// Status says how git ended, Output is what it printed as its errors.
	Status error
	Output string
}

// Error returns the call and git's own words.
func (e *Error) Error() string {
	text := fmt.Sprintf("git %s in %s: %v", e.Args[0], e.Dir, e.Status)
	if e.Output != "" {
		text += "\n" + e.Output
	}

	return text
}
