package declare

import (
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Launch is where a classic buildpack of Cloud Foundry's declares processes, and sidecars among them.
const Launch = "launch.yml"

// ParseLaunch reads the sidecars of a launch.yml: the processes with a platforms.cloudfoundry.sidecar_for. If there is none, the result is
// empty. What the file leaves open has the defaults of a sidecar.toml.
func ParseLaunch(text []byte, origin string) (Source, error) {
	p := document.NewProblems(origin, origin)
	doc := document.NewTable(p, document.ReadYAML(text, p), "processes")
	source := Source{Declaration: Declaration{App: appKeys.defaults(), Shared: true}, Origin: origin}
	var tables []*document.Table
	for _, t := range doc.Tables("processes", "write a list of processes") {
		processTypes := sidecarFor(t)
		if len(processTypes) == 0 {
			continue
		}
		title(t, "type")
		s := launched(t)
		s.ProcessTypes = processTypes
		source.Sidecars, tables = add(s, t, "type", source.Sidecars, tables)
	}
	checkNames(source.Sidecars, tables, "type")
	if err := p.Err(); err != nil {
		return Source{}, err
	}
	source.Warnings = p.Warnings()
	return source, nil
}

// launches reports whether a text is surely meant as a launch.yml that declares sidecars. Other tools have files of that name too.
func launches(text []byte) bool {
	p := document.NewProblems("", "")
	doc := document.NewTable(p, document.ReadYAML(text, p), "processes")
	if p.Err() != nil {
		return meant(text, "processes", "sidecar_for")
	}
	return slices.ContainsFunc(doc.Tables("processes", ""), func(t *document.Table) bool {
		platforms, _ := t.Peek("platforms").(map[string]*document.Node)
		cloudFoundry := platforms["cloudfoundry"]
		if cloudFoundry == nil {
			return false
		}
		keys, _ := cloudFoundry.Is.(map[string]*document.Node)
		return keys["sidecar_for"] != nil
	})
}

// sidecarFor returns the process types that a process is a sidecar for.
func sidecarFor(t *document.Table) []string {
	const such = "{ cloudfoundry: { sidecar_for: [web] } }"
	platforms := t.Table("platforms", such)
	if platforms == nil {
		return nil
	}
	cloudFoundry := platforms.Table("cloudfoundry", "{ sidecar_for: [web] }")
	if cloudFoundry == nil {
		return nil
	}
	checkTypes(cloudFoundry, "sidecar_for")
	return cloudFoundry.Texts("sidecar_for")
}

// launched reads a process that is a sidecar.
func launched(t *document.Table) Sidecar {
	s := sidecarKeys.defaults()
	s.Name, s.Command = t.Text("type", ""), shellCommand(t)
	if blank(t, "type") {
		t.Reportf("type", "%s is missing: it is the sidecar's name", t.Path("type"))
	}
	if limits := t.Table("limits", "{ memory: 64 }"); limits != nil {
		s.Memory = megabytes(limits)
		dropped(limits)
	}
	dropped(t)
	return s
}

// megabytes reads a whole number of them; 0 is none of its own, as if it weren't there.
func megabytes(t *document.Table) plan.Size {
	v := t.Value("memory")
	n, whole := v.(int64)
	if v != nil && (!whole || n < 0 || n > maxMegabytes) {
		t.Refuse("memory", "write whole megabytes as a number, such as 64")
		return 0
	}
	return plan.Size(n) * plan.M
}
