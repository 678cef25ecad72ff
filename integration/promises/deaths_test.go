package promises_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// death is a way for a container to end, and what its log says of that. One whose code is 0 ends otherwise than by an error.
type death struct {
	name     string
	sidecars []plan.Process
	app      string                           // a shell script
	does     func(s *supervised, says func()) // once the app has said something; says awaits that it does so again
	code     int
	says     string // a part of a line
	why      string // what the last line says behind "exit code N: "; empty where there is none
	starved  bool   // it takes a container whose memory is limited
	budget   string // the stop's, in seconds; empty where it is not to be used up
}

// shell is a sidecar that runs a script, in which a $ is the shell's.
func shell(name, script string, said ...func(*plan.Process)) plan.Process {
	return sidecar(name, append(said, command("sh", "-c", strings.ReplaceAll(script, "$", "$$")))...)
}

const lives = "exec sleep 1000"

// fails is a probe that never passes.
func fails(threshold int) plan.Probe {
	return plan.Probe{Exec: &plan.Exec{Command: []string{"sh", "-c", "echo no answer; exit 4"}}, FailureThreshold: threshold}
}

func optional(p *plan.Process) { p.Essential = false }

func terms(times int) func(*supervised, func()) {
	return func(s *supervised, says func()) {
		for i := range times {
			if i > 0 {
				says()
			}
			s.signal(syscall.SIGTERM)
		}
	}
}

func deaths() []death {
	agent := func(script string, said ...func(*plan.Process)) []plan.Process {
		return []plan.Process{shell("agent", script, said...)}
	}
	deaf := "trap echo TERM; echo; while :; do sleep 0.05; done"
	eats := "exec " + plain.path("child") + " eat"
	return []death{
		{name: "the app exits", sidecars: agent(lives), app: "exit 3", code: 3,
			says: "web exited with status 3; stopping its sidecars", why: "web exited with status 3"},
		{name: "an app alone exits", app: "exit 3", code: 3, says: "web exited with status 3", why: "web exited with status 3"},
		{name: "the app has a fault", sidecars: agent(lives), app: "kill -SEGV $$", code: 139,
			says: "web was killed by SIGSEGV, likely a fault of its own; stopping its sidecars", why: "web was killed by SIGSEGV"},
		{name: "the app is ended by a signal without a name", sidecars: agent(lives), app: "kill -40 $$", code: 168,
			says: "web was killed by signal 40; stopping its sidecars", why: "web was killed by signal 40"},
		{name: "the app is killed by hand", sidecars: agent(lives), app: "kill -KILL $$", code: 137,
			says: "web was killed by SIGKILL, by hand", why: "web was killed by SIGKILL, by hand", starved: true},
		{name: "the app takes all memory", sidecars: agent(lives), app: eats, code: 137, starved: true,
			says: "web was killed by SIGKILL, out of memory: the container's 64M are used up; stopping its sidecars",
			why:  "web was killed by SIGKILL, out of memory"},
		{name: "the app isn't there", sidecars: agent(lives), app: "-", code: 127, says: "web can't be started: find missing: not in PATH=",
			why: "web can't be started: find missing"},
		{name: "a sidecar exits", sidecars: agent("exit 9"), app: lives, code: 9, says: `sidecar "agent" exited with status 9; stopping web`,
			why: `sidecar "agent" exited with status 9`},
		{name: "a sidecar ends well", sidecars: agent("exit 0"), app: lives, code: 1, says: `sidecar "agent" exited with status 0; stopping web`,
			why: `sidecar "agent" exited with status 0`},
		{name: "a sidecar has a fault", sidecars: agent("kill -ABRT $$"), app: lives, code: 134,
			says: `sidecar "agent" was killed by SIGABRT, likely a fault of its own; stopping web`, why: `sidecar "agent" was killed by SIGABRT`},
		{name: "a sidecar is killed by hand", sidecars: agent("kill -KILL $$"), app: lives, code: 137, starved: true,
			says: `sidecar "agent" was killed by SIGKILL, by hand or by another process; stopping web`,
			why:  `sidecar "agent" was killed by SIGKILL, by hand`},
		{name: "a sidecar takes all memory", sidecars: agent(eats), app: lives, code: 137, starved: true,
			says: `sidecar "agent" was killed by SIGKILL, out of memory: the container's 64M are used up; stopping web`,
			why:  `sidecar "agent" was killed by SIGKILL, out of memory`},
		{name: "what a sidecar runs takes all memory", sidecars: agent("(" + eats + "); exit $?"), app: lives, code: 137, starved: true,
			says: `sidecar "agent" exited with status 137, likely because the kernel killed one of its processes, out of memory: `,
			why:  `sidecar "agent" exited with status 137, likely because the kernel killed one of its processes, out of memory`},
		{name: "what a sidecar runs is told to end", sidecars: agent("(kill -TERM $(exec sh -c 'echo $PPID')); exit $?"), app: lives, code: 143,
			says: `sidecar "agent" exited with status 143, as shells do for SIGTERM; stopping web`,
			why:  `sidecar "agent" exited with status 143, as shells do for SIGTERM`},
		{name: "a sidecar's program isn't there", sidecars: []plan.Process{sidecar("agent", command("/no/agent"))}, app: lives, code: 127,
			says: `sidecar "agent" can't be started: exec /no/agent: no such file or directory; stopping web`},
		{name: "a sidecar's program can't run", sidecars: []plan.Process{sidecar("agent", command(plain.path("script")))}, app: lives, code: 126,
			says: `it is there, but the interpreter or loader that it needs is not; stopping web`},
		{name: "a sidecar fails its startup probe", sidecars: agent(lives, startup(fails(2))), app: lives, code: 1,
			says: `sidecar "agent" was ended, since it failed its startup probe (sh: no answer: status 4); stopping web`},
		{name: "a sidecar fails its liveness probe", sidecars: agent(lives, liveness(fails(20))), app: lives, code: 1,
			says: `sidecar "agent" was ended, since it failed its liveness probe (sh: no answer: status 4); stopping web`},
		{name: "a sidecar's watchdog is silent", sidecars: agent(lives, liveness(plan.Probe{Notify: true, PeriodSeconds: 0.2,
			FailureThreshold: 1})),
			app: lives, code: 1, says: `sidecar "agent" was ended, since it failed its liveness probe (no WATCHDOG=1 from it within the period)`},
		{name: "a sidecar has used up its restarts", sidecars: agent("exit 5", restarts(plan.Always), mostRestarts(0)), app: lives, code: 5,
			says: `sidecar "agent" exited with status 5 and has used up its restarts (0 within 60s); stopping web`},
		{name: "what is needed is gone", sidecars: []plan.Process{
			shell("vault", "exit 6", optional), shell("agent", lives, dependsOn("vault", plan.Completed))}, app: lives, code: 6,
			says: `sidecar "agent" can't start: it needs vault completed, which exited with status 6; stopping web`},
		{name: "the platform stops it", sidecars: agent(lives), app: "echo; " + lives, does: terms(1), code: 143,
			says: "SIGTERM came; stopping web"},
		{name: "the budget is used up", sidecars: agent(lives), app: deaf, does: terms(1), code: 137, budget: "2",
			says: "web has not ended", why: "SIGTERM came, and web was killed, since it has not ended"},
		{name: "somebody is impatient", sidecars: agent(lives), app: deaf, does: terms(2), code: 137,
			says: "SIGTERM came again; killing web", why: "SIGTERM came, and web was killed, since SIGTERM came again"},
	}
}

