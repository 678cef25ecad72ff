package exported_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// dockerCompose is Compose as a program of its own.
var dockerCompose = lab.Path("build", "lab", "bin", "docker-compose")

// composed is a project of Compose's.
type composed struct {
	t          *testing.T
	name, file string
}

// compose exports an image; pause is one whose command never ends, and owns the network. What is made of that is gone after the test.
func compose(t *testing.T, image, pause lab.Image) composed {
	t.Helper()
	text, err := output(exec.Command(lab.Path("build", "bin", "sidecar"), "export", "compose", "--image", image.Name, "--name", image.Name,
		"--pause-image", pause.Name))
	c := composed{t, image.Name, filepath.Join(t.TempDir(), "compose.yaml")}
	if err := os.WriteFile(c.file, []byte(must(t, text, err)), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			all, _ := c.do("logs", "--timestamps")
			t.Logf("%s\n%s", text, all)
		}
		_, _ = c.do("down", "--timeout", "1")
	})
	return c
}

// do runs docker-compose for the project.
func (c composed) do(args ...string) (string, error) {
	compose := []string{dockerCompose, "--ansi", "never", "--project-name", c.name, "--file", c.file}
	return lab.Try(append(compose, args...)...)
}

// happened returns what the containers have written, but for the network's owner.
func (c composed) happened() []string {
	all := map[string]string{}
	for _, service := range strings.Fields(lab.Must(c.t, "docker", "ps", "--all", "--filter", "label=com.docker.compose.project="+c.name,
		"--format", `{{.Label "com.docker.compose.service"}}`)) {
		if service == "network" {
			continue
		}
		text, err := lab.Try("docker", "logs", "--timestamps", c.container(service))
		all[service] = must(c.t, text, err)
	}
	return inOrder(c.t, all)
}

func (c composed) container(service string) string { return fmt.Sprintf("%s-%s-1", c.name, service) }

func (c composed) inspect(service, template string) string {
	return lab.Must(c.t, "docker", "inspect", "--format", template, c.container(service))
}

// withCompose does with Compose what inContainer does.
func withCompose(t *testing.T, d declared, image, pause lab.Image) {
	lab.Require(t, lab.Tool(dockerCompose, "scripts/tools docker-compose"))
	g := NewWithT(t)
	c := compose(t, image, pause)
	text, err := c.do("up", "--detach")
	var failed *exec.ExitError
	if err != nil && !(d.isJob() && errors.As(err, &failed)) { // a job may have failed by then
		t.Fatalf("%v: %s", err, text)
	}
	if !d.isJob() {
		g.Eventually(c.happened).Should(ContainElement("web: up"))
		if d.restart != "" {
			pid, err := strconv.Atoi(c.inspect(d.restart, "{{.State.Pid}}"))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(syscall.Kill(pid, syscall.SIGKILL)).To(Succeed()) // docker kill would keep it from starting again
			g.Eventually(func() string { return c.inspect(d.restart, "{{.RestartCount}} {{.State.Health.Status}}") }).Should(Equal("1 healthy"))
		}
	}
	if d.isJob() {
		g.Eventually(func() string { return c.inspect("web", "{{.State.Status}}") }).Should(Equal("exited"))
	}
	text, err = c.do("stop")
	must(t, text, err)
	g.Expect(c.inspect("web", "{{.State.ExitCode}}")).To(Equal(strconv.Itoa(d.status)))
	g.Expect(c.happened()).To(Equal(d.happens))
}
