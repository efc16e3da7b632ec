package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/urfave/cli"
)

const (
	// configFile is the name of the configuration file.
	configFile = "paymentwatch.conf"

	// configSection is the section of the file that our flags are in, as in
	// that of lnd. They may also stand before any section.
	configSection = "Application Options"
)

var (
	// defaultDir is where our own files are unless we are told otherwise.
	defaultDir = dataDir("paymentwatch")

	// configFileFlag is for all commands.
	configFileFlag = cli.StringFlag{
		Name:  "configfile",
		Value: filepath.Join(defaultDir, configFile),
		Usage: "The file with more settings, a line NAME=VALUE for " +
			"each flag, as in lnd.conf.",
		TakesFile: true,
	}

	// nodeFlag is for the commands that need a node.
	nodeFlag = cli.StringFlag{
		Name: "node",
		Usage: "The node, if the configuration file has several: the " +
			"NAME of its section [node NAME]. Without it watch " +
			"follows all of them.",
	}

	// unsettable are the flags that are no settings.
	unsettable = []string{
		"help", "version", configFileFlag.Name, nodeFlag.Name,
	}

	// lncliFlags are those that lncli has an environment variable for.
	lncliFlags = []string{
		"rpcserver", "lnddir", "tlscertpath", "macaroonpath", "network",
	}
)

// addSettings lets all flags of the program be set by environment variables and
// in the configuration file as well.
func addSettings(app *cli.App) {
	app.Flags = withVariables(app.Flags)
	names := settings(app.Flags)
	for i := range app.Commands {
		command := &app.Commands[i]
		command.Flags = withVariables(command.Flags)
		names = append(names, settings(command.Flags)...)
	}
	slices.Sort(names)
	names = slices.Compact(names)

	configured := func(action any) func(*cli.Context) error {
		return func(c *cli.Context) error {
			nodes, err := settle(c, names)
			if err != nil {
				return err
			}

			return runAction(action, nodes)
		}
	}
	app.Action = configured(app.Action)
	for i := range app.Commands {
		app.Commands[i].Action = configured(app.Commands[i].Action)
	}
}

// withVariables returns flags, and that of the configuration file, with the
// names of their environment variables in what is said of them.
func withVariables(given []cli.Flag) []cli.Flag {
	var described []cli.Flag
	for _, flag := range append([]cli.Flag{configFileFlag}, given...) {
		name := flagName(flag)

		// All kinds of flags are structs with a field of that name.
		described = append(described, func() cli.Flag {
			changed := reflect.New(reflect.TypeOf(flag)).Elem()
			changed.Set(reflect.ValueOf(flag))
			usage := changed.FieldByName("Usage")
			usage.SetString(usage.String() + " [$" + strings.Join(
				variables(name), ", $",
			) + "]")

			return changed.Interface().(cli.Flag)
		}())
	}

	return described
}

// flagName returns the name of a flag without its short forms.
func flagName(flag cli.Flag) string {
	name, _, _ := strings.Cut(flag.GetName(), ",")

	return name
}

// settings returns the names of those flags that may be set in the
// configuration file.
func settings(given []cli.Flag) []string {
	var names []string
	for _, flag := range given {
		if !slices.Contains(unsettable, flagName(flag)) {
			names = append(names, flagName(flag))
		}
	}

	return names
}

// variables returns the environment variables of a flag. Ours comes first, then
// that of lncli if it has the same flag.
func variables(name string) []string {
	suffix := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	found := []string{"PAYMENTWATCH_" + suffix}
	if slices.Contains(lncliFlags, name) {
		found = append(found, "LNCLI_"+suffix)
	}

	return found
}

// runAction calls the action of a command, which is for one node or for all of them.
func runAction(action any, nodes []*cli.Context) error {
	if forAll, ok := action.(func([]*cli.Context) error); ok {
		return forAll(nodes)
	}
	if len(nodes) > 1 {
		var names []string
		for _, node := range nodes {
			names = append(names, node.String(nodeFlag.Name))
		}

		return fmt.Errorf("the configuration file has several nodes; "+
			"say which with --%s: %s", nodeFlag.Name,
			strings.Join(names, ", "))
	}

	return action.(func(*cli.Context) error)(nodes[0])
}

// settle returns the flags of a command for each of the nodes that it is about.
// Those that the command line does not give after the command have the values
// that they have before it, in the environment or in the configuration file,
// which may have any of the names.
func settle(c *cli.Context, names []string) ([]*cli.Context, error) {
	given := c.Command.Flags
	if c.Command.Name == "" {
		given = c.App.Flags
	}
	for _, name := range []string{configFileFlag.Name, nodeFlag.Name} {
		if !hasFlag(given, name) {
			continue
		}
		if err := setFrom(c, name, nil, ""); err != nil {
			return nil, err
		}
	}
	path := expand(c.String(configFileFlag.Name))
	file, err := readConfig(path, names)
	if errors.Is(err, fs.ErrNotExist) && !c.IsSet(configFileFlag.Name) {
		file, err = &config{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("--configfile: %w", err)
	}
	sections := []*section{{values: file.values}}
	if hasFlag(given, nodeFlag.Name) {
		sections, err = file.choose(c.String(nodeFlag.Name))
		if err != nil {
			return nil, err
		}
	}

	var settled []*cli.Context
	for _, s := range sections {
		node, err := s.context(c, given)
		if err != nil {
			return nil, err
		}
		for _, name := range settings(given) {
			err := setFrom(node, name, s.values, path)
			if err != nil {
				return nil, err
			}
		}
		settled = append(settled, node)
	}

	return settled, nil
}

// hasFlag returns whether a flag is among those that are given.
func hasFlag(given []cli.Flag, name string) bool {
	return slices.ContainsFunc(given, func(flag cli.Flag) bool {
		return flagName(flag) == name
	})
}

// setFrom sets a flag that was not given after the command from the first place
// that has a value for it: the command line, the environment, the values from a
// file.
func setFrom(c *cli.Context, name string, values map[string]string,
	path string) error {

	set := func(value, source string) error {
		if err := c.Set(name, value); err != nil {
			return fmt.Errorf("%s in %s is %q: %w", name, source,
				value, err)
		}

		return nil
	}
	if c.IsSet(name) {
		return nil
	}
	if c.GlobalIsSet(name) {
		return set(fmt.Sprint(c.GlobalGeneric(name)), "the flags")
	}
	for _, variable := range variables(name) {
		if value := os.Getenv(variable); value != "" {
			return set(value, "the environment, "+variable)
		}
	}
	if value, ok := values[name]; ok {
		return set(value, path)
	}

	return nil
}
