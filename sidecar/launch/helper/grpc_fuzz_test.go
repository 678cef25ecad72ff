package helper

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/sidecar-buildpack/sidecar/integration/bounded"
)

func FuzzGRPCAnswer(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x02\x08\x01"), "0", "")
	f.Add([]byte("\x00\x00\x00\x00\x02\x08\x02"), "12", "not%20there%")
	f.Add([]byte("\x00\xff\xff\xff\xff\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), "0", "")
	f.Fuzz(func(t *testing.T, body []byte, status, message string) {
		bounded.Do(t, 1<<20, func() {
			answer, err := readAnswer(&http.Response{
				StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body)),
				Trailer: http.Header{"Grpc-Status": {status}, "Grpc-Message": {message}},
			})
			if err == nil {
				_ = judge(answer)
			}
		})
	})
}
