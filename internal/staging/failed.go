package staging

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/git"
)

// failedDir is where the tree is kept in which a patch did not apply.
func failedDir(b *base.Base) string {
	return filepath.Join(b.Build(), "failed")
}

const (
	// failureFile has, in the repository of a tree in which a patch did not
	// apply, the message, and mailFile what was given to git am.
	failureFile = "lnd-once-failure"
	mailFile    = "lnd-once-mail"

	// failedPatchKey is the setting that names the patch.
	failedPatchKey = "lnd-once.patch"
)

// keepFailed keeps the tree in which a patch did not apply, and returns an error
// that says what was found and what can be done.
func (s *stager) keepFailed(ctx context.Context, tree *git.Git,
	failed *patchError) error {

	dir := failedDir(s.base)
	err := errors.Join(
		runAll(
			ctx, tree, []string{"config", stampKey, s.stamp},
			[]string{"config", failedPatchKey, failed.patch},
			[]string{"tag", "before"},
		),
		os.RemoveAll(dir), os.Rename(tree.Dir(), dir),
	)
	if err != nil {
		return err
	}

	text := fmt.Sprintf(`%v
The tree as it is just before this patch: %s
To mend the patch:
  cd %s
  git am --reject .git/%s
  # mend what the .rej files hold, remove them, git add -A
  git am --continue
and then, back here, write it out and stage again:
  make series BASE=%s
  make stage BASE=%s`, failed, dir, dir, mailFile, s.base.Name, s.base.Name)
	err = errors.Join(
		os.WriteFile(
			filepath.Join(dir, ".git", mailFile), failed.mail,
			0o644,
		),
		os.WriteFile(
			filepath.Join(dir, ".git", failureFile), []byte(text),
			0o644,
		),
	)
	if err != nil {
		return err
	}

	return errors.New(text)
}

// refuseIfFailed returns an error if a patch did not apply before and nothing
// has changed since: one that was mended, but is not written out yet, must
// survive a thoughtless retry.
func (s *stager) refuseIfFailed(ctx context.Context) error {
	dir := failedDir(s.base)
	text, err := os.ReadFile(filepath.Join(dir, ".git", failureFile))
	if err != nil {
		return nil
	}
	if setting(ctx, git.New(dir), stampKey) != s.stamp {
		return nil
	}

	return failure.Usage("nothing has changed since this happened (to "+
		"try once more all the same: rm -rf %s):\n%s", dir, text)
}
