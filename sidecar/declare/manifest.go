package declare

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
)

// mostCommand is Cloud Foundry's bound for a sidecar's command.
const mostCommand = 4096

// ParseManifest reads the sidecars of one application of a Cloud Foundry manifest, and its env, by Cloud Foundry's own rules and in
// its own words; what those leave open has the defaults of a sidecar.toml. Where application is empty, it is the only one that has
// sidecars; no such one is no error and no sidecars. Warnings are of what Cloud Foundry passes over in silence.
func ParseManifest(text []byte, origin, application string) (Declaration, []string, error) {
	p := &problems{origin: origin}
	document, err := parseYAML(text, p, "applications")
	if err != nil {
		return Declaration{}, nil, fmt.Errorf("%s: not a manifest: %w", origin, err)
	}
	applications := document.tables("applications", "write a list of applications")
	if err = p.err(); err != nil {
		return Declaration{}, nil, err
	}
	chosen, err := chooseApplication(applications, application)
	if err != nil {
		return Declaration{}, nil, fmt.Errorf("%s: %w", origin, err)
	}
	if chosen == nil {
		return Declaration{App: App{Logs: "raw"}}, nil, nil
	}
	p.origin = fmt.Sprintf("%s: For application '%s'", origin, applicationName(chosen))
	m := manifest{table: &table{problems: p, values: chosen.values}}
	d := m.declaration()
	if err := p.err(); err != nil {
		return Declaration{}, m.warnings, err
	}
	return d, m.warnings, nil
}

// chooseApplication gives the application that was named, else the only one with sidecars, nil where none has any.
func chooseApplication(applications []*table, name string) (*table, error) {
	var all, withSidecars []string
	var only *table
	for _, t := range applications {
		n := applicationName(t)
		if n == name && name != "" {
			return t, nil
		}
		all = append(all, n)
		if t.has("sidecars") {
			withSidecars = append(withSidecars, n)
			only = t
		}
	}
	switch {
	case name != "":
		return nil, fmt.Errorf("there is no application %q, which %s names: there are %s", name, ApplicationVariable, strings.Join(all, ", "))
	case len(withSidecars) > 1:
		return nil, fmt.Errorf("several applications have sidecars: set %s to one of %s", ApplicationVariable, strings.Join(withSidecars, ", "))
	default:
		return only, nil
	}
}

func applicationName(t *table) string {
	name, _ := t.values["name"].(string)
	return name
}

// manifest reads one application of a manifest.
type manifest struct {
	*table
	warnings []string
}

func (m *manifest) warnf(format string, args ...any) {
	m.warnings = append(m.warnings, fmt.Sprintf("%s: "+format, append([]any{m.origin}, args...)...))
}

func (m *manifest) declaration() Declaration {
	d := Declaration{Env: m.env(), App: App{Logs: "raw"}}
	var places []place
	for _, t := range m.tables("sidecars", "Sidecars must be an array of sidecar configurations") {
		d.Sidecars, places = m.add(m.sidecar(t), place{t.at("name"), t.at("process_types")}, d.Sidecars, places)
	}
	m.checkSums(d.Sidecars)
	if len(m.errs) == 0 {
		checkNames(d.Sidecars, places, m.problems)
	}
	return d
}

// add puts a sidecar to the others, in the place of one of its name.
func (m *manifest) add(s Sidecar, at place, all []Sidecar, places []place) ([]Sidecar, []place) {
	i := slices.IndexFunc(all, func(other Sidecar) bool { return other.Name == s.Name })
	if i < 0 || s.Name == "" {
		return append(all, s), append(places, at)
	}
	m.warnf("Sidecar %q is there twice: the last one counts, as in Cloud Foundry", s.Name)
	all[i], places[i] = s, at
	return all, places
}

// sidecar reads the four keys that a manifest's sidecar has.
func (m *manifest) sidecar(t *table) Sidecar {
	s := plain()
	s.Name, s.ProcessTypes, s.Command, s.Memory = t.text("name", ""), t.texts("process_types"), m.command(t), m.size(t)
	switch {
	case blank(t, "name"):
		m.addf("%s: Sidecar name can't be blank", t.path)
	case utf8.RuneCountInString(s.Name) > mostName:
		m.addf("Sidecar %s: Name is too long (maximum is %d characters)", showText(s.Name), mostName)
	}
	if list, ok := t.values["process_types"].([]any); !t.has("process_types") || ok && len(list) == 0 {
		m.addf("%s: Process types must have at least 1 process_type", title(t))
	}
	m.filledIn(t.at("name"), s.Name)
	for _, processType := range s.ProcessTypes {
		m.filledIn(t.at("process_types"), processType)
	}
	m.dropped(t)
	return s
}

// plain is a sidecar with the defaults for all that Cloud Foundry doesn't know of.
func plain() Sidecar {
	return Sidecar{
		InheritEnv:             Names{Everything},
		Restart:                "never",
		MaxRestarts:            5,
		RestartWindowSeconds:   60,
		Essential:              true,
		StopSignal:             "SIGTERM",
		StopGracePeriodSeconds: 5,
		Logs:                   "prefix",
	}
}

