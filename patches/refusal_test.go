package patches_test

import (
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
	r.must("series.sh", base)
	patch := "patches/" + base + "/0004-lnd-two-hunks.patch"
	broken := strings.Replace(
		r.read(r.path(patch)), " // Line 36.", " // Line 99.", 1,
	)
	r.write(patch, broken)

	good := r.git("rev-parse", "HEAD^{tree}")
	failed := r.path("build/" + base + "/failed")
	for range 2 {
		out := r.fails("stage.sh", base)
		require.Contains(t, out, "0004-lnd-two-hunks.patch")
		require.Contains(t, out, "file lnd.go, hunk #2")
		require.Contains(t, out, failed)
		require.NotContains(t, out, "git am --skip")
	}

	// Neither does building go on with the tree of before.
	require.Contains(t, r.fails("build.sh", base, "lnd"), "does not apply")

	r.command("git", "-C", failed, "am", "--reject", r.path(patch)).Run()
	require.NoError(t, os.Remove(filepath.Join(failed, "lnd.go.rej")))
	text := r.read(filepath.Join(failed, "lnd.go"))
	require.Contains(t, text, "// One.")
	require.NoError(t, os.WriteFile(
		filepath.Join(failed, "lnd.go"), []byte(strings.Replace(
			text, "// Line 35.", "// Two.", 1,
		)), 0o644,
	))
	for _, args := range [][]string{
		{"add", "-A"}, {"am", "--continue"},
	} {
		args = append([]string{"-C", failed}, args...)
		out, err := r.command("git", args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}

	// As long as the mended patch is not written out, it is kept.
	require.Contains(t, r.fails("stage.sh", base), "nothing has changed")

	mended, err := r.command(
		"git", "-C", failed, "format-patch", "-1", "-N",
		"--zero-commit", "--no-signature", "--abbrev=12", "--stdout",
	).Output()
	require.NoError(t, err)
	r.write(patch, string(mended))
	r.must("stage.sh", base)
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
	series := "patches/" + base + "/series"

	tests := map[string]struct {
		do   func(r *repo)
		base string
		says []string
	}{
		"an unknown base": {
			base: "v9",
			says: []string{"'v9'", "known ones are: " + base},
		},
		"a base outside of patches": {
			base: "../patches/" + base,
			says: []string{"known ones are: " + base},
		},
		"no base": {
			base: "",
			says: []string{"usage", base},
		},
		"another checksum": {
			do: replace(
				"patches/"+base+"/upstream", "h1:", "h1:A",
			),
			says: []string{"checksum mismatch", "pinned", "h1:A"},
		},
		"a version that is nowhere": {
			do: replace(
				"patches/"+base+"/upstream", base, "v0.2.0",
			),
			says: []string{"cannot download", "v0.2.0", "GOPROXY"},
		},
		"no network": {
			do: func(r *repo) {
				r.env = append(
					r.env, "GOPROXY=off",
					"GOMODCACHE="+r.t.TempDir(),
				)
			},
			says: []string{"cannot download", "GOPROXY"},
		},
		"no git": {
			do:   func(r *repo) { r.env = without(r, "git") },
			says: []string{"git is not installed"},
		},
		"no go": {
			do:   func(r *repo) { r.env = without(r, "go") },
			says: []string{"go is not installed"},
		},
		"a missing patch": {
			do: replace(
				series, "package itest", "patch 0007-x.patch\n"+
					"package itest",
			),
			says: []string{"0007-x.patch", "no such file"},
		},
		"a missing package": {
			do:   replace(series, "package itest", "package ites"),
			says: []string{"package ites", "no .go file"},
		},
		"an unknown line": {
			do:   replace(series, "package itest", "pack itest"),
			says: []string{"'pack'", "build, patch and package"},
		},
		"a package file that lnd has": {
			do: func(r *repo) {
				r.write("itest/old_test.go", "package itest\n")
			},
			says: []string{"overwrite", "itest/old_test.go"},
		},
		"whitespace errors": {
			do: func(r *repo) {
				r.write("patches/"+base+"/0001-w.patch",
					whitespacePatch)
				r.write(series, "patch 0001-w.patch\n")
			},
			says: []string{"0001-w.patch", "trailing whitespace"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			if test.do != nil {
				test.do(r)
			}
			if test.base == "" && name != "no base" {
				test.base = base
			}

			out := r.fails("stage.sh", test.base)
			for _, text := range test.says {
				require.Contains(t, out, text)
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

// without returns the repository's environment with a PATH that has all
// programs that we need but one.
func without(r *repo, program string) []string {
	bin := r.t.TempDir()
	for _, name := range []string{
		"awk", "basename", "bash", "cat", "dirname", "env", "flock",
		"git", "go", "paste", "sed",
	} {
		path, err := exec.LookPath(name)
		require.NoError(r.t, err)
		if name != program {
			require.NoError(r.t, os.Symlink(
				path, filepath.Join(bin, name),
			))
		}
	}

	return append(r.env, "PATH="+bin)
}
