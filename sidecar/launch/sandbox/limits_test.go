package sandbox

import (
	"os"
	"runtime"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

func TestOnlyOthersLimitsAreRefused(t *testing.T) {
	expect := NewWithT(t).Expect
	outcomes := make(chan error, 5)
	go func() {
		runtime.LockOSThread() // and never unlocked, so that the thread ends
		outcomes <- unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
		outcomes <- refuseLimits()
		var limit unix.Rlimit
		outcomes <- unix.Prlimit(os.Getppid(), unix.RLIMIT_CORE, nil, &limit)
		outcomes <- unix.Prlimit(os.Getppid(), unix.RLIMIT_CORE, &limit, nil)
		outcomes <- unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	}()
	expect(<-outcomes).To(Succeed())
	expect(<-outcomes).To(Succeed())
	expect(<-outcomes).To(Succeed(), "another's limits can be read")
	expect(<-outcomes).To(MatchError(unix.EPERM), "and not set")
	expect(<-outcomes).To(Succeed(), "one's own can be set")
}