// title is what Cloud Foundry's messages call a sidecar; one without a name is where it stands.
func title(t *table) string {
	if blank(t, "name") {
		return t.path
	}
	return "Sidecar " + show(t.values["name"])
}

// blank tells whether there is nothing to read under key, or text with nothing in it.
func blank(t *table, key string) bool {
	s, isText := t.values[key].(string)
	return !t.has(key) || isText && strings.TrimSpace(s) == ""
}

func (m *manifest) command(t *table) Command {
	text := t.text("command", "")
	switch {
	case blank(t, "command"):
		m.addf("%s: Command can't be blank", title(t))
		return nil
	case utf8.RuneCountInString(text) > mostCommand:
		m.addf("%s: Command is too long (maximum is %d characters)", title(t), mostCommand)
		return nil
	}
	m.filledIn(t.at("command"), text)
	argv, err := SplitCommand(text)
	if err != nil {
		t.refuse("command", "%v", err)
	}
	return argv
}

// dropped warns of keys that Cloud Foundry doesn't know.
func (m *manifest) dropped(t *table) {
	for _, key := range t.unasked() {
		m.warnf("%s: Cloud Foundry drops the key %s: %s", title(t), showKey(key), t.suggest(key, t.known))
	}
}

// size reads memory as Cloud Foundry does for a sidecar: whole megabytes, which is also what a bare number means.
func (m *manifest) size(t *table) memory.Size {
	v, ok := t.value("memory")
	if !ok {
		return 0
	}
	var size memory.Size
	switch v := v.(type) {
	case int:
		size = memory.Size(min(max(v, 0), mostMegabytes)) * memory.M
	case string:
		if !m.filledIn(t.at("memory"), v) {
			return 0
		}
		size, _ = memory.ParseSize(v) // what it says is of bytes; what counts here are megabytes
	}
	size -= size % memory.M
	if size == 0 {
		t.refuse("memory", `Memory in mb is not a number more than 0: write whole megabytes, such as 64M`)
	}
	return size
}

const mostMegabytes = 1 << 40 // so that their bytes fit

// env reads the application's variables. Cloud Foundry makes text of every value. One that cf push would fill in has no value yet:
// whoever runs the image sets it.
func (m *manifest) env() map[string]string {
	vars := m.table.table("env")
	if vars == nil || len(vars.values) == 0 {
		return nil
	}
	texts := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(vars.values)) {
		text := envText(vars.values[name])
		if variable.MatchString(text) {
			m.warnf("%s is %s, which cf push would fill in: it has no default in the image", vars.at(name), showText(text))
			continue
		}
		if !validVariable(name, text) {
			vars.refuse(name, "a variable's name can't be empty or hold =, and neither it nor its value a NUL")
		}
		texts[name] = text
	}
	return texts
}

func envText(v any) string {
	switch v.(type) {
	case nil:
		return ""
	case []any, map[string]any:
		if text, err := json.Marshal(v); err == nil {
			return string(text)
		}
	}
	return fmt.Sprint(v)
}

// checkSums reports sidecars that leave their process nothing of its memory.
func (m *manifest) checkSums(sidecars []Sidecar) {
	sizes := m.processMemory()
	for _, processType := range slices.Sorted(maps.Keys(sizes)) {
		rest := sizes[processType]
		for _, s := range sidecars {
			if rest > 0 && slices.Contains(s.ProcessTypes, processType) {
				rest -= s.Memory
			}
		}
		if rest <= 0 {
			m.addf("The memory allocation defined is too large to run with the dependent %q process, which has %s: "+
				"give it more, or its sidecars less", processType, sizes[processType])
		}
	}
}

// processMemory gives the memory of the process types for which the manifest says it: the application's own is web's, unless
// processes has a web with its own.
func (m *manifest) processMemory() map[string]memory.Size {
	sizes := map[string]memory.Size{}
	tables := append([]*table{m.table}, m.tables("processes", "Processes must be an array of process configurations")...)
	for _, t := range tables {
		processType := t.text("type", "web")
		delete(sizes, processType)
		text, _ := t.values["memory"].(string)
		if !t.has("memory") || variable.MatchString(text) {
			continue // unknown here; Cloud Foundry checks the sum itself
		}
		size, err := memory.ParseSize(text)
		if err != nil {
			t.refuse("memory", "Memory must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB")
			continue
		}
		sizes[processType] = size - size%memory.M
	}
	return sizes
}

// variable is what the cf command line fills in before it sends a manifest.
var variable = regexp.MustCompile(`\(\(!?[-/.\w\pL]+\)\)`)

// filledIn tells whether text has no variable that is still to be filled in, and reports it otherwise.
func (m *manifest) filledIn(path, text string) bool {
	v := variable.FindString(text)
	if v != "" {
		m.refuseAt(path, text, "%s is filled in by cf push, a build can't: write its value, or declare the sidecars in %s", v, File)
	}
	return v == ""
}
