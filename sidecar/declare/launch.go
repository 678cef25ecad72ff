package declare

import (
	"fmt"

	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
)

// Launch is where a classic buildpack of Cloud Foundry's declares processes, and sidecars among them.
const Launch = "launch.yml"

// ParseLaunch reads the sidecars of a launch.yml: the processes with a platforms.cloudfoundry.sidecar_for. Without one there are none,
// which is no error. What the file leaves open has the defaults of a sidecar.toml.
func ParseLaunch(text []byte, origin string) (Source, error) {
	m := manifest{table: &table{problems: &problems{origin: origin}}}
	document, err := parseYAML(text, m.problems, "processes")
	if err != nil {
		return Source{}, fmt.Errorf("%s: not a %s: %w", origin, Launch, err)
	}
	source := Source{Declaration: Declaration{App: App{Logs: "raw"}}, Origin: origin}
	var places []place
	for _, t := range document.tables("processes", "write a list of processes") {
		platforms, processTypes := sidecarFor(t)
		if len(processTypes) == 0 {
			continue
		}
		s := m.launched(t)
		s.ProcessTypes = processTypes
		at := place{t.at("type"), platforms.at("sidecar_for")}
		source.Sidecars, places = m.add(s, at, source.Sidecars, places)
	}
	checkNames(source.Sidecars, places, m.problems)
	if err := m.err(); err != nil {
		return Source{}, err
	}
	source.Warnings = m.warnings
	return source, nil
}

// sidecarFor gives the process types that a process is a sidecar for, and the table where they stand.
func sidecarFor(t *table) (*table, []string) {
	platforms := t.table("platforms")
	if platforms == nil {
		return nil, nil
	}
	cloudFoundry := platforms.table("cloudfoundry")
	if cloudFoundry == nil {
		return nil, nil
	}
	return cloudFoundry, cloudFoundry.texts("sidecar_for")
}

// launched reads a process that is a sidecar.
func (m *manifest) launched(t *table) Sidecar {
	s := plain()
	s.Name, s.Command = t.text("type", ""), m.command(t)
	if blank(t, "type") {
		m.addf("%s is missing: it is the sidecar's name", t.at("type"))
	}
	if limits := t.table("limits"); limits != nil {
		s.Memory = megabytes(limits)
		m.dropped(limits)
	}
	m.dropped(t)
	return s
}

// megabytes reads a whole number of them; 0 is none of its own, as if it weren't there.
func megabytes(t *table) memory.Size {
	v, ok := t.value("memory")
	n, whole := v.(int)
	if ok && (!whole || n < 0 || n > mostMegabytes) {
		t.refuse("memory", "write whole megabytes as a number, such as 64")
		return 0
	}
	return memory.Size(n) * memory.M
}
