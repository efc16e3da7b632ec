package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/failure"
	"lnd-once/internal/git"
)

// repo is the user's clone of lnd.
type repo struct {
	// dir is its folder, user runs git there as the user.
	dir  string
	user *git.Git

	// onto is the commit that the branches begin at, ontoTitle what it is
	// called.
	onto, ontoTitle string

	// work is the work tree that the branches are made in.
	work *git.Git

	// author is the user, in the form that a mail's header has.
	author string
}

// openRepo opens the user's clone.
func openRepo(ctx context.Context, path string) (*repo, error) {
	dir, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dir, err = filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, failure.Usage("there is no clone of lnd: %w", err)
	}
	r := &repo{dir: dir, user: git.NewAsUser(dir)}

	var gitErr *git.Error
	_, err = r.user.Run(ctx, "rev-parse", "-q", "--verify", "HEAD")
	if errors.As(err, &gitErr) {
		return nil, failure.Usage("%s is no clone of lnd: it needs "+
			"to be a git repository with a commit", dir)
	}
	if err != nil {
		return nil, err
	}

	// A name that git makes up of the machine's is no name to publish.
	ident, err := r.user.Run(
		ctx, "-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT",
	)
	if err != nil {
		return nil, failure.Usage("git does not know your name and "+
			"address, which the commits are to have: git -C %s "+
			"config user.name NAME, and user.email: %w", dir, err)
	}
	r.author, err = header(ident)

	return r, err
}

// header returns an identity as git prints it ("Name <mail> 1700000000 +0000")
// in the form that a mail's header has.
func header(ident string) (string, error) {
	at := strings.LastIndex(ident, ">")
	name, address, ok := strings.Cut(ident[:max(at, 0)], " <")
	if !ok {
		return "", fmt.Errorf("git says that you are '%s'", ident)
	}

	return (&mail.Address{Name: name, Address: address}).String(), nil
}

// resolve finds the commit that the branches are to begin at. Without a name it
// is the HEAD of origin, or that of a clone which has none.
func (r *repo) resolve(ctx context.Context, onto string) error {
	candidates := []string{"origin/HEAD", "origin/master", "HEAD"}
	if onto != "" {
		candidates = []string{onto}
	}
	for _, name := range candidates {
		hash, err := r.user.Run(
			ctx, "rev-parse", "-q", "--verify", name+"^{commit}",
		)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			continue
		}
		r.onto = hash
		title, err := r.user.Run(
			ctx, "log", "-1", "--abbrev=12",
			"--format=%h of %cs, %s", hash,
		)
		r.ontoTitle = name + " (" + title + ")"

		return err
	}

	return failure.Usage("%s has no commit '%s'; fetch it, or name "+
		"another one with --onto", r.dir, onto)
}

// addWorkTree adds a work tree to the clone, at the commit that the branches
// begin at, on no branch.
func (r *repo) addWorkTree(ctx context.Context, dir string) error {
	r.work = git.NewAsUser(dir)
	_, err := r.user.Run(
		ctx, "worktree", "add", "-q", "--detach", dir, r.onto,
	)

	return err
}

// removeWorkTree removes the work tree, and what the clone knows of it.
func (r *repo) removeWorkTree(ctx context.Context) error {
	if r.work == nil {
		return nil
	}

	// What git cannot remove is half made, or was moved.
	_, err := r.user.Run(
		ctx, "worktree", "remove", "--force", "--force", r.work.Dir(),
	)
	if err == nil {
		return nil
	}
	if err := os.RemoveAll(r.work.Dir()); err != nil {
		return err
	}
	_, err = r.user.Run(ctx, "worktree", "prune")

	return err
}

// head returns the commit that the work tree is at.
func (r *repo) head(ctx context.Context) (string, error) {
	return r.work.Run(ctx, "rev-parse", "HEAD")
}
