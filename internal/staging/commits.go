package staging

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"lnd-once/internal/git"
	"lnd-once/internal/manifest"
)

const (
	// buildTrailer in a message makes the commit one that lnd needs to be
	// built at all.
	buildTrailer = "Lnd-Once"
	buildValue   = "build-only"

	// fold is the kind of a commit that only changes files of a package. It
	// becomes no line of its own.
	fold manifest.Kind = "fold"
)

// commit is a commit of a tree that is written back to a series.
type commit struct {
	hash, subject, author, message string

	// title is what we call it: short hash and subject.
	title string

	// merge says that it has several parents.
	merge bool

	// pkg is our folder of the package that it adds, buildOnly says that it
	// is for building only.
	pkg       string
	buildOnly bool

	// files are all that it changes.
	files []string

	// kind is what it becomes.
	kind manifest.Kind
}

// readCommits returns the commits of a range in a tree, the oldest first.
func readCommits(ctx context.Context, tree *git.Git, span string) ([]*commit,
	error) {

	hashes, err := commitsOf(ctx, tree, span)
	if err != nil {
		return nil, err
	}
	commits := make([]*commit, 0, len(hashes))
	for _, hash := range hashes {
		c, err := readCommit(ctx, tree, hash)
		if err != nil {
			return nil, err
		}
		commits = append(commits, c)
	}

	return commits, nil
}

// readCommit returns one commit of a tree.
func readCommit(ctx context.Context, tree *git.Git, hash string) (*commit,
	error) {

	out, err := tree.Run(
		ctx, "log", "-1", "--abbrev=12", "--format=%H%x00%h%x00%s%x00"+
			"%an <%ae>%x00%P%x00%(trailers:key="+packageTrailer+
			",valueonly)%x00%(trailers:key="+buildTrailer+
			",valueonly)%x00%B", hash,
	)
	if err != nil {
		return nil, err
	}
	fields := strings.SplitN(out, "\x00", 8)
	if len(fields) != 8 {
		return nil, fmt.Errorf("git log says of %s: %q", hash, out)
	}
	names, err := tree.Run(
		ctx, "diff-tree", "-r", "-z", "--no-commit-id", "--name-only",
		"--no-renames", hash,
	)
	if err != nil {
		return nil, err
	}

	return &commit{
		hash: fields[0], subject: fields[2], author: fields[3],
		title:     fmt.Sprintf("%s %q", fields[1], fields[2]),
		merge:     len(strings.Fields(fields[4])) > 1,
		pkg:       strings.TrimSpace(fields[5]),
		buildOnly: strings.TrimSpace(fields[6]) == buildValue,
		message:   fields[7],
		files: strings.FieldsFunc(names, func(r rune) bool {
			return r == 0
		}),
	}, nil
}

// diffBegin finds lines that git am takes for the end of the message.
var diffBegin = regexp.MustCompile(`(?m)^(---|diff -|Index: )`)

// check returns an error if the commit cannot go through a patch file unchanged.
func (c *commit) check() error {
	switch {
	case c.merge:
		return fmt.Errorf("%s is a merge; a series is one line of "+
			"commits: rebase it", c.title)

	case len(c.files) == 0:
		return fmt.Errorf("%s changes no file; drop it: git rebase "+
			"-i upstream", c.title)

	case c.author != git.Name+" <"+git.Email+">":
		return fmt.Errorf("%s is by %s, but the series is by %s: git "+
			"commit --amend --reset-author", c.title, c.author,
			git.Name)

	case diffBegin.MatchString(c.message):
		return fmt.Errorf("the message of %s has a line that a patch "+
			"file takes for the start of the diff", c.title)
	}

	return nil
}

// added is a package of ours that a tree's commits add.
type added struct {
	// folder is where it lies in lnd, summary the rest of its subject.
	folder, summary string

	// files are those that its commit added. If it is alone, its folder in
	// lnd is one that only the package has made.
	files []string
	alone bool
}

// packages are the packages that a tree's commits add, by our folders.
type packages map[string]*added

// findPackages returns the packages that commits add.
func findPackages(ctx context.Context, tree *git.Git,
	commits []*commit) (packages, error) {

	found := make(packages)
	for _, c := range commits {
		if c.pkg == "" || found[c.pkg] != nil {
			continue
		}
		folder, summary, ok := strings.Cut(c.subject, ": ")
		if !ok {
			return nil, fmt.Errorf("%s adds package %s; want the "+
				"subject 'DST: summary'", c.title, c.pkg)
		}

		_, err := tree.Run(ctx, "cat-file", "-e", "upstream:"+folder)
		var gitErr *git.Error
		if err != nil && !errors.As(err, &gitErr) {
			return nil, err
		}
		found[c.pkg] = &added{
			folder: folder, summary: summary, files: c.files,
			alone: err != nil,
		}
		c.kind = manifest.Package
	}

	return found, nil
}

// owner returns our folder of the package that a file belongs to; nothing if it
// belongs to lnd.
func (p packages) owner(file string) string {
	for folder, pkg := range p {
		if pkg.alone && strings.HasPrefix(file, pkg.folder+"/") {
			return folder
		}
		for _, name := range pkg.files {
			if name == file {
				return folder
			}
		}
	}

	return ""
}

// classify decides for all commits what they become. The first that cannot be
// told is an error.
func (p packages) classify(commits []*commit) error {
	for _, c := range commits {
		if err := c.check(); err != nil {
			return err
		}

		var ours, theirs []string
		for _, file := range c.files {
			if p.owner(file) != "" {
				ours = append(ours, file)
			} else {
				theirs = append(theirs, file)
			}
		}
		switch {
		case len(ours) > 0 && len(theirs) > 0:
			return fmt.Errorf("%s changes files of a package:\n"+
				"  %s\nand of lnd:\n  %s\nSplit it (git "+
				"rebase -i upstream): a package is copied "+
				"whole, at its own place in the series",
				c.title, strings.Join(ours, "\n  "),
				strings.Join(theirs, "\n  "))

		case c.kind == manifest.Package:
		case len(ours) > 0:
			c.kind = fold

		case c.buildOnly:
			c.kind = manifest.Build

		default:
			c.kind = manifest.Patch
		}
	}

	return nil
}
