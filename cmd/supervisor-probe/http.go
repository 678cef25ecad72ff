package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// checkHTTP passes on a status from 200 to 399, without following redirects. As in Kubernetes a certificate is not verified:
// it is rarely made out to the address that a probe asks. Each header reads "Name: value"; Host replaces the URL's.
func checkHTTP(ctx context.Context, url string, headers []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if err := setHeaders(request, headers); err != nil {
		return err
	}
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
		DisableKeepAlives: true,
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	drain(response.Body, cancel)
	if response.StatusCode < 200 || response.StatusCode > 399 {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}

// drain lets the server finish a short answer: many log a broken pipe where the client leaves in the middle of it.
func drain(body io.Reader, cancel context.CancelFunc) {
	defer time.AfterFunc(100*time.Millisecond, cancel).Stop()
	_, _ = io.CopyN(io.Discard, body, 16<<10)
}

func setHeaders(request *http.Request, headers []string) error {
	request.Header.Set("User-Agent", "sidecar-probe")
	for _, header := range headers {
		name, value, found := strings.Cut(header, ":")
		if !found {
			return fmt.Errorf("header %q has no colon", header)
		}
		request.Header.Set(name, strings.TrimSpace(value))
	}
	if host := request.Header.Get("Host"); host != "" {
		request.Host = host
	}
	return nil
}
