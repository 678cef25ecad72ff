package cli

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/resolve"
	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/image"
	"github.com/sidecar-buildpack/sidecar/sidecar/preview"
)

func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain IMAGE|KEY",
		Short: "Say what is declared in an image, or what a key does",
		Long: `Say what an image's app declares about its sidecars, from the image's labels: in
the Docker daemon, in a registry, or in an OCI layout. Or say what a key of
sidecar.toml does.`,
		Example: `  sidecar explain registry/team/shop:1
  sidecar explain restart
  sidecar explain sidecars.startup-probe.http-get`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeKeys,
		RunE: func(c *cobra.Command, args []string) error {
			if keys := named(strings.Split(args[0], ".")); len(keys) > 0 {
				for _, k := range keys {
					explainKey(c, k)
				}
				return nil
			}
			built, err := image.Read(context.Background(), args[0])
			if err != nil {
				return failure{fmt.Errorf("sidecar.toml has no key %q%s, and %w", args[0], meant(args[0]), err)}
			}
			if err := explainImage(c, built); err != nil {
				return failure{err}
			}
			return nil
		},
	}
}

// meant returns a hint at the key that may have been meant, or nothing.
func meant(word string) string {
	names := keyPaths("", declare.Keys())
	for i, path := range names {
		names[i] = path[strings.LastIndex(path, ".")+1:]
	}
	if key := document.Nearest(word, names); key != "" {
		return " (did you mean " + key + "?)"
	}
	return ""
}

// found is a key, and its path.
type found struct {
	path string
	declare.Key
}

// named returns the keys whose path ends with these names, one of each table. One that lies deeper than another is left out: command is a
// sidecar's, and not that of the app's pre-stop.
func named(names []string) (all []found) {
	depth := func(f found) int { return strings.Count(f.path, ".") }
	for _, table := range declare.Keys() {
		path, key, there := lookUp("", []declare.Key{table}, names)
		one := found{path, key}
		switch {
		case !there:
		case len(all) == 0 || depth(one) < depth(all[0]):
			all = []found{one}
		case depth(one) == depth(all[0]):
			all = append(all, one)
		}
	}
	return all
}

// lookUp finds the first key whose path ends with these names.
func lookUp(parent string, keys []declare.Key, names []string) (string, declare.Key, bool) {
	for _, key := range keys {
		path := strings.TrimPrefix(parent+"."+key.Name, ".")
		if path == strings.Join(names, ".") || strings.HasSuffix(path, "."+strings.Join(names, ".")) {
			return path, key, true
		}
		if path, key, found := lookUp(path, key.Type.Keys, names); found {
			return path, key, true
		}
	}
	return "", declare.Key{}, false
}

func explainKey(c *cobra.Command, key found) {
	out := c.OutOrStdout()
	fmt.Fprintf(out, "%s: %s\n", key.path, strings.ReplaceAll(key.Text(), "`", ""))
	fmt.Fprintf(out, "  type     %s\n", describe(key.Type))
	switch {
	case key.Default != nil:
		fmt.Fprintf(out, "  default  %v\n", key.Default)
	case key.Required != "":
		fmt.Fprintf(out, "  required %s\n", key.Required)
	case key.Unset != "":
		fmt.Fprintf(out, "  default  %s\n", strings.ReplaceAll(key.Unset, "`", ""))
	}
	if key.Manifest != "" {
		fmt.Fprintf(out, "  manifest %s\n", key.Manifest)
	}
	for _, inner := range key.Type.Keys {
		fmt.Fprintf(out, "  %-28s %s\n", "."+inner.Name, strings.ReplaceAll(inner.Text(), "`", ""))
	}
}

// describe says how a value is written, and within which bounds.
func describe(is declare.Type) string {
	text := is.Name
	if len(is.Words) > 0 {
		text += ": " + strings.Join(is.Words, ", ")
	}
	switch {
	case is.High == math.MaxInt32: // Kubernetes' own bound, which nobody needs to know
		text += fmt.Sprintf(", at least %v", is.Low)
	case is.High != 0:
		text += fmt.Sprintf(", from %v to %v", is.Low, is.High)
	}
	return text
}

// explainImage shows each process type, what the app runs in it, and the sidecars beside it.
func explainImage(c *cobra.Command, built image.Image) error {
	out := c.OutOrStdout()
	declaration, _, err := resolve.For(built.Declaration, built.Types())
	if err != nil {
		return err
	}
	for _, p := range built.Processes {
		plan := resolve.Plan(declaration, p.Type, export.Workspace)
		if len(plan.Sidecars) == 0 {
			continue
		}
		title := p.Type
		if p.Type == built.Default {
			title += " (default)"
		}
		fmt.Fprintf(out, "%s: %s\n", title, strings.Join(built.AppCommand(p.Type), " "))
		for i := range plan.Sidecars {
			s := plan.Sidecars[i]
			line := fmt.Sprintf("  %-20s %s, starts %s", s.Name, strings.Join(s.Command, " "), preview.Waits(plan, i))
			if s.Memory > 0 {
				line += ", " + s.Memory.String()
			}
			if !s.Essential {
				line += ", not essential"
			}
			fmt.Fprintln(out, line)
		}
	}
	return nil
}
