// Package memory_test shows what becomes of a container's memory, with Paketo's memory calculator, real JVMs and the kernel's own limits.
package memory_test

import (
	"testing"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func TestMain(m *testing.M) { lab.Main(m) }

func TestMemory(t *testing.T) {
	suite := lab.Suite("memory", lab.Docker, lab.JDK)
	suite("survival", testSurvival)
	suite("heap", testHeap)
	suite("sample", testSample)
	suite("java sidecar", testJavaSidecar)
	suite("too small", testTooSmall)
	suite("told", testTold)
	suite("policy", testPolicy)
	suite("kernel", testKernel)
	suite.Run(t)
}
