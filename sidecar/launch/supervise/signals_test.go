package supervise

import (
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// TestASignalThatIsDroppedIsTheNextToCome has it come after it is dropped, as the SIGCONT does by which a stopped process goes on.
func TestASignalThatIsDroppedIsTheNextToCome(t *testing.T) {
	Expect := NewWithT(t).Expect
	r := idle(t)
	comes := func() { r.counted[unix.SIGCONT]-- } // as if it had
	comes()
	r.drop(unix.SIGCONT) // the first as well
	Expect(r.sent(unix.SIGCONT)).To(BeZero())
	r.drop(unix.SIGCONT)
	comes()
	comes()
	Expect(r.sent(unix.SIGCONT)).To(BeZero(), "both are dropped")
	comes()
	Expect(r.sent(unix.SIGCONT)).To(Equal(1))
	Expect(r.sent(unix.SIGCONT)).To(BeZero())
}
