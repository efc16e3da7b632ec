package staging

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSeriesRoundTrip checks that what is committed in the staged tree comes
// back as patches and packages that yield the same tree.
func TestSeriesRoundTrip(t *testing.T) {
	r := newPatchedRepo(t)

	// A new commit, an edited package with a new and a removed file, and
	// an amended commit that gets another name.
	r.edit("lnd.go", "// Line 30.", "// More.")
	r.commit("lnd: do more")
	r.edit("payments/outcome/outcome.go", "decides", "says")
	r.add("payments/outcome/rank.go", "package outcome\n\nimport _ "+
		"\"github.com/lightningnetwork/lnd/payments/outcome\"\n")
	require.NoError(t, os.Remove(
		r.tree("payments/outcome/outcome_test.go"),
	))
	r.commit("say it in other words")
	r.git("rebase", "-q", "--exec", "git commit -q --amend --no-edit "+
		"-m \"$(git log -1 --format=%B | sed s/routing:/router:/)\"",
		"HEAD~3")
	tree := r.git("rev-parse", "HEAD^{tree}")

	out := r.must("series")
	require.Contains(t, out, "folded into its package")
	require.Contains(t, out, "yields the same tree")
	require.Equal(t, "# The series.\n\n# The rules.\n"+
		"package channeldb/outcome payments/outcome add the rules\n\n"+
		"package itest itest add the tests\n"+
		"build lnd-make-it-build.patch\n"+
		"patch lnd-patch-it.patch\n"+
		"patch router-patch-it.patch\n"+
		"patch lnd-do-more.patch\n",
		r.series())

	files := r.snapshot()
	require.NotContains(
		t, files, "patches/"+baseName+"/routing-patch-it.patch",
	)
	require.NotContains(t, files, "channeldb/outcome/outcome_test.go")
	require.Contains(
		t, files["channeldb/outcome/rank.go"],
		`"lnd-once/channeldb/outcome"`,
	)
	for name, text := range files {
		if strings.HasSuffix(name, ".patch") {
			require.Contains(t, text, "\nFrom: lnd-once ")
			require.NotContains(t, text, "\n-- \n")
		}
	}

	// Nothing is left to do in this tree, and a new one is the same.
	head := r.git("rev-parse", "patched")
	require.Contains(t, r.must("stage"), "up to date")
	require.NoError(t, os.RemoveAll(r.path("build")))
	r.must("stage")
	require.Equal(t, head, r.git("rev-parse", "patched"))
	require.Equal(t, tree, r.git("rev-parse", "HEAD^{tree}"))

	// Once more changes nothing.
	r.must("series")
	require.Equal(t, files, r.snapshot())
}

// TestSeriesDropsAndReorders checks that patches keep their names wherever they
// are and that those of dropped commits go away, as do lines of dropped packages.
func TestSeriesDropsAndReorders(t *testing.T) {
	r := newPatchedRepo(t)
	commits := strings.Fields(r.git(
		"rev-list", "--reverse", "upstream..patched",
	))

	// Packages are commits 0 and 1, the patches 2 (build), 3 and 4.
	r.git("reset", "-q", "--hard", "upstream")
	r.git("cherry-pick", commits[4], commits[0], commits[2])
	r.must("series")
	require.Equal(t, "# The series.\n\npatch routing-patch-it.patch\n"+
		"# The rules.\n"+
		"package channeldb/outcome payments/outcome add the rules\n"+
		"build lnd-make-it-build.patch\n",
		r.series())

	names, err := os.ReadDir(r.path("patches/" + baseName))
	require.NoError(t, err)
	require.Len(t, names, 4)
	require.FileExists(t, r.path("itest/new_test.go"))
}