func mostRestarts(n int) func(*plan.Process) {
	return func(p *plan.Process) { p.MaxRestarts = n }
}

func testDeaths(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	for _, d := range deaths() {
		it("says why it ended when "+d.name, func() {
			s := plain.prepare(t)
			app := []string{"sh", "-c", d.app}
			if d.app == "-" {
				app = []string{"missing"}
			}
			argv := s.supervisor(web(d.sidecars...), app...)
			if d.starved {
				argv = append(limited(t, 64*plan.M), argv...)
			}
			read, write, err := os.Pipe()
			Expect(err).NotTo(HaveOccurred())
			defer read.Close()
			s.launch(argv, budget(cmp.Or(d.budget, "60")), func(c *exec.Cmd) { c.Stdout = write })
			write.Close()
			if d.does != nil {
				says := func() {
					_, err := read.Read(make([]byte, 1))
					Expect(err).NotTo(HaveOccurred())
				}
				says()
				d.does(s, says)
			}
			Expect(s.exits()).To(Equal(d.code))
			Expect(lines(&s.stderr)).To(ContainElement(ContainSubstring(d.says)))
			if d.why != "" {
				last := lines(&s.stderr)[len(lines(&s.stderr))-1]
				Expect(last).To(HavePrefix(fmt.Sprintf("supervisor | exit code %d: %s", d.code, d.why)))
			}
		})
	}

	it("tells Kubernetes, and leaves what the app has told it", func() {
		if os.Geteuid() != 0 {
			t.Skip("left out, since it takes root to mount a file")
		}
		s := plain.prepare(t)
		log := filepath.Join(s.dir, "termination-log")
		Expect(os.WriteFile(log, []byte("the app's own\n"), 0o666)).To(Succeed())
		mount := `mount --make-rprivate / && mount -t tmpfs none /dev && : >/dev/termination-log && ` +
			`mount --bind "$0" /dev/termination-log && exec "$@"`
		s.launch(append([]string{"sh", "-c", mount, log}, s.supervisor(web(sidecar("agent")), s.puppet("app")...)...), func(c *exec.Cmd) {
			c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNS
		})
		agent := s.enters("agent")
		s.enters("app")
		agent.tell("exit", "9")
		Expect(s.exits()).To(Equal(9))
		Expect(os.ReadFile(log)).To(BeEquivalentTo("the app's own\nsidecar \"agent\" exited with status 9\n"))
	})

	it("shows in ps how the last run ended", func() {
		s := plain.start(t, web(sidecar("agent", restarts(plan.OnFailure))))
		s.enters("agent").tell("exit", "9")
		s.enters("agent")
		app := s.enters("app")
		answer, err := s.ask(app, "ps", "--json")
		Expect(err).To(BeEmpty())
		Expect(answer).To(ContainSubstring("exited with status 9"))
	})
}

// limited is what goes before a command that is to run in a container whose memory is limited.
func limited(t *testing.T, most plan.Size) []string {
	t.Helper()
	dir := fmt.Sprintf("/sys/fs/cgroup/memory/promises-%d-%d", os.Getpid(), stages.Add(1))
	if err := os.Mkdir(dir, 0o755); err != nil {
		if os.Getenv("REQUIRE_DOCKER") != "" {
			t.Fatal(err)
		}
		t.Skipf("left out, this machine has no control group for memory that can be divided: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Rmdir(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.WriteFile(dir+"/memory.limit_in_bytes", []byte(strconv.FormatInt(int64(most), 10)), 0); err != nil {
		t.Fatal(err)
	}
	return []string{"sh", "-c", `echo $$ >"$0/cgroup.procs" && exec "$@"`, dir}
}
