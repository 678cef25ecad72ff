package promises_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testLogs(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	everywhere(t, when, it, "loses nothing of what a sidecar wrote before it was killed", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")))
		s.enters("app")
		s.enters("config-server").tell("crash", "tick", "3000")
		Expect(s.exits()).To(Equal(137))
		written := lines(&s.stdout)
		Expect(written).To(HaveLen(3000))
		for i, line := range written {
			Expect(line).To(Equal(fmt.Sprintf("config-server | tick %d of 3000", i)))
		}
	})

	everywhere(t, when, it, "passes standard output and standard error on, each as itself", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")))
		config, app := s.enters("config-server"), s.enters("app")
		config.do("write", "1", "to stdout\n")
		config.do("write", "2", "to stderr\nand no end of line")
		app.do("write", "1", "the app's own, no end of line")
		app.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(s.stdout.String()).To(And(ContainSubstring("the app's own, no end of line"), ContainSubstring("config-server | to stdout\n")))
		Expect(lines(&s.stderr)).To(ConsistOf("config-server | to stderr", "config-server | and no end of line"))
	})

	it("says what it says itself as the sidecars do, with nothing that a terminal would obey", func() {
		check := []string{"sh", "-c", `printf '\033]0;title\007\rforged'; exit 3`}
		for form, line := range map[string]types.GomegaMatcher{
			"prefix": Equal(`supervisor | sidecar "a" failed its liveness probe 1 times: sh: \x1b]0;title\a\rforged: status 3; ending it`),
			"json": MatchRegexp(`^{"time":".*","name":"supervisor","stream":"stderr",` +
				`"line":"sidecar \\"a\\" failed its liveness probe 1 times: sh: \\u001b]0;title\\u0007\\rforged: status 3; ending it"}$`),
		} {
			s := plain.start(t, web(sidecar("a", liveness(plan.Probe{Exec: &plan.Exec{Command: check}, FailureThreshold: 1}))),
				environ("BPL_SIDECAR_LOG_FORMAT="+form))
			Expect(s.exits()).To(Equal(1))
			Expect(lines(&s.stderr)).To(ContainElement(line))
		}
	})

	it("gives the last words of a daemon that is killed in the end", func() {
		s := plain.start(t, web(sidecar("config-server")))
		s.enters("config-server").do("start", "daemon", "daemon")
		d := s.enters("daemon")
		d.do("ignore", "SIGTERM")
		d.do("write", "1", "I stay\n")
		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(lines(&s.stdout)).To(ConsistOf("config-server | I stay"))
	})

	it("says how a process has ended after its last words", func() {
		for range 100 {
			s := plain.start(t, web(shell("a", "echo to stdout; echo last words >&2; kill -SEGV $$")))
			Expect(s.exits()).To(Equal(139))
			Expect(lines(&s.stderr)[:2]).To(HaveExactElements(Equal("a | last words"), ContainSubstring("SIGSEGV")))
		}
	})

	it("passes on all that a job has written before who waits for its end is started", func() {
		for range 30 {
			s := plain.start(t, web(shell("job", "seq 2000"), shell("next", "echo begun", dependsOn("job", plan.Completed))))
			Expect(s.exits()).To(Equal(1)) // of the app without next
			written := lines(&s.stdout)
			Expect(written).To(HaveLen(2001))
			Expect(written[2000]).To(Equal("next | begun"))
		}
	})

	it("passes on all that one has said of its stop before the next one is told", func() {
		for range 20 {
			s := plain.prepare(t)
			up := filepath.Join(s.dir, "up")
			s.launch(s.supervisor(web(
				sidecar("db", command("sh", "-c", `trap 'echo told; kill $!; exit' TERM; touch "$0"; sleep 1000 & wait`, up+".db")),
				sidecar("proxy", dependsOn("db", plan.Started),
					command("sh", "-c", `trap 'exec seq 2000' TERM; touch "$0"; while :; do sleep 0.01; done`, up+".proxy")),
			), "sh", "-c", `until [ -e "$0.db" ] && [ -e "$0.proxy" ]; do sleep 0.01; done`, up))
			Expect(s.exits()).To(BeZero())
			written := lines(&s.stdout)
			Expect(written).To(HaveLen(2001))
			Expect(written[2000]).To(Equal("db | told"))
		}
	})

	it("never tears or mixes lines that go to one place", func() {
		const count = 2000
		read, write, err := os.Pipe()
		Expect(err).NotTo(HaveOccurred())
		defer read.Close()
		s := plain.start(t, web(sidecar("a"), sidecar("b"), sidecar("c", logs(plan.Raw))), outputs(write))
		write.Close()
		writers := map[string]*puppet{}
		for _, name := range []string{"a", "b", "c", "app"} {
			writers[name] = s.enters(name)
		}
		text := make(chan string)
		go func() { text <- readAll(read) }()
		var done sync.WaitGroup
		for name, w := range writers {
			done.Go(func() {
				words := []string{"count", "1", name, strconv.Itoa(count)}
				if name == "a" || name == "b" {
					words = append(words, "torn")
				}
				w.do(words...)
			})
		}
		done.Wait()
		writers["app"].tell("exit", "0")
		Expect(s.exits()).To(BeZero())

		next := map[string]int{}
		whole := regexp.MustCompile(`^(?:(\w+) \| )?(\w+) (\d+) of 2000$`)
		for line := range strings.SplitSeq(strings.TrimSuffix(<-text, "\n"), "\n") {
			parts := whole.FindStringSubmatch(line)
			Expect(parts).NotTo(BeNil(), "a torn line: %q", line)
			Expect(parts[3]).To(Equal(strconv.Itoa(next[parts[2]])), line)
			Expect(parts[1] != "").To(Equal(parts[2] == "a" || parts[2] == "b"), line)
			next[parts[2]]++
		}
		Expect(next).To(Equal(map[string]int{"a": count, "b": count, "c": count, "app": count}))
	})

	it("goes on when the reader is gone", func() {
		read, write, err := os.Pipe()
		Expect(err).NotTo(HaveOccurred())
		s := plain.start(t, web(sidecar("config-server")), outputs(write))
		write.Close()
		config, app := s.enters("config-server"), s.enters("app")
		read.Close()
		config.do("count", "1", "tick", "20000") // more than any pipe holds
		config.do("count", "2", "tick", "20000")
		app.tell("exit", "0")
		config.hears("SIGTERM")
		Expect(s.exits()).To(BeZero())
	})
}
