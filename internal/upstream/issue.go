package upstream

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/gobuild"
	"lnd-once/internal/gotest"
	"lnd-once/internal/lndtest"
	"lnd-once/internal/progress"
	"lnd-once/internal/staging"
)

const (
	// issueTest is the test that shows the issue: a file of lnd, kept below
	// our root in a folder that Go does not look into.
	issueTest   = "routing/issue_8884_test.go"
	issueFolder = proseFolder + "/_lnd"

	// issuePick picks its tests.
	issuePick = "TestIssue8884"

	// issueMark stands, in the prose, for the file.
	issueMark = "TEST FILE"

	// issueTopic is the first topic with which the tests pass.
	issueTopic = "1"
)

// Issue shows that the test of lnd issue 8884 fails on lnd as it is and passes
// with the first topic, and writes the comment to post.
func Issue(ctx context.Context, b *base.Base, log *progress.Log) error {
	test, err := os.ReadFile(filepath.Join(b.Root, issueFolder, issueTest))
	if err != nil {
		return err
	}
	mended, err := staging.Prefix(ctx, b, issueTopic, log)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(Dir(b), 0o755); err != nil {
		return err
	}

	log.Say("running it on stock %s, where every test has to fail", b.Name)
	verdicts, err := runIssue(ctx, b, b.Stock())
	if err != nil {
		return err
	}
	if err := checkStock(verdicts); err != nil {
		return err
	}
	for _, v := range verdicts {
		log.Say("  %s: %s: %s", v.Test, v.Result, v.Reason)
	}
	stock := len(verdicts)

	log.Say("running it with topic %s, where every test has to pass",
		issueTopic)
	verdicts, err = runIssue(ctx, b, mended)
	if err != nil {
		return err
	}
	for _, v := range verdicts {
		if v.Result != gotest.Passed {
			return fmt.Errorf("with topic %s %s %s: %s", issueTopic,
				v.Test, v.Result, v.Reason)
		}
	}
	if len(verdicts) != stock {
		return fmt.Errorf("%d tests ran on stock, but %d with topic %s",
			stock, len(verdicts), issueTopic)
	}

	return writeIssue(b, string(test), log)
}

// checkStock returns an error unless there are tests, and every one has failed
// by itself.
func checkStock(verdicts gotest.Verdicts) error {
	if len(verdicts) == 0 {
		return fmt.Errorf("%s has no test %s", issueTest, issuePick)
	}
	for _, v := range verdicts {
		if v.Result != gotest.Failed || v.Test == "" {
			return fmt.Errorf("on stock %s %s %s instead of "+
				"failing: %s", v.Package, v.Test, v.Result,
				v.Reason)
		}
	}

	return nil
}

// runIssue runs the test in a tree, which is left as it is.
func runIssue(ctx context.Context, b *base.Base, tree string) (gotest.Verdicts,
	error) {

	overlay := filepath.Join(Dir(b), "overlay.json")
	err := gobuild.WriteOverlay(overlay, map[string]string{
		filepath.Join(tree, issueTest): filepath.Join(
			b.Root, issueFolder, issueTest,
		),
	})
	if err != nil {
		return nil, err
	}

	return lndtest.Run(ctx, lndtest.Config{
		Tree: tree, Args: []string{
			"-overlay", overlay, "-count=1", "-run", issuePick,
			"./" + filepath.Dir(issueTest),
		},
	})
}

// writeIssue writes the comment.
func writeIssue(b *base.Base, test string, log *progress.Log) error {
	prose, err := (&run{Config: Config{Base: b}}).prose("issue.md")
	if err != nil {
		return err
	}
	before, after, ok := strings.Cut(prose, issueMark)
	if !ok {
		return failure.Usage("%s/issue.md does not say where the file "+
			"goes: a line '%s'", proseFolder, issueMark)
	}
	file := filepath.Join(Dir(b), "issue.md")
	err = os.WriteFile(
		file, []byte(strings.ReplaceAll(before, "BASE", b.Name)+
			"```go\n"+test+"```"+
			strings.ReplaceAll(after, "BASE", b.Name)+"\n"), 0o644,
	)
	if err != nil {
		return err
	}
	log.Say("wrote %s", file)

	return nil
}
