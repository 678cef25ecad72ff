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

// check reports what is wrong between sidecars, and with what every source of sidecars has: names and process types.
func check(d Declaration, p *problems) {
	names := map[string]int{}
	slugs := map[string]int{}
	for i, s := range d.Sidecars {
		checkName(i, s.Name, p)
		checkTypes(i, s.ProcessTypes, p)
		if s.Name == "" {
			continue
		}
		slug := Slug(s.Name)
		if first, taken := names[s.Name]; taken {
			p.addf("sidecars[%d].name is %s, the name of sidecars[%d] too: rename one", i, showText(s.Name), first)
		} else if first, taken := slugs[slug]; taken {
			p.addf("sidecars[%d].name is %s and sidecars[%d].name is %s, which both become %q in file names: rename one",
				i, showText(s.Name), first, showText(d.Sidecars[first].Name), slug)
		} else {
			names[s.Name], slugs[slug] = i, i
		}
	}
	checkDependencies(d, p)
}

func checkName(i int, name string, p *problems) {
	path := fmt.Sprintf("sidecars[%d].name", i)
	switch {
	case name == "":
	case utf8.RuneCountInString(name) > mostName:
		p.refuseAt(path, name, "it is too long, write at most %d characters", mostName)
	case strings.ContainsFunc(name, unicode.IsControl):
		p.refuseAt(path, name, "it can't hold line ends or other control characters")
	case Slug(name) == "":
		p.refuseAt(path, name, "write at least one letter from a to z or a digit, since files are named after it")
	case Slug(name) == appName:
		p.refuseAt(path, name, "that is the main process's name, choose another")
	}
}

func checkTypes(i int, types []string, p *problems) {
	for j, typ := range types {
		if !processType.MatchString(typ) {
			path := fmt.Sprintf("sidecars[%d].process-types[%d]", i, j)
			p.refuseAt(path, typ, "a process type has only letters, digits, dots, underscores and hyphens")
		}
	}
}

// node is a process as something to depend on.
type node struct {
	path      string
	dependsOn map[string]string
	sidecar   *Sidecar // nil for the app
	probed    bool
}

// nodes gives every process by name, the app among them, and the names in the order of declaration.
func nodes(d Declaration) (map[string]node, []string) {
	byName := map[string]node{appName: {
		path: appName, dependsOn: d.App.DependsOn, probed: d.App.StartupProbe != nil || d.App.ReadinessProbe != nil,
	}}
	order := []string{appName}
	for i := range d.Sidecars {
		s := &d.Sidecars[i]
		if _, taken := byName[s.Name]; taken || s.Name == "" {
			continue
		}
		order = append(order, s.Name)
		byName[s.Name] = node{
			path: fmt.Sprintf("sidecars[%d]", i), dependsOn: s.DependsOn, sidecar: s, probed: s.StartupProbe != nil || s.ReadinessProbe != nil,
		}
	}
	return byName, order
}

func checkDependencies(d Declaration, p *problems) {
	byName, order := nodes(d)
	for _, name := range order {
		n := byName[name]
		for _, needed := range slices.Sorted(maps.Keys(n.dependsOn)) {
			path := n.path + ".depends-on." + showKey(needed)
			if target, exists := byName[needed]; exists {
				checkDependency(path, n, target, needed, p)
			} else {
				p.addf("%s: there is no sidecar %s: %s", path, showText(needed), suggest(needed, order))
			}
		}
	}
	for _, cycle := range cycles(byName, order) {
		p.addf("depends-on goes round in a circle, so that nothing in it could start: %s: take one out", strings.Join(cycle, " -> "))
	}
}

// checkDependency reports a condition that can't come true.
func checkDependency(path string, n, target node, needed string, p *problems) {
	condition := n.dependsOn[needed]
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
		for _, needed := range slices.Sorted(maps.Keys(byName[name].dependsOn)) {
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
