package supervise

import (
	"os"
	"os/exec"
	"testing"

	. "github.com/onsi/gomega"
)

// TestDownstream holds that a filter is told from those who write and read in a circle.
func TestDownstream(t *testing.T) {
	expect := NewWithT(t).Expect
	pipe := func() (read, write *os.File) {
		read, write, err := os.Pipe()
		expect(err).NotTo(HaveOccurred())
		t.Cleanup(func() { read.Close(); write.Close() })
		return read, write
	}
	start := func(in, out *os.File) int {
		c := exec.Command("sleep", "1000")
		c.Stdin, c.Stdout = in, out
		expect(c.Start()).To(Succeed())
		t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
		return c.Process.Pid
	}
	r1, w1 := pipe()
	r2, w2 := pipe()
	r3, w3 := pipe()
	r4, w4 := pipe()
	r5, w5 := pipe()
	first, second, last := start(nil, w1), start(r1, w2), start(r2, nil)
	client, server := start(r3, w4), start(r4, w3)
	itself := start(r5, w5)
	expect(downstream([]int{last, client, itself, second, server, first})).To(Equal(map[int]bool{
		first: false, second: true, last: true, client: false, server: false, itself: false,
	}))
}
