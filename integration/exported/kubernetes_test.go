// Package exported_test shows what becomes of an image that is exported: on a real Kubernetes node, and with the real Compose.
package exported_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// files are an app with an essential sidecar that it waits for.
var files = lab.Files{"app": lab.Child, "child": lab.Child, "deeds": serving, "sidecar.toml": `app.depends-on = { agent = "ready" }
[[sidecars]]
name = "agent"
command = "./child say up listen 9000 serve 0"
memory = "32M"
readiness-probe.tcp-socket.port = 9000
`}

// limit is how long a pod may take: the node copies an image for each container.
const limit = "4m"

// ready matches a workload whose containers are all ready.
func ready(containers ...string) OmegaMatcher {
	var all []OmegaMatcher
	for _, name := range containers {
		all = append(all, HaveKeyWithValue(name, HaveField("Ready", true)))
	}
	return WithTransform(workload.statuses, And(all...))
}

func TestOnKubernetes(t *testing.T) {
	lab.Require(t, lab.Docker)
	requireCluster(t)
	image := load(t, lab.Build(t, files, lab.OnTiny...))

	t.Run("one container keeps one fate, and kubectl describe names the culprit", func(t *testing.T) {
		g := NewWithT(t)
		w := deploy(t, image, "fate-one", "", "--memory", "256M", "--port", "8080")
		g.Eventually(w, limit).Should(ready("web"))
		text, err := w.exec("web", lab.Supervisor, "ps", "--json")
		g.Expect(err).NotTo(HaveOccurred())
		var processes []lab.Process
		g.Expect(json.Unmarshal([]byte(text), &processes)).To(Succeed())
		at := slices.IndexFunc(processes, func(p lab.Process) bool { return p.Name == "agent" })
		_, _ = w.exec("web", "/workspace/child", "kill", strconv.Itoa(processes[at].PID), "9", "exit", "0") // which may end with the container
		g.Eventually(w, limit).Should(WithTransform(workload.statuses, HaveKeyWithValue("web", And(
			HaveField("RestartCount", BeEquivalentTo(1)),
			HaveField("LastTerminationState.Terminated.ExitCode", BeEquivalentTo(137)),
			HaveField("LastTerminationState.Terminated.Message", And(ContainSubstring("agent"), ContainSubstring("SIGKILL"))),
		))))
		g.Expect(kubectl("describe", "pods", "-l", "app.kubernetes.io/name="+w.name)).To(
			ContainSubstring(`sidecar "agent" was killed by SIGKILL`))
		g.Eventually(w, limit).Should(ready("web"))
	})

	t.Run("a container each has the memory that it was given", func(t *testing.T) {
		g := NewWithT(t)
		w := deploy(t, image, "split", "", "--memory", "256M", "--shape", "split", "--fate", "restart-all")
		g.Eventually(w, limit).Should(ready("agent", "web"))
		for name, bytes := range map[string]int{"agent": 32 << 20, "web": 224 << 20} {
			g.Expect(w.exec(name, "/workspace/child", "memory", "exit", "0")).To(Equal(fmt.Sprintln(bytes)), name)
		}
	})

	t.Run("the app follows an essential sidecar of a container of its own", func(t *testing.T) {
		g := NewWithT(t)
		w := deploy(t, load(t, lab.Build(t, files)), "token", "", "--shape", "split") // the token needs a shell
		g.Eventually(w, limit).Should(ready("agent", "web"))
		w.kill("agent")
		g.Eventually(w, limit).Should(WithTransform(workload.statuses, HaveKeyWithValue("web", HaveField("RestartCount", BeEquivalentTo(1)))))
		g.Eventually(w, limit).Should(ready("agent", "web"))
	})
}
