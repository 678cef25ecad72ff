// Package laptop_test holds "sidecar run" to what happens in an image.
package laptop_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/creack/pty"
	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func TestMain(m *testing.M) { lab.Main(m) }

// chain has a start and a stop in which nothing happens beside something else.
var chain = lab.Files{
	"app": "#!/bin/sh\ntrap 'exit 0' INT TERM\necho app is up\nwhile :; do sleep 0.1; done\n",
	"config": "#!/bin/sh\ntrap 'echo config ends; exit 0' TERM\necho config is up; touch config.up\n" +
		"while :; do sleep 0.1; done\n",
	"agent": "#!/bin/sh\ntrap 'echo agent ends; exit 0' TERM\necho agent is up\nwhile :; do sleep 0.1; done\n",
	"sidecar.toml": `
[[sidecars]]
name = "config"
command = ["./config"]
startup-probe = { exec = { command = ["test", "-e", "config.up"] }, period-seconds = 0.1, failure-threshold = 600 }

[[sidecars]]
name = "agent"
command = ["./agent"]
depends-on = { config = "started" }
`,
}

// output is what a process writes, while it writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// command returns "sidecar run" for chain.
func command(t *testing.T) *exec.Cmd {
	t.Helper()
	dir, err := chain.Make()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	run := exec.Command(lab.Program(t, "./cmd/sidecar"), "run", "--", "./app")
	run.Dir = dir
	run.Env = append(os.Environ(), "BPL_SIDECAR_LOG_LEVEL=debug", "TERM=xterm", "NO_COLOR=")
	return run
}

// onTerminal starts a command on a terminal.
func onTerminal(t *testing.T, run *exec.Cmd) (*os.File, *output) {
	t.Helper()
	tty, err := pty.Start(run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run.Process.Kill(); tty.Close() })
	said := &output{}
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, err := tty.Read(buffer)
			_, _ = said.Write(buffer[:n])
			if err != nil {
				return
			}
		}
	}()
	return tty, said
}

const limit = "60s"

func TestCtrlCStopsInOrderAndNamesHaveColours(t *testing.T) {
	g := NewWithT(t)
	run := command(t)
	tty, said := onTerminal(t, run)
	// The app's lines don't pass through the supervisor, so it may be seen before those that it waited for.
	g.Eventually(said.String, limit).Should(And(ContainSubstring("app is up"), ContainSubstring("\x1b[36mconfig\x1b[0m | config is up"),
		ContainSubstring("\x1b[32magent\x1b[0m | agent is up")))
	_, err := tty.WriteString("\x03")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(run.Wait()).To(Succeed())
	g.Eventually(said.String, limit).Should(ContainSubstring("config ends"))
	g.Expect(strings.Index(said.String(), "agent ends")).To(BeNumerically("<", strings.Index(said.String(), "config ends")))
}

func TestNamesHaveNoColoursWhereNobodyWantsThem(t *testing.T) {
	g := NewWithT(t)
	run := command(t)
	run.Env = append(run.Env, "NO_COLOR=1")
	_, said := onTerminal(t, run)
	g.Eventually(said.String, limit).Should(And(ContainSubstring("app is up"), ContainSubstring("config | config is up")))
	g.Expect(said.String()).NotTo(ContainSubstring("\x1b["))
	g.Expect(run.Process.Signal(syscall.SIGTERM)).To(Succeed())
	g.Expect(run.Wait()).To(Succeed())

	run = command(t)
	said = &output{}
	run.Stdout, run.Stderr = said, said
	g.Expect(run.Start()).To(Succeed())
	g.Eventually(said.String, limit).Should(And(ContainSubstring("app is up"), ContainSubstring("config | config is up")))
	g.Expect(said.String()).NotTo(ContainSubstring("\x1b["))
	g.Expect(run.Process.Signal(syscall.SIGTERM)).To(Succeed())
	g.Expect(run.Wait()).To(Succeed())
}

// events returns what "supervisor events" says has happened, without the times.
func events(t *testing.T, text string) (texts []string) {
	t.Helper()
	var timeline struct{ Events []struct{ Text string } }
	if err := json.Unmarshal([]byte(text), &timeline); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, event := range timeline.Events {
		texts = append(texts, event.Text)
	}
	return texts
}

func TestTheSameHappensOnALaptopAndInTheImage(t *testing.T) {
	lab.Require(t, lab.Docker)
	g := NewWithT(t)
	container := lab.Build(t, chain).Run(t, "--env", "BPL_SIDECAR_LOG_LEVEL=debug")
	g.Eventually(container, limit).Should(lab.Say("app is up"))
	inImage := events(t, container.Exec("/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor", "events", "--json"))

	run, said := command(t), &output{}
	run.Stdout, run.Stderr = said, said
	g.Expect(run.Start()).To(Succeed())
	g.Eventually(said.String, limit).Should(ContainSubstring("app is up"))
	onLaptop := events(t, lab.Must(t, lab.Program(t, "./cmd/supervisor"), "events", "--json", "--pid", fmt.Sprint(run.Process.Pid)))
	g.Expect(onLaptop).To(Equal(inImage))
	g.Expect(onLaptop).NotTo(BeEmpty())

	g.Expect(run.Process.Signal(syscall.SIGTERM)).To(Succeed())
	g.Expect(run.Wait()).To(Succeed())
	container.Stop()
	g.Expect(supervisors(said.String())).To(Equal(supervisors(container.Logs())))
}

// supervisors returns the supervisor's own lines, which say what happened in which order.
func supervisors(log string) (lines []string) {
	for line := range strings.Lines(log) {
		if strings.HasPrefix(line, "supervisor | ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
