package integration_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

var inPodImage = lab.Share(lab.Files{"app": lab.Child, "child": lab.Child, "sidecar.toml": bystander + "memory = \"32M\"\n"}, lab.OnTiny...)

// The containers of a Pod share a network namespace and, with shareProcessNamespace, a PID namespace.
func testPod(t *testing.T, _ spec.G, it spec.S) {
	const M = 1 << 20

	it("has each container's supervisor know its own limit and answer at its own socket", func() {
		Expect, Eventually := NewWithT(t).Expect, NewWithT(t).Eventually
		image := inPodImage(t)
		first := image.Run(t, "--memory", "200m")
		Eventually(first).Should(lab.Say("the app is up"))
		second := lab.Container{Name: lab.Name()}
		t.Cleanup(func() { _, _ = lab.Try("docker", "rm", "--force", second.Name) })
		lab.Must(t, "docker", "run", "--detach", "--name", second.Name, "--pid", "container:"+first.Name, "--network", "container:"+first.Name,
			"--memory", "300m", image.Name, "say", "the second is up", "serve", "0")
		Eventually(second).Should(lab.Say("the second is up"))
		apps := map[int]bool{}
		for _, in := range []struct {
			container lab.Container
			memory    int64
		}{{first, 200}, {second, 300}} {
			processes, err := in.container.PS()
			Expect(err).NotTo(HaveOccurred())
			Expect(processes["app"].MemoryBytes).To(BeEquivalentTo((in.memory - 32) * M))
			apps[processes["app"].PID] = true
			answer, err := lab.Try("docker", "exec", in.container.Name, lab.Supervisor, "restart", "bystander")
			Expect(err).NotTo(HaveOccurred(), answer)
		}
		Expect(apps).To(HaveLen(2))
		for _, container := range []lab.Container{first, second} {
			processes, err := container.PS()
			Expect(err).NotTo(HaveOccurred())
			Expect(processes["bystander"].Restarts).To(Equal(1))
		}
	})
}
