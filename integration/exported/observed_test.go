package exported_test

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// finalizer keeps a pod's status until the test has read it.
const finalizer = "sidecar-buildpack.test/hold"

// hold keeps the workload's pod when it is deleted, until the test ends.
func (w workload) hold() {
	w.t.Helper()
	var name string
	for name == "" {
		pod, err := w.pod()
		must(w.t, "", err)
		name = pod.Name
	}
	// Others' finalizers stay: a job whose pod has lost its own starts another.
	patch := func(key string) (string, error) {
		return kubectl("patch", "pod", name, "--type", "strategic", "--patch", `{"metadata": {"`+key+`": ["`+finalizer+`"]}}`)
	}
	text, err := patch("finalizers")
	must(w.t, text, err)
	w.t.Cleanup(func() { _, _ = patch("$deleteFromPrimitiveList/finalizers") })
}

// delete ends the workload as its owner does, with all the grace that was declared.
func (w workload) delete() {
	w.t.Helper()
	text, err := kubectl("delete", "deployment", w.name)
	must(w.t, text, err)
}

// kill kills the first process of a container from outside; inside nobody can.
func (w workload) kill(container string) {
	w.t.Helper()
	all, err := w.statuses()
	must(w.t, "", err)
	id := strings.TrimPrefix(all[container].ContainerID, "containerd://")
	for line := range strings.Lines(lab.Must(w.t, "ctr", "-a", dir+"/containerd.sock", "-n", "k8s.io", "task", "ls")) {
		if fields := strings.Fields(line); fields[0] == id {
			pid, err := strconv.Atoi(fields[1])
			must(w.t, "", err)
			must(w.t, "", syscall.Kill(pid, syscall.SIGKILL))
			return
		}
	}
	w.t.Fatalf("container %s (%s) has no task", container, id)
}

// follow keeps the logs of all containers, however often they start, from the node's own files. What it returns says what has happened.
func (w workload) follow() func() []string {
	files, done, ended := map[string]*os.File{}, make(chan struct{}), make(chan struct{})
	look := func() {
		found, _ := filepath.Glob(filepath.Join(dir, "podlogs", "default_"+w.name+"-*", "*", "*.log"))
		for _, path := range found {
			if files[path] == nil {
				files[path], _ = os.Open(path)
			}
		}
	}
	go func() {
		defer close(ended)
		often := time.NewTicker(20 * time.Millisecond) // the kubelet removes them with the container
		defer often.Stop()
		for {
			select {
			case <-done:
				return
			case <-often.C:
				look()
			}
		}
	}()
	stop := func() {
		select {
		case <-done:
		default:
			close(done)
		}
		<-ended
	}
	w.t.Cleanup(stop)
	return func() []string {
		stop()
		look()
		return inOrder(w.t, contents(w.t, files))
	}
}

// contents returns the text of all files by their directories' names, with each line as TIME TEXT.
func contents(t *testing.T, files map[string]*os.File) map[string]string {
	t.Helper()
	all := map[string]string{}
	for path, file := range files {
		text, err := io.ReadAll(file)
		must(t, "", err)
		must(t, "", file.Close())
		container := filepath.Base(filepath.Dir(path))
		for line := range strings.Lines(string(text)) {
			fields := strings.SplitN(line, " ", 4) // TIME STREAM TAG TEXT
			all[container] += fields[0] + " " + fields[3]
		}
	}
	return all
}

// inOrder returns what all logs say, by the time that stands before each line. The logs are by their containers' names.
func inOrder(t *testing.T, logs map[string]string) (happened []string) {
	t.Helper()
	type line struct {
		at   time.Time
		text string
	}
	var lines []line
	for container, log := range logs {
		for l := range strings.Lines(log) {
			stamp, text, _ := strings.Cut(l, " ")
			at, err := time.Parse(time.RFC3339Nano, stamp)
			must(t, "", err)
			for _, happening := range happenings(container, text) {
				lines = append(lines, line{at, happening})
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	for _, l := range lines {
		happened = append(happened, l.text)
	}
	return happened
}
