// Package house_test compares CONTRIBUTING's table of the rooms with what the packages import.
package house_test

import (
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sidecar-buildpack/sidecar/"

func TestRoomsImportWhatContributingSays(t *testing.T) {
	table, imports := rooms(t), imported(t)
	for room, others := range imports {
		may, ok := table[room]
		if !ok {
			t.Errorf("CONTRIBUTING.md has no row for %s", room)
			continue
		}
		for _, other := range others {
			if !slices.Contains(may, other) {
				t.Errorf("%s imports %s: CONTRIBUTING.md doesn't say that it may", room, other)
			}
		}
	}
	for room, may := range table {
		isThere := func(other string) bool { return other == room || strings.HasPrefix(other, room+"/") }
		if may != nil && !slices.ContainsFunc(slices.Collect(maps.Keys(imports)), isThere) {
			t.Errorf("CONTRIBUTING.md has a row for %s: there is no such room", room)
		}
	}
}

var row = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .* \\|([^|]*)\\|$")

// rooms returns for each room of the table those that it may import: none for "nothing", nil where the table says nothing.
func rooms(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, r := range row.FindAllStringSubmatch(string(page), -1) {
		all[full(r[1])] = nil
	}
	for _, r := range row.FindAllStringSubmatch(string(page), -1) {
		if cell := strings.TrimSpace(r[2]); cell != "" {
			all[full(r[1])] = allowed(cell, all)
		}
	}
	return all
}

// full returns a room's path in this module. The table shortens sidecar/build and sidecar/launch to build and launch.
func full(name string) string {
	first, _, _ := strings.Cut(name, "/")
	if first == "build" || first == "launch" {
		return "sidecar/" + name
	}
	return name
}

var quoted = regexp.MustCompile("`([^`]+)`")

// allowed reads a cell such as "`build/…`, `plan`": a room, or with /… all those in it, by its name in sidecar or in a wing.
func allowed(cell string, all map[string][]string) []string {
	may := []string{}
	for _, name := range quoted.FindAllStringSubmatch(cell, -1) {
		within, isWing := strings.CutSuffix(name[1], "/…")
		for _, place := range []string{full(within), "sidecar/" + within, "sidecar/build/" + within, "sidecar/launch/" + within} {
			for room := range all {
				if room == place || isWing && strings.HasPrefix(room, place+"/") {
					may = append(may, room)
				}
			}
		}
	}
	return may
}

// TestTheSupervisorLinksNothingHeavy passes over encoding/binary, which golang.org/x/sys/unix imports: of its reflect, only the
// initialization is linked.
func TestTheSupervisorLinksNothingHeavy(t *testing.T) {
	for name, imports := range list(t, "-deps", "./cmd/supervisor") {
		switch {
		case name == "fmt", name != "encoding/binary" && slices.Contains(imports, "reflect"):
			t.Errorf("cmd/supervisor links %s: fmt, with the reflect that it needs, was a twentieth of its size", name)
		case name == "net/netip", name == "unique":
			t.Errorf("cmd/supervisor links %s: net/netip, with the unique that it needs, was 78 KB of its size", name)
		}
	}
}

// imported returns for each package of cmd and sidecar what it imports of ours, tests apart.
func imported(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for name, imports := range list(t, "./cmd/...", "./sidecar/...") {
		var ours []string
		for _, other := range imports {
			if room, ok := strings.CutPrefix(other, module); ok {
				ours = append(ours, room)
			}
		}
		slices.Sort(ours)
		all[strings.TrimPrefix(name, module)] = ours
	}
	return all
}

// list returns what each of the packages that "go list" finds imports on Linux, tests apart.
func list(t *testing.T, arguments ...string) map[string][]string {
	t.Helper()
	list := exec.Command("go", append([]string{"list", "-f", `{{.ImportPath}} {{join .Imports " "}}`}, arguments...)...)
	list.Dir, list.Env = "../..", append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0")
	output, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(output)) {
		words := strings.Fields(line)
		all[words[0]] = words[1:]
	}
	return all
}