// TestSeriesKeepsWhatChangedHere checks that a package's file that was edited
// in the repository while others were in the tree survives, and that one edited
// in both is named.
func TestSeriesKeepsWhatChangedHere(t *testing.T) {
	r := newPatchedRepo(t)
	rules := "channeldb/outcome/outcome.go"
	test := "channeldb/outcome/outcome_test.go"

	here := r.read(r.path(rules)) + "\n// Here.\n"
	r.write(rules, here)
	r.edit("payments/outcome/outcome_test.go", "\n\n", "\n\n// There.\n")
	r.commit("payments/outcome: edit")

	r.must("series")
	require.Equal(t, here, r.read(r.path(rules)))
	require.Contains(t, r.read(r.path(test)), "// There.")

	// Staging brings both together.
	r.must("stage")
	require.Contains(
		t, r.read(r.tree("payments/outcome/outcome.go")), "// Here.",
	)

	r.write(rules, here+"\n// Again.\n")
	r.edit("payments/outcome/outcome.go", "// Here.", "// There.")
	r.commit("payments/outcome: edit")
	before := r.snapshot()
	require.Contains(t, r.fails("series"), "  "+rules)
	require.Equal(t, before, r.snapshot())
}

// TestSeriesRefuses checks the messages for what cannot be written back. None
// of them changes the repository or the tree.
func TestSeriesRefuses(t *testing.T) {
	edit := func(r *repo) {
		r.edit("lnd.go", "// Line 30.", "// Work.")
	}

	tests := map[string]struct {
		do   func(r *repo)
		says []string
	}{
		"a commit that mixes a package and lnd": {
			do: func(r *repo) {
				edit(r)
				r.edit("itest/new_test.go", "\n", "\n\n// .\n")
				r.commit("all: mix")
			},
			says: []string{
				`"all: mix"`, "package:\n  itest/new_test.go",
				"lnd:\n  lnd.go",
			},
		},
		"changes that are not committed": {
			do:   edit,
			says: []string{"not committed", "M lnd.go"},
		},
		"another branch": {
			do: func(r *repo) {
				r.git("checkout", "-q", "-b", "other")
			},
			says: []string{"not at branch patched"},
		},
		"another author": {
			do: func(r *repo) {
				edit(r)
				r.git("add", "-A")
				r.git("commit", "-q", "-m", "lnd: work",
					"--author", "Mallory <m@example.org>")
			},
			says: []string{"Mallory", "lnd: work"},
		},
		"a merge": {
			do: func(r *repo) {
				r.git("checkout", "-q", "-b", "other", "HEAD~1")
				edit(r)
				r.commit("lnd: work")
				r.git("checkout", "-q", "patched")
				r.git("merge", "-q", "-m", "lnd: merge",
					"other")
			},
			says: []string{"lnd: merge", "rebase"},
		},
		"an empty commit": {
			do: func(r *repo) {
				r.git("commit", "-q", "--allow-empty", "-m",
					"lnd: nothing")
			},
			says: []string{"lnd: nothing", "changes no file"},
		},
		"a message that a patch file cannot hold": {
			do: func(r *repo) {
				edit(r)
				r.commit("lnd: work\n\n---\nmore")
			},
			says: []string{"lnd: work", "start of the diff"},
		},
		"a package with more than Go files": {
			do: func(r *repo) {
				r.add("payments/outcome/data.txt", "")
				r.commit("payments/outcome: add data")
			},
			says: []string{"payments/outcome/data.txt", ".go"},
		},
		"patches changed by hand": {
			do: func(r *repo) {
				name := "patches/" + baseName + "/series"
				r.write(name, r.series()+"# .\n")
			},
			says: []string{"changed since"},
		},
		"a tree that is not staged": {
			do: func(r *repo) {
				r.git("update-ref", "-d",
					"refs/lnd-once/patched")
			},
			says: []string{"make stage"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newPatchedRepo(t)
			test.do(r)

			before, head := r.snapshot(), r.git("rev-parse", "HEAD")
			status := r.git("status", "--porcelain")
			out := r.fails("series")
			for _, text := range test.says {
				require.Contains(t, out, text)
			}
			require.Equal(t, before, r.snapshot())
			require.Equal(t, head, r.git("rev-parse", "HEAD"))
			require.Equal(t, status, r.git("status", "--porcelain"))
			require.Equal(t, 2, strings.Count(
				r.git("worktree", "list"), "\n",
			)+1)
		})
	}
}
