package helper

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"google.golang.org/protobuf/encoding/protowire"
)

// checkGRPC passes where grpc.health.v1's Health/Check says SERVING; an empty service asks for the server as a whole.
// The call is made on net/http's HTTP/2: the gRPC library would double the binary and what it takes of the container's memory.
func checkGRPC(ctx context.Context, address, service string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost,
		"http://"+address+"/grpc.health.v1.Health/Check", bytes.NewReader(frame(healthCheckRequest(service))))
	if err != nil {
		return err
	}
	request.Header = http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}, "User-Agent": {"sidecar-probe"}}
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	message, err := readAnswer(response)
	if err != nil {
		return err
	}
	return judge(message)
}

const (
	framePrefix = 5       // a flag for compression and the length of the message
	maxMessage  = 4 << 10 // bytes; the answer has one small field
)

// frame is a message, uncompressed, as gRPC sends it over HTTP/2.
func frame(message []byte) []byte {
	prefix := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
	return append(prefix, message...)
}

// healthCheckRequest is HealthCheckRequest{service = 1}.
func healthCheckRequest(service string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), service)
}

// readAnswer is the message of a successful call. The call's own status follows the message, or stands in the header of an
// answer that has none.
func readAnswer(response *http.Response) ([]byte, error) {
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("not gRPC: HTTP status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, framePrefix+maxMessage))
	if err != nil {
		return nil, err
	}
	if len(body) >= framePrefix+maxMessage {
		return nil, fmt.Errorf("not a health check: the answer is longer than %d bytes", maxMessage)
	}
	trailer := response.Trailer
	if response.Header.Get("Grpc-Status") != "" {
		trailer = response.Header
	}
	switch status := trailer.Get("Grpc-Status"); status {
	case "0":
	case "":
		return nil, errors.New("not gRPC: the answer has no grpc-status")
	default:
		reason, _ := url.PathUnescape(trailer.Get("Grpc-Message"))
		return nil, fmt.Errorf("grpc-status %s, %q", status, reason)
	}
	if len(body) < framePrefix || body[0] != 0 || uint64(binary.BigEndian.Uint32(body[1:])) != uint64(len(body)-framePrefix) {
		return nil, errors.New("not gRPC: the answer is not one whole message")
	}
	return body[framePrefix:], nil
}

// judge reads HealthCheckResponse{status = 1}.
func judge(message []byte) error {
	var status uint64
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
			return protowire.ParseError(n)
		}
		if number == 1 && kind == protowire.VarintType {
			status, _ = protowire.ConsumeVarint(message)
		}
		message = message[n:]
	}
	names := []string{"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"}
	switch {
	case status == 1:
		return nil
	case status < uint64(len(names)):
		return errors.New(names[status])
	}
	return fmt.Errorf("status %d", status)
}
