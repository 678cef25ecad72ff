// Package bounded holds what is fuzzed to bounds. A fuzz test that doesn't look at time and memory sees neither go.
package bounded

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// processor is what reading one small input may take. It is no time by the clock, which a busy machine stretches.
const processor = 5 * time.Second

// Do runs f, and fails the test where f allocates more than so many bytes in all, or computes for more than some seconds.
func Do(t testing.TB, bytes uint64, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := computed(t)
	f()
	took := computed(t) - began
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > bytes {
		t.Errorf("it allocated %d bytes, and may %d", used, bytes)
	}
	if took > processor {
		t.Errorf("it computed for %v, and may for %v", took, processor)
	}
}

// computed is how long this process has computed.
func computed(t testing.TB) time.Duration {
	t.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
