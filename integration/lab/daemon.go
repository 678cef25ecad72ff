package lab

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// daemon is Docker's. What tests ask many times a second they ask it themselves: a command of Docker's for each would be most of the work.
var daemon = sync.OnceValues(func() (*client.Client, error) { return client.New(client.FromEnv) })

func inspect(name string) (*client.Client, container.InspectResponse, error) {
	d, err := daemon()
	if err != nil {
		return nil, container.InspectResponse{}, err
	}
	found, err := d.ContainerInspect(context.Background(), name, client.ContainerInspectOptions{})
	return d, found.Container, err
}

// logsOf returns what a container has written so far to either output, without the last line's end.
func logsOf(name string) (string, error) {
	d, found, err := inspect(name)
	if err != nil {
		return "", err
	}
	stream, err := d.ContainerLogs(context.Background(), name, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		return "", err
	}
	defer stream.Close()
	var text bytes.Buffer
	if found.Config.Tty { // its two outputs are one
		_, err = text.ReadFrom(stream)
	} else {
		_, err = stdcopy.StdCopy(&text, &text, stream)
	}
	return strings.TrimSuffix(text.String(), "\n"), err
}

// Address returns where on this machine a port of the container is, such as 8080/tcp.
func (c Container) Address(port string) (string, error) {
	_, found, err := inspect(c.Name)
	if err != nil {
		return "", err
	}
	for _, at := range found.NetworkSettings.Ports[network.MustParsePort(port)] {
		return at.HostIP.String() + ":" + at.HostPort, nil
	}
	return "", errors.New(c.Name + " has no port " + port + " on this machine")
}
