package memory_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// patience is for machines that do more than this: what is waited for takes half a minute alone.
const patience = 15 * time.Minute

// quickJDKs are those on which TestMatrix is part of every run: the oldest and the newest. The other tests show the same on the lab's own.
const quickJDKs = "8 25"

// TestMatrix shows on other JDKs what the others show on one. scripts/memory-matrix names the JDKs in
// MEMORY_MATRIX, and has docs/memory.md's tables written.
func TestMatrix(t *testing.T) {
	named, whole := os.LookupEnv("MEMORY_MATRIX")
	if !whole {
		named = quickJDKs
	}
	versions := strings.Fields(named)
	suite := lab.Suite("matrix", lab.Docker, lab.JDK, jdkImages(versions))
	for _, jdk := range versions {
		image := lab.Share(filler{}, "--env", "BP_LAB_JVM=true", "--run-image", "sidecar-lab/run-jdk"+jdk)
		suite("jdk"+jdk, func(t *testing.T, _ spec.G, it spec.S) {
			m := matrix{t: t, image: image, jdk: jdk, whole: whole}
			it("lowers the heap", m.heaps)
			it("keeps a sidecar to its share", m.javaSidecar)
			if whole {
				it("survives", m.survival)
			}
		})
	}
	suite.Run(t)
}

// jdkImages is the need for run images with these JDKs.
func jdkImages(versions []string) lab.Need {
	return func() error {
		for _, jdk := range versions {
			if _, err := lab.Try("docker", "image", "inspect", "sidecar-lab/run-jdk"+jdk); err != nil {
				return fmt.Errorf("scripts/lab-jdks %s comes first: %w", strings.Join(versions, " "), err)
			}
		}
		return nil
	}
}

// matrix shows one JDK's rows of the tables.
type matrix struct {
	t     *testing.T
	image func(*testing.T) lab.Image
	jdk   string
	whole bool // more than what is part of every run, and the rows are written
}

// heaps shows that the heap is lower by exactly what the sidecars have, or that what doesn't fit is refused.
func (m matrix) heaps() {
	expect, eventually := NewWithT(m.t).Expect, NewWithT(m.t).Eventually
	var cells []string
	for _, limit := range []string{"768m", "1g", "2g"} {
		flags := []string{"--memory", limit, "--env", printFlags}
		without := sizesIn(alone(m.t, m.image(m.t), flags...))["MaxHeapSize"]
		cells = append(cells, fmt.Sprintf("%dK", without>>10))
		for _, sidecar := range []string{"small", "large"} {
			megabytes := map[string]int64{"small": 64, "large": 256}[sidecar]
			c := m.image(m.t).Run(m.t, append(flags, "--env", only(jvmSidecars, sidecar))...)
			eventually(c).WithTimeout(patience).Should(Or(
				lab.Say("is up"), lab.Say("supervisor: memory: web: non-heap memory regions require")))
			got, ran := sizesIn(c.Logs())["MaxHeapSize"]
			if limit == "768m" && sidecar == "large" {
				expect(ran).To(BeFalse())
				cells = append(cells, "refused")
				continue
			}
			expect(got).To(Equal(without - megabytes<<20))
			cells = append(cells, fmt.Sprintf("%dK", got>>10))
		}
	}
	m.write("heaps", cells...)
}

// survival has the app fill its heap, its metaspace, most of its stacks and its direct memory beside a sidecar that has all of its 256M:
// with its heap lowered, and with the one that it has where the policy is off.
func (m matrix) survival() {
	expect, eventually := NewWithT(m.t).Expect, NewWithT(m.t).Eventually
	run := func(options ...string) lab.Container {
		options = append(options, "--memory", "1g", "--memory-swap", "1g", "--env", only(jvmSidecars, "large"), "--", "20", "230")
		return m.image(m.t).Run(m.t, options...)
	}
	c := run()
	eventually(c).WithTimeout(patience).Should(And(lab.Say("large | has 256M"), lab.Say("is full: ")))
	_, most, _ := strings.Cut(fullOf(c)["heap"], " of ")
	used := c.Process("app").MemoryUsedBytes >> 20
	expect(c.Ends()).To(Equal(0))
	expect(c).To(lab.Say("has been full all the time"))
	expect(outOfMemory(c)).To(BeFalse())

	off := run("--env", "BPL_SIDECAR_MEMORY_POLICY=off")
	code, end := off.Ends(), "lives"
	if outOfMemory(off) {
		end = fmt.Sprintf("killed, out of memory: exit %d", code)
	}
	m.write("survival", most, fmt.Sprintf("%dM of 768M", used), "lives", end)
}

// javaSidecar has a Java sidecar of 256M fill all that it has.
func (m matrix) javaSidecar() {
	expect, eventually := NewWithT(m.t).Expect, NewWithT(m.t).Eventually
	c := m.image(m.t).Run(m.t, "--memory", "1g", "--env", only(jvmSidecars, "java"))
	eventually(c).WithTimeout(patience).Should(lab.Say("java | is full: "))
	full, java := fullOf(c), c.Process("java")
	resident := residentBytes(c, java.PID)
	m.write("java-sidecar", full["heap"], full["metaspace"], full["code"],
		fmt.Sprintf("%dM", java.MemoryUsedBytes>>20), fmt.Sprintf("%dM", resident>>20))
	expect(resident).To(BeNumerically("<=", 256<<20))
}

var region = regexp.MustCompile(`(\w+) (\d+M of \d+M)`)

// fullOf returns what a filler says that its regions are full of, such as heap: 54M of 68M.
func fullOf(c lab.Container) map[string]string {
	_, said, _ := strings.Cut(c.Logs(), "is full: ")
	said, _, _ = strings.Cut(said, "\n")
	full := map[string]string{}
	for _, match := range region.FindAllStringSubmatch(said, -1) {
		full[match[1]] = match[2]
	}
	return full
}

// residentBytes returns what a process has resident, with all that it has in common with others.
func residentBytes(c lab.Container, pid int) int64 {
	_, status, _ := strings.Cut(c.Exec("cat", fmt.Sprintf("/proc/%d/status", pid)), "VmRSS:")
	var kibibytes int64
	_, _ = fmt.Sscan(status, &kibibytes)
	return kibibytes << 10
}

var (
	page sync.Mutex
	row  = regexp.MustCompile(`(?m)^\| (\d+) \|.*$`)
)

// write replaces the JDK's row of one of docs/memory.md's tables, which stands between <!-- NAME --> and <!-- /NAME -->.
func (m matrix) write(table string, cells ...string) {
	fresh := "| " + m.jdk + " | " + strings.Join(cells, " | ") + " |"
	m.t.Log(table, fresh)
	if !m.whole {
		return
	}
	page.Lock()
	defer page.Unlock()
	expect := NewWithT(m.t).Expect
	file := lab.Path("docs", "memory.md")
	text, err := os.ReadFile(file)
	expect(err).NotTo(HaveOccurred())
	place := regexp.MustCompile(`(?s)<!-- ` + table + ` -->\n.*?<!-- /` + table + ` -->`)
	expect(string(text)).To(MatchRegexp(place.String()))
	text = place.ReplaceAllFunc(text, func(rows []byte) []byte {
		return row.ReplaceAllFunc(rows, func(old []byte) []byte {
			if string(row.FindSubmatch(old)[1]) == m.jdk {
				return []byte(fresh)
			}
			return old
		})
	})
	expect(os.WriteFile(file, text, 0o644)).To(Succeed())
}
