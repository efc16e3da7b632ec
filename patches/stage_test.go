package patches_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStageGivesTheSameCommitsEverywhere checks that neither the place nor the
// user's settings show in what is staged.
func TestStageGivesTheSameCommitsEverywhere(t *testing.T) {
	r := newPatchedRepo(t)
	names := []string{"rev-parse", "upstream", "patched", "stock"}
	want := r.git(names...)

	// Another place, and a user whose settings all stand in the way.
	other := &repo{t: t, root: filepath.Join(t.TempDir(), "other place")}
	for name, text := range r.snapshot() {
		other.write(name, text)
	}
	for _, script := range []string{"stage.sh", "series.sh"} {
		require.NoError(t, os.Chmod(
			other.path("patches/"+script), 0o755,
		))
	}
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, ".gitconfig"),
		[]byte(strings.Join([]string{
			"[user]\nname = Mallory\nemail = mallory@example.org",
			"[commit]\ngpgSign = true\ntemplate = /nowhere",
			"[core]\nautocrlf = true\nhooksPath = /nowhere",
			"[diff]\nnoprefix = true\nalgorithm = patience",
			"[format]\nsignature = me\nsubjectPrefix = ME",
			"[am]\nthreeWay = true\nkeepcr = false",
			"[init]\ndefaultBranch = trunk",
		}, "\n")), 0o644))
	other.env = append(
		r.env, "HOME="+home, "TZ=Asia/Tokyo", "LC_ALL=C.UTF-8",
		"GIT_AUTHOR_NAME=Mallory", "GIT_COMMITTER_NAME=Mallory",
		"GIT_AUTHOR_DATE=2001-01-01T00:00:00Z", "GIT_DIR=/nowhere",
	)
	other.must("stage.sh", base)
	other.env = r.env
	require.Equal(t, want, other.git(names...))

	// The module is there byte by byte, whatever its .gitignore says.
	for name, text := range lndFiles {
		got := other.git("show", "upstream:"+name)
		require.Equal(t, strings.TrimSpace(text), got, name)
	}
	require.Empty(t, other.git("status", "--porcelain", "--ignored"))
	require.Contains(
		t, other.git("log", "-1", "--format=%B", "upstream"),
		base+" h1:",
	)

	// Writing the series back elsewhere changes no byte of it.
	before := other.snapshot()
	other.env = append(r.env, "HOME="+home, "TZ=Asia/Tokyo")
	other.must("series.sh", base)
	require.Equal(t, before, other.snapshot())
}

// TestStageAppliesTheManifestInOrder checks what the commits are.
func TestStageAppliesTheManifestInOrder(t *testing.T) {
	r := newPatchedRepo(t)

	require.Equal(t, strings.Join([]string{
		"payments/outcome: add the rules", "itest: add the tests",
		"lnd: make it build", "lnd: patch it", "routing: patch it",
	}, "\n"), r.git("log", "--reverse", "--format=%s", "upstream..patched"))
	require.Equal(t, "lnd: make it build", r.git(
		"log", "--format=%s", "upstream..stock",
	))
	require.Equal(t, "lnd-once <lnd-once@localhost>", r.git(
		"log", "-1", "--format=%cn <%ce>",
	))

	// A package's message and its imports are those of its new place.
	first := r.git("rev-list", "--reverse", "upstream..patched")[:40]
	require.Equal(t, "Package outcome decides what a payment ends with, "+
		"whatever it is that\nwas proposed.\n\n"+
		"Lnd-Once-Package: channeldb/outcome",
		r.git("log", "-1", "--format=%b", first))
	require.Contains(
		t, r.read(r.tree("payments/outcome/outcome_test.go")),
		`"github.com/lightningnetwork/lnd/payments/outcome"`,
	)
}

// TestStageDoesNothingTwice checks that a staged tree is left alone, and made
// anew when something that it is made of has changed.
func TestStageDoesNothingTwice(t *testing.T) {
	r := newPatchedRepo(t)
	marker := r.tree(".git/marker")
	staged := func() bool {
		require.NoError(t, os.WriteFile(marker, nil, 0o644))
		r.must("stage.sh", base)
		_, err := os.Stat(marker)

		return err != nil
	}

	require.False(t, staged())

	outcome := "channeldb/outcome/outcome.go"
	r.write(outcome, r.read(r.path(outcome))+"\n// More.\n")
	require.True(t, staged())
	require.Contains(
		t, r.read(r.tree("payments/outcome/outcome.go")), "// More.",
	)
	require.False(t, staged())

	r.write("channeldb/outcome/another.go", "package outcome\n")
	require.True(t, staged())
	require.FileExists(t, r.tree("payments/outcome/another.go"))

	patch := "patches/" + base + "/0002-lnd-patch-it.patch"
	r.write(patch, strings.Replace(
		r.read(r.path(patch)), "+// Patched.", "+// Changed.", 1,
	))
	require.True(t, staged())
	require.Contains(t, r.read(r.tree("lnd.go")), "// Changed.")

	// Another place changes nothing, not even for the stock tree.
	moved := r.root + "-moved"
	require.NoError(t, os.Rename(r.root, moved))
	r.root, marker = moved, moved+strings.TrimPrefix(marker, r.root)
	require.False(t, staged())
	require.Contains(t, r.git("worktree", "list"), moved+"/build/"+base+
		"/stock")

	require.NoError(t, os.RemoveAll(r.path("build/"+base+"/stock")))
	require.True(t, staged())
	require.False(t, staged())
}

