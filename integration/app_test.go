package integration_test

import (
	"testing"

	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// Images that several behaviours are shown on.
var (
	rubyImage     = lab.Share(lab.Sample("ruby"))
	rubyTOMLImage = lab.Share(lab.Sample("ruby-toml"))
	goImage       = lab.Share(lab.Sample("go"), lab.OnTiny...)
	besideImage   = lab.Share(beside)
	besideOnTiny  = lab.Share(beside, lab.OnTiny...)
)

// beside is an app that does what the arguments of docker run say, with a sidecar that stops when told.
var beside = lab.Files{"app": lab.Child, "child": lab.Child, "sidecar.toml": bystander}

const bystander = `[[sidecars]]
name = "bystander"
command = ["./child", "say", "up", "serve", "3"]
`

// onBothImages has a behaviour shown on a run image with a shell and on one without.
func onBothImages(t *testing.T, when spec.G, it spec.S, behaviour string, show func(lab.Image)) {
	it(behaviour, func() { show(besideImage(t)) })
	when("there is no shell", func() {
		it(behaviour, func() { show(besideOnTiny(t)) })
	})
}
