package memory_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// supervisor is where it is in every image.
const supervisor = "/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor"

// docker gives what a command of Docker's writes to either output, without the last line's end.
func docker(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*patience)
	defer cancel()
	output, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput()
	text := strings.TrimSuffix(string(output), "\n")
	if err != nil {
		err = fmt.Errorf("docker %s: %w\n%s", strings.Join(args, " "), err, text)
	}
	return text, err
}

func mustDocker(t *testing.T, args ...string) string {
	t.Helper()
	text, err := docker(args...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// container is one that was started.
type container struct {
	t    *testing.T
	name string
}

// run starts a container of the image with options of docker run and, behind --, arguments for the process. It is gone after the test;
// where that fails, what was said by all concerned is shown.
func (i image) run(t *testing.T, options ...string) container {
	t.Helper()
	c := container{t, newName()}
	var args []string
	if at := slices.Index(options, "--"); at >= 0 {
		options, args = options[:at], options[at+1:]
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s\nThe log of %s:\n%s", i.log, c.name, c.logs())
		}
		_, _ = docker("rm", "--force", "--volumes", c.name)
	})
	mustDocker(t, slices.Concat([]string{"run", "--detach", "--name", c.name}, options, []string{i.name}, args)...)
	return c
}

// logs are all that was written so far, both outputs.
func (c container) logs() string {
	text, _ := docker("logs", c.name)
	return text
}

// lines are the log's.
func (c container) lines() []string { return strings.Split(c.logs(), "\n") }

// exec runs a command in the container and gives what it wrote.
func (c container) exec(argv ...string) string {
	c.t.Helper()
	return mustDocker(c.t, append([]string{"exec", c.name}, argv...)...)
}

// ends waits for its end and gives the exit code.
func (c container) ends() int {
	c.t.Helper()
	code, err := strconv.Atoi(mustDocker(c.t, "wait", c.name))
	if err != nil {
		c.t.Fatal(err)
	}
	return code
}

// outOfMemory tells whether the kernel has killed a process of the container because that was full.
func (c container) outOfMemory() bool {
	c.t.Helper()
	return mustDocker(c.t, "inspect", "--format", "{{.State.OOMKilled}}", c.name) == "true"
}

// say matches a container whose log has a line that begins like that.
func say(beginning string) OmegaMatcher {
	return WithTransform(container.lines, ContainElement(HavePrefix(beginning)))
}

// process is one that supervisor ps shows.
type process struct {
	Name, State, LastEnd string
	PID, Restarts        int
	MemoryBytes          int64 // its share
	MemoryUsedBytes      int64
}

// ps asks the supervisor in the container what runs, by name.
func (c container) ps() (map[string]process, error) {
	text, err := docker("exec", c.name, supervisor, "ps", "--json")
	if err != nil {
		return nil, err
	}
	var list []process
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	all := map[string]process{}
	for _, p := range list {
		all[p.Name] = p
	}
	return all, nil
}

// have matches a container in which a process is as described.
func have(name string, description OmegaMatcher) OmegaMatcher {
	return WithTransform(container.ps, HaveKeyWithValue(name, description))
}
