package main

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// posing keeps the sockets of pose open.
var posing []any

// pose passes this process off as a supervisor that has no time for anybody.
func pose([]string) (string, error) {
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return "", err
	}
	address := "@sidecar-supervisor/" + strings.Trim(namespace, "pid:[]") + "/" + strconv.Itoa(os.Getpid())
	listener, err := net.Listen("unix", address)
	for err == nil {
		posing = append(posing, listener)
		var conn net.Conn
		conn, err = net.Dial("unix", address)
		posing = append(posing, conn)
	}
	if errors.Is(err, unix.EAGAIN) { // its queue is full
		err = nil
	}
	return "", err
}
