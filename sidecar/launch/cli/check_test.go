package cli_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/cli"
)

func TestCheckMakesOneHealthCheck(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/up" || r.Header.Get("X-Who") != "me" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	tcp := strings.Replace(server.URL, "http", "tcp", 1)
	for want, all := range map[int][][]string{
		0: {{server.URL + "/up", "X-Who: me"}, {"--timeout", "5", server.URL + "/up", "X-Who: me"}, {tcp}},
		1: {{server.URL + "/up"}, {server.URL + "/down", "X-Who: me"}, {"tcp://127.0.0.1:1"}},
		2: {{}, {"127.0.0.1:80"}, {"https://127.0.0.1:443"}, {"http://127.0.0.1/"}, {"http://127.0.0.1:0/"}, {"--timeout", "soon", tcp}},
	} {
		for _, args := range all {
			NewWithT(t).Expect(cli.Main(append([]string{"check"}, args...))).To(Equal(want), "%q", args)
		}
	}
}