// TestStageRefusesToLoseWork checks that work in a staged tree that is nowhere
// else is named, and neither touched nor replaced.
func TestStageRefusesToLoseWork(t *testing.T) {
	tests := map[string]struct {
		do   func(r *repo)
		says string
	}{
		"not committed": {
			do: func(r *repo) {
				r.edit("lnd.go", "// Line 30.", "// Work.")
			},
			says: "M lnd.go",
		},
		"new file": {
			do: func(r *repo) {
				require.NoError(r.t, os.WriteFile(
					r.tree("work.go"), nil, 0o644,
				))
			},
			says: "?? work.go",
		},
		"committed": {
			do: func(r *repo) {
				r.edit("lnd.go", "// Line 30.", "// Work.")
				r.commit("lnd: work")
			},
			says: "lnd: work",
		},
		"on another branch": {
			do: func(r *repo) {
				r.git("checkout", "-q", "-b", "other")
				r.edit("lnd.go", "// Line 30.", "// Work.")
				r.commit("lnd: work")
				r.git("checkout", "-q", "patched")
			},
			says: "lnd: work",
		},
		"commit dropped": {
			do: func(r *repo) {
				r.git("reset", "-q", "--hard", "HEAD~1")
			},
			says: "no longer has all staged commits",
		},
		"in the stock tree": {
			do: func(r *repo) {
				require.NoError(r.t, os.WriteFile(r.path(
					"build/"+base+"/stock/work.go",
				), nil, 0o644))
			},
			says: "?? work.go",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newPatchedRepo(t)
			test.do(r)

			// As long as nothing changed there is nothing to say.
			r.must("stage.sh", base)

			r.write("itest/more_test.go", "package itest\n")
			head := r.git("rev-parse", "HEAD")
			out := r.fails("stage.sh", base)
			require.Contains(t, out, test.says)
			require.Contains(t, out, "make series")
			require.Contains(t, out, "rm -rf")
			require.Equal(t, head, r.git("rev-parse", "HEAD"))
			require.Contains(t, r.fails("clean.sh"), "rm -rf")

			require.NoError(t, os.RemoveAll(r.tree("")))
			r.must("stage.sh", base)
		})
	}
}

// TestStageIsNeverHalfDone kills staging at each call of git in turn, on top of
// what the one before left behind, and checks that no tree is ever taken for
// complete that is not.
func TestStageIsNeverHalfDone(t *testing.T) {
	r := newPatchedRepo(t)
	state := func() [2]string {
		cmd := r.command("git", "config", "lnd-once.stamp")
		cmd.Dir = r.tree("")
		stamp, err := cmd.Output()
		if err != nil || len(stamp) == 0 {
			return [2]string{}
		}

		return [2]string{
			string(stamp), r.git("rev-parse", "patched", "HEAD"),
		}
	}

	before := state()
	outcome := r.read(r.path("channeldb/outcome/outcome.go"))
	r.write("channeldb/outcome/outcome.go", outcome+"\n// More.\n")
	r.must("stage.sh", base)
	after := state()
	r.write("channeldb/outcome/outcome.go", outcome)
	r.must("stage.sh", base)
	require.Equal(t, before, state())
	r.write("channeldb/outcome/outcome.go", outcome+"\n// More.\n")

	// A git that kills whoever called it at the n-th call.
	git, err := exec.LookPath("git")
	require.NoError(t, err)
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "git"), []byte(
		"#!/bin/sh\nread n <"+bin+"/left\necho $((n - 1)) >"+bin+
			"/left\n[ $n != 1 ] || kill -KILL 0\nexec "+git+
			" \"$@\"\n",
	), 0o755))

	var killed int
	for n := 1; ; n++ {
		require.NoError(t, os.WriteFile(
			filepath.Join(bin, "left"),
			[]byte(strconv.Itoa(n)+"\n"), 0o644,
		))
		cmd := r.command(r.path("patches/stage.sh"), base)
		cmd.Env = append(r.env, "PATH="+bin+":"+os.Getenv("PATH"))
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		out, err := cmd.CombinedOutput()
		if err == nil {
			break
		}
		require.NotContains(t, string(out), "would be lost")
		require.Contains(
			t, [][2]string{before, {}, after}, state(),
			"stop %d", n,
		)
		killed++
	}
	require.Greater(t, killed, 30)
	require.Equal(t, after, state())

	// Nothing is left of the stopped ones.
	left, err := filepath.Glob(r.path("build/" + base + "/.staging.*"))
	require.NoError(t, err)
	require.Empty(t, left)
}
