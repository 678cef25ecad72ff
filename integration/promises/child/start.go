package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// start starts another puppet NAME. HOW is plain, group, session, or daemon: orphaned, and in a session of its own.
func (p *puppet) start(args []string) (string, error) {
	name, how := args[0], args[1]
	cmd := again(p.address, name)
	switch how {
	case "plain":
	case "group":
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	case "session":
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	case "daemon":
		return "", again("daemon", p.address, name).Run()
	default:
		return "", fmt.Errorf("can't start %s as %q", name, how)
	}
	return "", cmd.Start()
}

func daemon(address, name string) error {
	cmd := again(address, name)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd.Start()
}

// fork starts a chain of GENERATIONS processes, that hold the connection to the test: it ends with the last of them.
func (p *puppet) fork(args []string) (string, error) {
	generations, err := strconv.Atoi(args[0])
	if err != nil {
		return "", err
	}
	conn, err := p.conn.File()
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return "", fork(generations, conn)
}

// fork starts one generation in a session of its own; it tells the test of each hundredth.
func fork(generations int, conn *os.File) error {
	if generations%100 == 0 {
		if _, err := conn.WriteString(`{"Event": "forking"}` + "\n"); err != nil {
			return err
		}
	}
	cmd := again("fork", strconv.Itoa(generations))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.ExtraFiles = []*os.File{conn}
	return cmd.Start()
}

// run has ARGV carried out by user ID, or the same for 0, and answers with what it wrote and how it ended.
func run(args []string) (string, error) {
	user, err := strconv.Atoi(args[0])
	if err != nil {
		return "", err
	}
	cmd := exec.Command(args[1], args[2:]...)
	if user != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(user), Gid: uint32(user)}}
	}
	cmd.Stdin = os.Stdin
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// again is this program with other arguments and the same files.
func again(args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd
}
