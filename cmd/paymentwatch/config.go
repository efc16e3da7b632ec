package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"strings"

	"github.com/jessevdk/go-flags"
	"github.com/urfave/cli"
)

// nodeSection begins the names of the sections of the configuration file that are
// about one of several nodes.
const nodeSection = "node "

// config is what a configuration file says: the values of flags, and those of
// single nodes.
type config struct {
	values map[string]string
	nodes  []*section
}

// section is what the file says about a node. Without a name it is the only one.
type section struct {
	name   string
	values map[string]string
}

// readConfig reads a file in the form of lnd.conf. It fails for a name that is
// none of the flags'.
func readConfig(path string, names []string) (*config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	parser := flags.NewNamedParser("paymentwatch", flags.None)
	values, err := addSection(parser, configSection, names)
	if err != nil {
		return nil, err
	}

	nodes := make(map[string]func() map[string]string)
	var headers []string
	for _, header := range nodeHeaders(string(text)) {
		if nodes[header] != nil {
			return nil, fmt.Errorf("%s has [%s] twice", path, header)
		}
		nodes[header], err = addSection(
			parser, header, settings(followFlags()),
		)
		if err != nil {
			return nil, err
		}
		headers = append(headers, header)
	}
	if err := flags.NewIniParser(parser).ParseFile(path); err != nil {
		return nil, err
	}

	// What a node does not say itself is said for all of them.
	file := &config{values: values()}
	for _, header := range headers {
		s := &section{
			name:   strings.TrimSpace(header[len(nodeSection):]),
			values: maps.Clone(file.values),
		}
		maps.Copy(s.values, nodes[header]())
		file.nodes = append(file.nodes, s)
	}

	return file, nil
}

// nodeHeaders returns the names of the sections about nodes, in their order.
func nodeHeaders(text string) []string {
	var headers []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		header := strings.TrimSpace(strings.Trim(line, "[]"))
		if strings.HasPrefix(line, "[") &&
			strings.HasPrefix(header, nodeSection) {

			headers = append(headers, header)
		}
	}

	return headers
}

// addSection lets a parser know a section, and returns what returns the values in
// it when it was read.
func addSection(parser *flags.Parser, header string, names []string) (
	func() map[string]string, error) {

	group, err := parser.AddGroup(header, "", &struct{}{})
	if err != nil {
		return nil, err
	}
	texts := make(map[string]*string, len(names))
	for _, name := range names {
		texts[name] = new(string)
		group.AddOption(&flags.Option{LongName: name}, texts[name])
	}

	return func() map[string]string {
		values := make(map[string]string)
		for name, text := range texts {
			if *text != "" {
				values[name] = *text
			}
		}

		return values
	}, nil
}

// choose returns the section of the node with a name, or those of all nodes.
func (f *config) choose(name string) ([]*section, error) {
	if name == "" && len(f.nodes) == 0 {
		return []*section{{values: f.values}}, nil
	}
	if name == "" {
		return f.nodes, nil
	}

	var names []string
	for _, s := range f.nodes {
		if s.name == name {
			return []*section{s}, nil
		}
		names = append(names, s.name)
	}

	return nil, fmt.Errorf("--node is %q, but of that name the "+
		"configuration file has no section [%sNAME], only: %s", name,
		nodeSection, strings.Join(names, ", "))
}

// context returns the flags of a command, as they are given so far, for a node to
// have values of its own.
func (s *section) context(c *cli.Context, given []cli.Flag) (*cli.Context,
	error) {

	if s.name == "" {
		return c, nil
	}
	set := flag.NewFlagSet(s.name, flag.ContinueOnError)
	for _, f := range given {
		f.Apply(set)
		name := flagName(f)
		if !c.IsSet(name) {
			continue
		}
		err := set.Set(name, fmt.Sprint(c.Generic(name)))
		if err != nil {
			return nil, err
		}
	}
	if err := set.Set(nodeFlag.Name, s.name); err != nil {
		return nil, err
	}
	if err := set.Parse(append([]string{"--"}, c.Args()...)); err != nil {
		return nil, err
	}
	node := cli.NewContext(c.App, set, c.Parent())
	node.Command = c.Command

	return node, nil
}
