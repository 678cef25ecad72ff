package supervise

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
)

func TestNobodyBelowEscapesWhoIsHandedOnMeanwhile(t *testing.T) {
	Expect := NewWithT(t).Expect
	Expect(unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)).To(Succeed())
	deep := `sh -c 'sh -c "sh -c \"echo up; sleep 1000; :\"; :"; :'`
	for range 20 {
		c := exec.Command("sh", "-c", deep+" & "+deep)
		output, err := c.StdoutPipe()
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Start()).To(Succeed())
		for range 2 {
			_, err := io.ReadFull(output, make([]byte, 3)) // the lowest is there
			Expect(err).NotTo(HaveOccurred())
		}
		killAllBelow(time.Now().Add(10 * time.Second))
		var left []int
		proc.EachBelow(os.Getpid(), func(pid int) {
			if !proc.IsZombie(pid) {
				left = append(left, pid)
			}
		})
		for err := error(nil); !errors.Is(err, unix.ECHILD); _, err = unix.Wait4(-1, nil, unix.WNOHANG, nil) {
			killBelow(func(int) {})
		}
		Expect(left).To(BeEmpty())
	}
}
