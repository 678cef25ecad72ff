package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/adopt"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

// template is what there is to begin with where no file of another tool says anything.
const template = `[[sidecars]]
name = "agent"
command = ["./agent"]                # the program and its arguments; a string goes through a shell where it needs one
# memory = "64M"                     # taken from the app's share, and told to runtimes such as Java, Node and Go
# depends-on = { other = "started" } # or "ready", or "completed"
# essential = false                  # its end is reported, and the app lives on
# startup-probe = { http-get = { port = 8081, path = "/" } } # the app waits until it passes
`

func initCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a first sidecar.toml from what other tools' files say",
		Long: `Write a commented sidecar.toml into an app's directory, from its Procfile,
supervisord.conf or Compose file. What cannot be taken over is said on stderr.
A manifest.yml with sidecars needs none: a build reads it as it is.`,
		Example: "  sidecar init\n  sidecar init --output - path/to/app",
		Args:    cobra.MaximumNArgs(1),
	}
	output := c.Flags().StringP("output", "o", "", "the file to write, - for standard output (default: sidecar.toml in DIR)")
	force := c.Flags().Bool("force", false, "replace a file that is there, and go before a manifest")
	c.RunE = func(c *cobra.Command, args []string) error {
		dir := "."
		if len(args) == 1 {
			dir = args[0]
		}
		file := *output
		if file == "" {
			file = filepath.Join(dir, declare.File)
		}
		if err := initialise(c, dir, file, *force); err != nil {
			return failure{err}
		}
		return nil
	}
	return c
}

func initialise(c *cobra.Command, dir, file string, force bool) error {
	read := strings.Join(adopt.Files(), ", ")
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file: name its directory, of which are read: %s", dir, read)
	}
	if manifest := declare.ManifestIn(dir); manifest != "" && file != "-" && !force {
		return fmt.Errorf("%s declares sidecars already, and a build reads it as it is: see them with sidecar validate. "+
			"A %s would go before it: write it with --force, or see what would be written with --output -", manifest, declare.File)
	}
	found, err := adopt.In(dir)
	if err != nil {
		return err
	}
	text := adopt.TOML(found)
	if text == "" {
		text = template + programs(dir)
		fmt.Fprintf(c.ErrOrStderr(), "found no sidecars in %s, of which were read: %s; this is an example\n", dir, read)
	}
	for _, f := range found {
		for _, lost := range f.Lost {
			fmt.Fprintf(c.ErrOrStderr(), "not taken over: %s: %s\n", f.File, lost)
		}
	}
	if file == "-" {
		_, err := fmt.Fprint(c.OutOrStdout(), text)
		return err
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	out, err := os.OpenFile(file, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: replace it with --force, or see what would be written with --output -", file)
	}
	if err != nil {
		return err
	}
	if _, err := out.WriteString(text); err != nil {
		return errors.Join(err, out.Close())
	}
	fmt.Fprintf(c.ErrOrStderr(), "wrote %s: edit it, then see what becomes of it with sidecar validate and sidecar plan\n", file)
	return out.Close()
}

// programs returns a comment that lists what in dir could be a sidecar's command.
func programs(dir string) string {
	var list strings.Builder
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		info, err := entry.Info()
		switch {
		case err != nil || !info.Mode().IsRegular():
		case filepath.Ext(entry.Name()) == ".jar":
			fmt.Fprintf(&list, "#   command = [\"java\", \"-jar\", %q]\n", entry.Name())
		case info.Mode()&0o111 != 0:
			fmt.Fprintf(&list, "#   command = [%q]\n", "./"+entry.Name())
		}
	}
	if list.Len() == 0 {
		return ""
	}
	return "\n# Programs that are here:\n" + list.String()
}
