// Package integration_test shows what users get from the real pack, lifecycle and Docker, and nothing else: black box.
package integration_test

import (
	"testing"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func TestMain(m *testing.M) { lab.Main(m) }

func TestIntegration(t *testing.T) {
	suite := lab.Suite("integration", lab.Docker)
	suite("tutorial", testTutorial)
	suite("fate", testFate)
	suite("stop", testStop)
	suite("order", testOrder)
	suite("process types", testProcessTypes)
	suite("arguments", testArguments)
	suite("no shell", testNoShell)
	suite("legacy", testLegacy)
	suite("anywhere", testAnywhere)
	suite("look inside", testLookInside)
	suite("pod", testPod)
	suite("settings", testSettings)
	suite("sources", testSources)
	suite("refused", testRefused)
	suite("unchanged", testUnchanged)
	suite("rebuild", testRebuild)
	suite("label", testLabel)
	suite.Run(t)
}
