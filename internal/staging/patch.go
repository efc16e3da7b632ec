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

// patchError says that a patch does not apply to the tree as it is.
type patchError struct {
	// patch is the patch's name, mail what was given to git am.
	patch string
	mail  []byte

	// reason names the hunks that are to blame.
	reason string
}

// Error returns the patch and the reason.
func (e *patchError) Error() string {
	return fmt.Sprintf("patch %s does not apply:\n%s", e.patch, e.reason)
}

// addPatch applies a patch, exactly or not at all.
func (s *source) addPatch(ctx context.Context, tree *git.Git,
	entry *manifest.Entry) error {

	mail, err := s.mail(entry)
	if err != nil {
		return err
	}
	_, err = tree.Feed(
		ctx, mail, "am", "-q", "--whitespace=error", "--no-3way",
		"--keep-cr", "--keep-non-patch", "--no-scissors",
		"--committer-date-is-author-date",
	)
	var gitErr *git.Error
	if !errors.As(err, &gitErr) {
		return err
	}

	reason, err := whyNot(ctx, tree, mail)
	if err != nil {
		return err
	}

	return &patchError{
		patch: entry.Name, mail: mail,
		reason: reason + amOutput(gitErr.Output),
	}
}

// mail returns the patch of an entry as git am takes it, with the files that it
// creates.
func (s *source) mail(entry *manifest.Entry) ([]byte, error) {
	mail, err := s.read(s.patchPath(entry.Name))
	if err != nil {
		return nil, err
	}
	toLnd, _ := imports(s.series, s.base.Module)
	for _, created := range entry.Created {
		text, err := s.read(s.createdPath(created.From))
		if err != nil {
			return nil, err
		}
		mail = append(mail, newFileDiff(
			created.Path, toLnd.Replace(string(text)),
		)...)
	}

	return mail, nil
}

// newFileDiff returns the diff that creates a file.
func newFileDiff(name, text string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "diff --git a/%s b/%s\nnew file mode 100644\n", name,
		name)
	lines := strings.Count(text, "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		lines++
	}
	if lines > 0 {
		fmt.Fprintf(&b, "--- /dev/null\n+++ b/%s\n@@ -0,0 +1,%d @@\n",
			name, lines)
	}
	for line := range strings.Lines(text) {
		b.WriteString("+" + line)
		if !strings.HasSuffix(line, "\n") {
			b.WriteString("\n\\ No newline at end of file\n")
		}
	}

	return b.String()
}

// amOutput returns of what git am said what is of use to somebody who does not
// stand in the middle of it.
func amOutput(output string) string {
	var b strings.Builder
	for line := range strings.Lines(output) {
		if strings.HasPrefix(line, "Patch failed") {
			break
		}
		if !strings.HasPrefix(line, "hint:") {
			b.WriteString("  " + line)
		}
	}

	return strings.TrimRight(b.String(), "\n")
}

// rejected finds the file and the hunk in what git apply says.
var rejected = regexp.MustCompile(
	`(?m)^Applying patch (\S+) with|^Rejected hunk (#\d+)`,
)

// whyNot returns which hunks of a patch are to blame that it does not apply, and
// leaves the tree as it was before the patch.
func whyNot(ctx context.Context, tree *git.Git, mail []byte) (string, error) {
	// If it did not even begin there is nothing to abort.
	_, _ = tree.Run(ctx, "am", "--abort")

	var (
		gitErr *git.Error
		b      strings.Builder
		file   string
	)
	_, err := tree.Feed(
		ctx, mail, "apply", "--reject", "--whitespace=nowarn",
	)
	if errors.As(err, &gitErr) {
		for _, found := range rejected.FindAllStringSubmatch(
			gitErr.Output, -1,
		) {

			if found[1] != "" {
				file = found[1]

				continue
			}
			fmt.Fprintf(&b, "  file %s, hunk %s\n", file, found[2])
		}
	}

	return b.String(), runAll(
		ctx, tree, []string{"reset", "-q", "--hard"},
		[]string{"clean", "-q", "-f", "-d"},
	)
}
