package plan

import (
	"slices"
	"strconv"
)

// Sandbox is what a process may do to others on the machine. Whatever its lists say, it can't signal, trace or read processes that are not
// its own, and gains no rights from the programs that it starts (no_new_privs).
type Sandbox struct {
	Mode SandboxMode `toml:"mode"`
	// Read and Write are files and directories, absolute or in the working directory; nil: all are open to it, as far as their modes allow.
	Read  []string `toml:"read"`
	Write []string `toml:"write"`
	// ConnectPorts and BindPorts are those of TCP; nil: all.
	ConnectPorts []int `toml:"connect-ports"`
	BindPorts    []int `toml:"bind-ports"`
}

func (s *Sandbox) rows() []row {
	return []row{
		{"mode", (*string)(&s.Mode)}, {"read", &s.Read}, {"write", &s.Write},
		{"connect-ports", &s.ConnectPorts}, {"bind-ports", &s.BindPorts},
	}
}

// SandboxMode says what happens where the kernel can't enforce a Sandbox.
type SandboxMode string

// The modes.
const (
	Require SandboxMode = "require" // nothing is started
	Prefer  SandboxMode = "prefer"  // what can't be enforced is said
	Off     SandboxMode = "off"     // there is no sandbox
)

// problem says what is wrong with a sandbox.
func (s *Sandbox) problem() string {
	if s != nil && !slices.Contains([]SandboxMode{Require, Prefer, Off}, s.Mode) {
		return "has the sandbox mode " + strconv.Quote(string(s.Mode))
	}
	return ""
}
