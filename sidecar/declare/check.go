package declare

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// appName is what depends-on calls the main process.
const appName = "app"

// mostName is Cloud Foundry's bound for a sidecar's name.
const mostName = 255

// processType is what the buildpack specification allows: https://github.com/buildpacks/spec/blob/main/buildpack.md#launchtoml-toml.
var processType = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// place is where a sidecar's name and process types stand in its document.
type place struct{ name, types string }

// checkNames reports what is wrong with what the sidecars of every source have: names and process types. Each has its place.
func checkNames(sidecars []Sidecar, places []place, p *problems) {
	names := map[string]int{}
	slugs := map[string]int{}
	for i, s := range sidecars {
		at := places[i].name
		checkName(at, s.Name, p)
		checkTypes(places[i].types, s.ProcessTypes, p)
		if s.Name == "" {
			continue
		}
		slug := Slug(s.Name)
		if first, taken := names[s.Name]; taken {
			p.addf("%s is %s, the same as %s: rename one", at, showText(s.Name), places[first].name)
		} else if first, taken := slugs[slug]; taken {
			p.addf("%s is %s and %s is %s, which both become %q in file names: rename one",
				at, showText(s.Name), places[first].name, showText(sidecars[first].Name), slug)
		} else {
			names[s.Name], slugs[slug] = i, i
		}
	}
}

func checkName(at, name string, p *problems) {
	switch {
	case name == "":
	case utf8.RuneCountInString(name) > mostName:
		p.refuseAt(at, name, "it is too long, write at most %d characters", mostName)
	case strings.ContainsFunc(name, unicode.IsControl):
		p.refuseAt(at, name, "it can't hold line ends or other control characters")
	case Slug(name) == "":
		p.refuseAt(at, name, "write at least one letter from a to z or a digit, since files are named after it")
	case Slug(name) == appName:
		p.refuseAt(at, name, "that is the main process's name, choose another")
	}
}

func checkTypes(at string, types []string, p *problems) {
	for j, typ := range types {
		if !processType.MatchString(typ) {
			p.refuseAt(fmt.Sprintf("%s[%d]", at, j), typ, "a process type has only letters, digits, dots, underscores and hyphens")
		}
	}
}

// part is what one source declares, and where all that is wrong with it is gathered.
type part struct {
	Declaration
	problems *problems
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
	path            string // where it stands
	problems        *problems
}

// needsOf lists the entries of the depends-on of the process at path, sorted.
func needsOf(path string, dependsOn map[string]string, p *problems) []need {
	var all []need
	for _, name := range slices.Sorted(maps.Keys(dependsOn)) {
		all = append(all, need{name, dependsOn[name], path + ".depends-on." + showKey(name), p})
	}
	return all
}

// nodes gives every process by name, the app among them, and the names in the order of declaration.
func nodes(parts []part) (map[string]node, []string) {
	var main node
	byName, order := map[string]node{}, []string{appName}
	for _, part := range parts {
		main.needs = append(main.needs, needsOf(appName, part.App.DependsOn, part.problems)...)
		main.probed = main.probed || part.App.StartupProbe != nil || part.App.ReadinessProbe != nil
		for i := range part.Sidecars {
			s := &part.Sidecars[i]
			if _, taken := byName[s.Name]; taken || s.Name == "" || s.Name == appName {
				continue
			}
			order = append(order, s.Name)
			byName[s.Name] = node{
				needs:   needsOf(fmt.Sprintf("sidecars[%d]", i), s.DependsOn, part.problems),
				sidecar: s,
				probed:  s.StartupProbe != nil || s.ReadinessProbe != nil,
			}
		}
	}
	byName[appName] = main
	return byName, order
}

// checkDependencies reports what in the parts depends on something in vain. Where there may be more parts, names that nothing has
// are let through.
func checkDependencies(parts []part, more bool) {
	byName, order := nodes(parts)
	for _, name := range order {
		n := byName[name]
		for _, need := range n.needs {
			if target, exists := byName[need.name]; exists {
				checkDependency(need, n, target)
			} else if p := need.problems; !more {
				p.addf("%s: there is no sidecar %s: %s", need.path, showText(need.name), p.suggest(need.name, order))
			}
		}
	}
	for _, cycle := range cycles(byName, order) {
		needs := byName[cycle[0]].needs
		i := slices.IndexFunc(needs, func(n need) bool { return n.name == cycle[1] })
		needs[i].problems.addf("depends-on goes round in a circle, so that nothing in it could start: %s: take one out",
			strings.Join(cycle, " -> "))
	}
}

// checkDependency reports a condition that can't come true.
func checkDependency(need need, n, target node) {
	path, needed, condition, p := need.path, need.name, need.condition, need.problems
	if condition == "ready" && !target.probed {
		p.addf(`%s is "ready", but %s has neither a startup-probe nor a readiness-probe: add one, or write "started"`, path, needed)
	}
	if target.sidecar == nil {
		if condition == "completed" {
			p.addf(`%s is "completed", but once the app has ended nothing else is started: write "started" or "ready"`, path)
		}
		return
	}
	if n.sidecar != nil && !share(n.sidecar.ProcessTypes, target.sidecar.ProcessTypes) {
		p.addf("%s: %s never runs beside %s: give both a process type in common in process-types", path, needed, n.sidecar.Name)
	}
	if condition == "completed" && target.sidecar.Restart == "always" {
		p.addf(`%s is "completed", but %s has restart = "always" and never completes: write restart = "on-failure" or "never"`, path, needed)
	}
}

func share(some, others []string) bool {
	if len(others) < len(some) {
		some, others = others, some
	}
	all := make(map[string]bool, len(others))
	for _, s := range others {
		all[s] = true
	}
	return slices.ContainsFunc(some, func(s string) bool { return all[s] })
}

// cycles gives the names along each cycle of depends-on, the first again at the end; of several that have a name in common, one.
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
