package declare

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// appName is what depends-on calls the main process.
const appName = "app"

// maxName is Cloud Foundry's bound for a sidecar's name.
const maxName = 255

// processTypePattern is what the buildpack specification allows: https://github.com/buildpacks/spec/blob/main/buildpack.md#launchtoml-toml.
var processTypePattern = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// checkNames reports what is wrong with the names of a source's sidecars, each of which stands in its table under key.
func checkNames(sidecars []Sidecar, tables []*document.Table, key string) {
	first := map[string]int{} // by slug
	for i, s := range sidecars {
		if s.Name == "" {
			continue
		}
		t, slug := tables[i], plan.Slug(s.Name)
		checkName(t, key, s.Name)
		switch other, taken := first[slug]; {
		case !taken:
			first[slug] = i
		case sidecars[other].Name == s.Name:
			t.Reportf(key, "another sidecar has the same name: rename one")
		default:
			t.Reportf(key, "its name becomes %q in file names, as that of sidecar %s does: rename one",
				slug, document.ShowText(sidecars[other].Name))
		}
	}
}

func checkName(t *document.Table, key, name string) {
	switch {
	case utf8.RuneCountInString(name) > maxName:
		t.Refuse(key, "it is too long, write at most %d characters", maxName)
	case strings.ContainsFunc(name, controls):
		t.Refuse(key, "it can't hold line ends or other control characters")
	case strings.TrimSpace(name) == "":
		t.Refuse(key, "write at least one letter or digit")
	case plan.Slug(name) == appName, begins(name, appName):
		t.Refuse(key, "that is the main process's name, choose another")
	case begins(name, "supervisor"):
		t.Refuse(key, "that is what the supervisor's own lines begin with, choose another")
	}
}

// controls reports whether a character ends a line, or changes how what is beside it is shown.
func controls(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// begins reports whether the lines of a process of that name look like those of another one: `supervisor | `.
func begins(name, reserved string) bool {
	first, _, _ := strings.Cut(name, "|")
	return strings.EqualFold(strings.TrimSpace(first), reserved)
}

const notAType = "a process type has only letters, digits, dots, underscores and hyphens"

// checkTypes reports what is no process type in the list under key.
func checkTypes(t *document.Table, key string) {
	list, _ := t.Peek(key).([]*document.Node)
	for i, n := range list {
		if typ, ok := n.Is.(string); ok && typ != EveryType && !processTypePattern.MatchString(typ) {
			t.RefuseItem(key, i, notAType)
		}
	}
}

// node is a process as something to depend on.
type node struct {
	needs   []need
	sidecar *Sidecar // nil for the app
	probed  bool
}

// need is one entry of depends-on.
type need struct {
	name, condition string
	table           *document.Table // the process that has it
}

const dependsOn = "depends-on"

// reportf adds an error about the entry, behind where it stands.
func (n need) reportf(format string, args ...any) {
	if entries := n.table.Table(dependsOn, ""); entries != nil {
		entries.Reportf(n.name, "%s "+format, append([]any{entries.Path(n.name)}, args...)...)
	}
}

// needsOf lists the entries of the depends-on of the process in a table, sorted.
func needsOf(t *document.Table, dependsOn map[string]string) []need {
	var all []need
	for _, name := range slices.Sorted(maps.Keys(dependsOn)) {
		all = append(all, need{name, dependsOn[name], t})
	}
	return all
}

// nodes returns every process by name, the app among them, and the names in the order of declaration.
func nodes(sources []Source) (map[string]node, []string) {
	var main node
	byName, order := map[string]node{}, []string{appName}
	for _, source := range sources {
		main.needs = append(main.needs, needsOf(source.app, source.App.DependsOn)...)
		main.probed = main.probed || source.App.StartupProbe != nil || source.App.ReadinessProbe != nil
		for i := range source.Sidecars {
			s := &source.Sidecars[i]
			if _, taken := byName[s.Name]; taken || s.Name == "" || s.Name == appName {
				continue
			}
			order = append(order, s.Name)
			byName[s.Name] = node{
				needs:   needsOf(source.tables[i], s.DependsOn),
				sidecar: s,
				probed:  s.StartupProbe != nil || s.ReadinessProbe != nil,
			}
		}
	}
	byName[appName] = main
	return byName, order
}

// checkDependencies reports dependencies that can never be met. If more sources may follow, unknown names are allowed.
func checkDependencies(sources []Source, more bool) {
	byName, order := nodes(sources)
	for _, name := range order {
		n := byName[name]
		for _, need := range n.needs {
			if target, exists := byName[need.name]; exists {
				checkDependency(need, n, target)
			} else if !more {
				need.reportf("names no sidecar: %s", need.table.Suggest(need.name, order))
			}
		}
	}
	for _, cycle := range cycles(byName, order) {
		needs := byName[cycle[0]].needs
		i := slices.IndexFunc(needs, func(n need) bool { return n.name == cycle[1] })
		needs[i].reportf("goes round in a circle, so that nothing in it could start: %s: take one out", strings.Join(cycle, " -> "))
	}
}

// checkDependency reports a condition that can't come true.
func checkDependency(need need, n, target node) {
	if need.condition == "ready" && !target.probed {
		need.reportf(`is "ready", but %s has neither a startup-probe nor a readiness-probe: add one, or write "started"`, need.name)
	}
	if target.sidecar == nil {
		if need.condition == "completed" {
			need.reportf(`is "completed", but once the app has ended nothing else is started: write "started" or "ready"`)
		}
		return
	}
	if n.sidecar != nil && !meet(n.sidecar.ProcessTypes, target.sidecar.ProcessTypes) {
		need.reportf("never runs beside %s: give both a process type in common in process-types", n.sidecar.Name)
	}
	if need.condition == "completed" && target.sidecar.Restart == "always" {
		need.reportf(`is "completed", but %s has restart = "always" and never completes: write restart = "on-failure" or "never"`, need.name)
	}
}

// meet reports whether two sidecars have a process type in common.
func meet(some, others []string) bool {
	if slices.Contains(some, EveryType) || slices.Contains(others, EveryType) || len(some) == 0 || len(others) == 0 {
		return true // or it can't be known: which one is the default is the build's to say
	}
	if len(others) < len(some) {
		some, others = others, some
	}
	all := make(map[string]bool, len(others))
	for _, s := range others {
		all[s] = true
	}
	return slices.ContainsFunc(some, func(s string) bool { return all[s] })
}

// cycles returns the names along each cycle of depends-on, the first again at the end; of several that have a name in common, one.
// That the app comes after every sidecar which doesn't lead back to it can't close a cycle, so only what was written counts.
func cycles(byName map[string]node, order []string) [][]string {
	var found [][]string
	var trail []string
	onTrail, done, reported := map[string]bool{}, map[string]bool{}, map[string]bool{}
	report := func(cycle []string) {
		for _, name := range cycle {
			reported[name] = true
		}
		found = append(found, append(slices.Clone(cycle), cycle[0]))
	}
	var visit func(name string)
	visit = func(name string) {
		trail, onTrail[name] = append(trail, name), true
		for _, need := range byName[name].needs {
			needed := need.name
			switch {
			case onTrail[needed] && !reported[needed] && !reported[name]:
				report(trail[slices.Index(trail, needed):])
			case !onTrail[needed] && !done[needed]:
				visit(needed)
			}
		}
		trail, onTrail[name], done[name] = trail[:len(trail)-1], false, true
	}
	for _, name := range order {
		if !done[name] {
			visit(name)
		}
	}
	return found
}
