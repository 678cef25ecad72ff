package memory_test

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// sizes are those of a JVM's memory regions, in bytes, as -XX:+PrintFlagsFinal writes them.
type sizes map[string]int64

var sizeFlag = regexp.MustCompile(
	`(?m)^ +\w+ (MaxHeapSize|MaxDirectMemorySize|MaxMetaspaceSize|ReservedCodeCacheSize|ThreadStackSize) +:?= (\d+) `)

// printFlags has every JVM write them.
const printFlags = "JAVA_TOOL_OPTIONS=-XX:+PrintFlagsFinal"

func sizesIn(text string) sizes {
	found := sizes{}
	for _, match := range sizeFlag.FindAllStringSubmatch(text, -1) {
		found[match[1]], _ = strconv.ParseInt(match[2], 10, 64)
	}
	return found
}

// testHeap shows the heap of the running app next to that of the same JVM where nobody reserves anything.
func testHeap(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)
	for _, c := range []struct {
		limit, threads string
		sidecar        string
		reserved       int64 // megabytes
	}{
		{"512m", "50", "small", 64},
		{"768m", "250", "small", 64},
		{"1g", "250", "small", 64},
		{"1g", "250", "large", 256},
		{"2g", "250", "small", 64},
		{"2g", "250", "large", 256},
	} {
		it(fmt.Sprintf("is lower by exactly %dM of %s", c.reserved, c.limit), func() {
			options := []string{"--memory", c.limit, "--env", "BPL_JVM_THREAD_COUNT=" + c.threads, "--env", printFlags}
			app := jvmImage(t).Run(t, append(options, "--env", only(jvmSidecars, c.sidecar))...)
			want := sizesIn(alone(t, jvmImage(t), options...))
			Expect(want).To(HaveLen(5))
			want["MaxHeapSize"] -= c.reserved << 20
			Eventually(app).Should(And(lab.Say("is up"), lab.Say(fmt.Sprintf("%s | has %dM", c.sidecar, c.reserved))))
			Expect(sizesIn(app.Logs())).To(Equal(want))
		})
	}

	for _, c := range []struct {
		limit, threads string
		sidecar        string
		says           []string
	}{
		// This is the calculator's own error.
		{"512m", "250", "small", []string{"fixed memory regions require ", " which is greater than 512M available for allocation"}},
		{"512m", "50", "large", []string{"supervisor: memory: web: non-heap memory regions require ", "512M less 256M for its sidecars"}},
		{"768m", "250", "large", []string{"supervisor: memory: web: non-heap memory regions require ", ", which leaves no heap of the " +
			"512M available for allocation (768M less 256M for its sidecars): 0 headroom, -XX:MaxDirectMemorySize=10M, ", " * 250 threads: "}},
	} {
		it(fmt.Sprintf("has no room beside %s in %s with %s threads", c.sidecar, c.limit, c.threads), func() {
			app := jvmImage(t).Run(t, "--memory", c.limit, "--env", "BPL_JVM_THREAD_COUNT="+c.threads, "--env", only(jvmSidecars, c.sidecar))
			Expect(app.Ends()).NotTo(BeZero())
			for _, text := range c.says {
				Expect(app.Logs()).To(ContainSubstring(text))
			}
			Expect(app.Logs()).NotTo(Or(ContainSubstring("is up"), ContainSubstring("has "))) // nothing was started
		})
	}

	it("stays as it was calculated without sidecars, or where the policy is off", func() {
		flags := []string{"--memory", "1g", "--env", printFlags}
		want := sizesIn(alone(t, jvmImage(t), flags...))
		for _, options := range [][]string{
			{"--env", only(jvmSidecars)},
			{"--env", only(jvmSidecars, "large"), "--env", "BPL_SIDECAR_MEMORY_POLICY=off"},
		} {
			app := jvmImage(t).Run(t, append(options, flags...)...)
			Eventually(app).Should(lab.Say("is up"))
			Expect(sizesIn(app.Logs())).To(Equal(want))
		}
	})

	it("stays as the user gave it, where it fits", func() {
		app := jvmImage(t).Run(t, "--memory", "1g", "--env", only(jvmSidecars, "large"), "--env", printFlags+" -Xmx128m")
		Eventually(app).Should(lab.Say("is up"))
		Expect(sizesIn(app.Logs())).To(HaveKeyWithValue("MaxHeapSize", int64(128<<20)))
	})
}
