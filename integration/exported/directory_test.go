package exported_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// elsewhere is a buildpack whose process type web has a directory and a variable of its own, and that has a worker.
var elsewhere = lab.Files{
	"buildpack.toml": "api = \"0.10\"\n[buildpack]\nid = \"lab/elsewhere\"\nversion = \"1.0.0\"\n[[targets]]\nos = \"linux\"\n",
	"bin/detect":     "#!/bin/sh\n",
	"bin/build": `#!/bin/bash
set -eu
cat >"$CNB_LAYERS_DIR/launch.toml" <<'TOML'
[[processes]]
type = "web"
command = ["sh", "-c", "echo MODE is $MODE in $PWD; exec /workspace/child serve 3"]
working-dir = "/tmp"
default = true
[[processes]]
type = "worker"
command = ["echo", "this is the worker of the app"]
TOML
mkdir -p "$CNB_LAYERS_DIR/mode/env.launch/web"
printf fast >"$CNB_LAYERS_DIR/mode/env.launch/web/MODE.override"
printf '[types]\nlaunch = true\n' >"$CNB_LAYERS_DIR/mode.toml"
`,
}

// TestAllStartAsInTheImage has Compose start what needs more than a command: a directory, and variables of a process type alone.
func TestAllStartAsInTheImage(t *testing.T) {
	lab.Require(t, lab.Docker, lab.Tool(dockerCompose, "scripts/tools docker-compose"))
	const here = "#!/bin/sh\necho \"$@ in $PWD\"\nexec /workspace/child serve 0\n"
	pause := lab.Pack(t, lab.Files{"app": lab.Child, "deeds": "serve 0"}, lab.OnTiny...)
	image := lab.Pack(t, lab.Files{"child": lab.Child, "conf/agent": here, "agent": here, "sidecar.toml": `
[[sidecars]]
name = "agent"
command = ["./agent", "$(PORT)"]
working-dir = "conf"
env = { PORT = "9000" }
[[sidecars]]
name = "worker"
command = ["./agent", "a sidecar called worker"]
`}, "--buildpack", lab.Make(t, elsewhere), "--buildpack", lab.Buildpack)
	c := compose(t, image, pause)
	text, err := c.do("up", "--detach")
	must(t, text, err)
	NewWithT(t).Eventually(c.happened).Should(ConsistOf(
		"agent: 9000 in /workspace/conf", "worker: a sidecar called worker in /workspace", "web: MODE is fast in /tmp"))
}
