package main

import (
	_ "embed"
	"fmt"
	"io"

	"github.com/urfave/cli"
)

var (
	// bashCompletion and zshCompletion ask the program itself what can come
	// next.
	//
	//go:embed completion/bash
	bashCompletion string

	//go:embed completion/zsh
	zshCompletion string
)

// runCompletion prints what lets a shell complete our commands and flags.
func runCompletion(c *cli.Context, out io.Writer) error {
	switch shell := c.Args().First(); shell {
	case "bash":
		fmt.Fprint(out, bashCompletion)

	case "zsh":
		fmt.Fprint(out, zshCompletion)

	case "fish":
		script, err := c.App.ToFishCompletion()
		if err != nil {
			return err
		}
		fmt.Fprintln(out, script)

	default:
		return fmt.Errorf("the shell is %q, it must be bash, zsh or "+
			"fish, as in: source <(paymentwatch completion bash)",
			shell)
	}

	return nil
}
