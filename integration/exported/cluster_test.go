package exported_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func TestMain(m *testing.M) { lab.Main(m) }

// dir is where scripts/lab-kubernetes keeps the node.
var dir = lab.Path("build", "lab", "kubernetes")

// requireCluster skips a test where no node runs. With REQUIRE_KUBERNETES nothing may be left out.
func requireCluster(t *testing.T) {
	t.Helper()
	_, err := kubectl("get", "--raw", "/readyz")
	switch {
	case err == nil:
	case os.Getenv("REQUIRE_KUBERNETES") != "":
		t.Fatal(err)
	default:
		t.Skipf("left out: make lab-kubernetes comes first: %v", err)
	}
}

func kubectl(args ...string) (string, error) {
	return output(exec.Command(lab.Path("build", "lab", "bin", "kubectl"), append([]string{"--kubeconfig", dir + "/kubeconfig"}, args...)...))
}

// output returns what a command writes to its standard output. What it writes beside that is a part of its error.
func output(command *exec.Cmd) (string, error) {
	text, err := command.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = errors.New(strings.Join(command.Args, " ") + ": " + err.Error() + "\n" + string(failed.Stderr))
	}
	return string(text), err
}

func must(t *testing.T, text string, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// load gives an image to the node and returns the name that it has there.
func load(t *testing.T, image lab.Image) string {
	t.Helper()
	save := exec.Command("docker", "save", image.Name)
	take := exec.Command("ctr", "-a", dir+"/containerd.sock", "-n", "k8s.io", "images", "import", "--snapshotter", "native", "-")
	pipe, err := save.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	take.Stdin = pipe
	if err := save.Start(); err != nil {
		t.Fatal(err)
	}
	if said, err := take.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if err := save.Wait(); err != nil {
		t.Fatal(err)
	}
	return "docker.io/library/" + image.Name + ":latest"
}

// workload is one that was exported and applied.
type workload struct {
	t    *testing.T
	name string
}

// deploy exports an image alone, makes the Secrets that it needs of files in a directory, and applies what comes of it.
// All of it is gone after the test.
func deploy(t *testing.T, image, name, files string, options ...string) workload {
	t.Helper()
	args := append([]string{"export", "kubernetes", "--image", image, "--name", name, "--pull-never", "--kubernetes", "1.36"}, options...)
	text, err := output(exec.Command(lab.Path("build", "bin", "sidecar"), args...))
	manifest := must(t, text, err)
	makeSecrets(t, manifest, files)
	apply := exec.Command(lab.Path("build", "lab", "bin", "kubectl"), "--kubeconfig", dir+"/kubeconfig",
		"apply", "--validate=strict", "-f", "-")
	apply.Stdin = strings.NewReader(manifest)
	t.Cleanup(func() {
		if t.Failed() {
			said, _ := kubectl("describe", "pods", "-l", "app.kubernetes.io/name="+name)
			t.Logf("%s\n%s", manifest, said)
		}
		_, _ = kubectl("delete", "deployments,jobs", name, "--ignore-not-found", "--grace-period", "1")
	})
	if said, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, said, manifest)
	}
	return workload{t, name}
}

// makeSecrets runs the commands that a manifest says it needs.
func makeSecrets(t *testing.T, manifest, files string) {
	t.Helper()
	for line := range strings.Lines(manifest) {
		need, isNeed := strings.CutPrefix(line, "# needs: Secret ")
		name, command, _ := strings.Cut(need, ": kubectl ")
		if !isNeed {
			continue
		}
		create := exec.Command(lab.Path("build", "lab", "bin", "kubectl"), append([]string{"--kubeconfig", dir + "/kubeconfig"},
			strings.Fields(command)...)...)
		create.Dir = files
		t.Cleanup(func() { _, _ = kubectl("delete", "secret", name) })
		text, err := output(create)
		must(t, text, err)
	}
}

// pod returns the workload's pod; empty where there is none yet.
func (w workload) pod() (core.Pod, error) {
	text, err := kubectl("get", "pods", "-l", "app.kubernetes.io/name="+w.name, "-o", "json")
	var list core.PodList
	if err == nil {
		err = json.Unmarshal([]byte(text), &list)
	}
	if err != nil || len(list.Items) == 0 {
		return core.Pod{}, err
	}
	return list.Items[0], nil
}

// statuses returns the states of all containers by their names.
func (w workload) statuses() (map[string]core.ContainerStatus, error) {
	pod, err := w.pod()
	all := map[string]core.ContainerStatus{}
	for _, s := range append(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses...) {
		all[s.Name] = s
	}
	return all, err
}

// exec runs a command in one of the pod's containers.
func (w workload) exec(container string, argv ...string) (string, error) {
	pod, err := w.pod()
	if err != nil {
		return "", err
	}
	return kubectl(append([]string{"exec", pod.Name, "-c", container, "--"}, argv...)...)
}
