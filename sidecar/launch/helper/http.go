package helper

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// checkHTTP passes on a last status from 200 to 399. As in Kubernetes, redirects to the same host are followed, one to another host
// passes, and a certificate is not verified: it is rarely made out to the address that a probe asks. Each header reads "Name: value";
// Host replaces the URL's.
func checkHTTP(ctx context.Context, address string, headers []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
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
	client := http.Client{Transport: transport, CheckRedirect: sameHost}
	response, err := client.Do(request)
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // it says again what was asked
	}
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

// sameHost follows redirects to the host that was asked first.
func sameHost(request *http.Request, via []*http.Request) error {
	switch {
	case request.URL.Hostname() != via[0].URL.Hostname():
		return http.ErrUseLastResponse
	case len(via) >= 10:
		return errors.New("stopped after 10 redirects")
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
