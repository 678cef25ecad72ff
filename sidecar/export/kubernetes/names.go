package kubernetes

import (
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// label makes a name that Kubernetes takes for an object or a container (RFC 1123): no underscores.
func label(name string) string { return strings.ReplaceAll(plan.Slug(name), "_", "-") }

// named returns the name of a Secret or a volume: the label of name, with a digest behind it where that is another one's. What it stands
// for is told by of, such as its path.
func (e *exporter) named(name, of string) string {
	name = label(name)
	if owner, taken := e.owners[name]; taken && owner != of {
		return e.named(name+"-"+plan.Digest(of), of)
	}
	e.owners[name] = of
	return name
}
