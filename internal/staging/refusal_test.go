package staging

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStageNamesThePatchThatFails checks that a patch that does not apply is
// named with file and hunk, that the tree is left to mend it in, and that the
// way that the message shows leads on.
func TestStageNamesThePatchThatFails(t *testing.T) {
	r := newPatchedRepo(t)

	// The second of two hunks does not fit.
	r.edit("lnd.go", "// Line 10.", "// One.")
	r.edit("lnd.go", "// Line 35.", "// Two.")
	r.commit("lnd: two hunks")
	r.must("series")
	patch := "patches/" + baseName + "/lnd-two-hunks.patch"
	broken := strings.Replace(
		r.read(r.path(patch)), " // Line 36.", " // Line 99.", 1,
	)
	r.write(patch, broken)

	good := r.git("rev-parse", "HEAD^{tree}")
	failed := r.path("build/" + baseName + "/failed")
	for range 2 {
		out := r.fails("stage")
		require.Contains(t, out, "lnd-two-hunks.patch")
		require.Contains(t, out, "file lnd.go, hunk #2")
		require.Contains(t, out, failed)
		require.NotContains(t, out, "git am --skip")
	}

	// That somebody has to mend it is the reason for which git am ends.
	_ = exec.Command(
		"git", "-C", failed, "am", "--reject", ".git/lnd-once-mail",
	).Run()
	require.NoError(t, os.Remove(filepath.Join(failed, "lnd.go.rej")))
	text := r.read(filepath.Join(failed, "lnd.go"))
	require.Contains(t, text, "// One.")
	require.NoError(t, writeFile(
		filepath.Join(failed, "lnd.go"), []byte(strings.Replace(
			text, "// Line 35.", "// Two.", 1,
		)),
	))
	r.gitIn(failed, "add", "-A")
	r.gitIn(failed, "am", "--continue")

	// As long as the mended patch is not written out, it is kept.
	require.Contains(t, r.fails("stage"), "nothing has changed")

	require.Contains(t, r.must("series"), "wrote the mended "+patch)
	r.must("stage")
	require.NoDirExists(t, failed)
	require.Equal(t, good, r.git("rev-parse", "HEAD^{tree}"))
}

// TestStageRefuses checks the messages for what staging cannot do. None of them
// leaves a tree.
func TestStageRefuses(t *testing.T) {
	replace := func(name, before, after string) func(*repo) {
		return func(r *repo) {
			text := r.read(r.path(name))
			require.Contains(r.t, text, before)
			r.write(name, strings.Replace(text, before, after, 1))
		}
	}
	series := "patches/" + baseName + "/series"

	tests := map[string]struct {
		do   func(r *repo)
		env  func(t *testing.T) []string
		says []string
	}{
		"another checksum": {
			do: replace(
				"patches/"+baseName+"/base.yaml", "h1:", "h1:A",
			),
			says: []string{"checksum mismatch", "pinned", "h1:A"},
		},
		"a version that is nowhere": {
			do: replace(
				"patches/"+baseName+"/base.yaml", "lnd\n",
				"nowhere\n",
			),
			says: []string{"cannot download", "nowhere", "GOPROXY"},
		},
		"no network": {
			env: func(t *testing.T) []string {
				return []string{
					"GOPROXY=off",
					"GOMODCACHE=" + t.TempDir(),
				}
			},
			says: []string{"cannot download", "GOPROXY"},
		},
		"no git": {
			env:  func(t *testing.T) []string { return only(t, "go") },
			says: []string{"git is not installed"},
		},
		"no go": {
			env:  func(t *testing.T) []string { return only(t, "git") },
			says: []string{"go is not installed"},
		},
		"a missing patch": {
			do: replace(
				series, "package itest", "patch x.patch\n"+
					"package itest",
			),
			says: []string{"x.patch", "no such file"},
		},
		"a missing package": {
			do:   replace(series, "package itest", "package ites"),
			says: []string{"package ites", "no .go file"},
		},
		"an unknown line": {
			do: replace(series, "package itest", "pack itest"),
			says: []string{"'pack'", "build, " +
				"patch, creates"},
		},
		"a package file that lnd has": {
			do: func(r *repo) {
				r.write("itest/old_test.go", "package itest\n")
			},
			says: []string{"overwrite", "itest/old_test.go"},
		},
		"whitespace errors": {
			do: func(r *repo) {
				r.write("patches/"+baseName+"/w.patch",
					whitespacePatch)
				r.write(series, "patch w.patch\n")
			},
			says: []string{"w.patch", "trailing whitespace"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			if test.do != nil {
				test.do(r)
			}
			var env []string
			if test.env != nil {
				env = test.env(t)
			}

			out, err := r.child("stage", env...).CombinedOutput()
			require.Error(t, err)
			for _, text := range test.says {
				require.Contains(t, string(out), text)
			}
			require.NoDirExists(t, r.tree(""))
		})
	}
}

// whitespacePatch applies, but adds a blank at the end of a line.
const whitespacePatch = `From: lnd-once <lnd-once@localhost>
Date: Thu, 1 Jan 2026 00:00:00 +0000
Subject: [PATCH] lnd: blank

---
diff --git a/itest/old_test.go b/itest/old_test.go
--- a/itest/old_test.go
+++ b/itest/old_test.go
@@ -1 +1,2 @@
 package itest
+//` + " " + `
`

// only returns the variable with which one program is all that is installed.
func only(t *testing.T, program string) []string {
	bin := t.TempDir()
	path, err := exec.LookPath(program)
	require.NoError(t, err)
	require.NoError(t, os.Symlink(path, filepath.Join(bin, program)))

	return []string{"PATH=" + bin}
}

// TestOthersTreeIsNotTakenForWork checks that the tree of another user is not
// taken for one that was left half way, which one would be told to remove.
func TestOthersTreeIsNotTakenForWork(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	r := newPatchedRepo(t)
	err := filepath.WalkDir(r.tree(""), func(path string, _ os.DirEntry,
		err error) error {

		return errors.Join(err, os.Lchown(path, 1, 1))
	})
	require.NoError(t, err)

	r.write("itest/more_test.go", "package itest\n")
	for _, verb := range []string{"stage", "clean", "series"} {
		out := r.fails(verb)
		require.Contains(t, out, "belongs to another user", verb)
		require.NotContains(t, out, "rm -rf")
	}
}

// TestStageSaysWhereItCannotWrite checks that a folder in which nothing can be
// made is named, with what to do. To root every folder is open, but a file is
// none.
func TestStageSaysWhereItCannotWrite(t *testing.T) {
	r := newPatchedRepo(t)
	require.NoError(t, os.RemoveAll(r.path("build")))
	r.write("build", "a file\n")

	out := r.fails("stage")
	require.Contains(t, out, "nothing can be built in "+r.path(""))
	require.Contains(t, out, "a clone of your own")
}
