package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

// complete has a shell offer the words that a flag can have.
func complete(c *cobra.Command, flag string, words ...string) {
	if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the command has no such flag
	}
}

// completeKeys offers the keys of a declaration.
func completeKeys(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return keyPaths("", declare.Keys()), cobra.ShellCompDirectiveNoFileComp
}

// keyPaths returns the paths of keys and of those in their tables.
func keyPaths(parent string, keys []declare.Key) (all []string) {
	for _, key := range keys {
		path := strings.TrimPrefix(parent+"."+key.Name, ".")
		all = append(append(all, path), keyPaths(path, key.Type.Keys)...)
	}
	return all
}
