package inet_test

import (
	"net/netip"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/inet"
)

var texts = []string{
	"127.0.0.1", "0.0.0.0", "255.255.255.255", "256.0.0.1", "01.2.3.4", "1.2.3", "1.2.3.4.5", "1..2.3", "+1.2.3.4", "",
	"::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "1:2:3::5:6:7:8",
	"::12345", "fe80::1%eth0",
	"::ffff:127.0.0.1", "::ffff:7f00:1", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::", "::1.2.3.4:5", "::1.2.3.04",
	"1.2.3.4:5::",
	":", ":::", "1:::2", "::1::2", ":1::2", "1::2:", "g::", "FE80::ABCD", "::-1", "localhost",
	"127.0.0.1:9090", "[::1]:9090", "[::1%lo]:9090", "::1:9090", "[127.0.0.1]:9090", "[::ffff:127.0.0.1]:80", "127.0.0.1:", ":80", "[]:80",
	"[::1]",
	"[::1]80", "[::1:80", "::1]:80", "127.0.0.1:65535", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:080", "[[::1]]:80",
}

func TestReadsWhatNetipReads(t *testing.T) {
	for _, text := range texts {
		check(t, text)
	}
}

func FuzzReadsWhatNetipReads(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(check)
}

func check(t *testing.T, text string) {
	expect := NewWithT(t).Expect
	want, err := netip.ParseAddr(text)
	address, ok := inet.Parse(text)
	expect(ok).To(Equal(err == nil && want.Zone() == ""), text)
	if ok {
		expect(address).To(BeEquivalentTo(want.As16()), text)
		expect(address.Is4()).To(Equal(want.Unmap().Is4()), text)
		expect(address.IsLoopback()).To(Equal(want.IsLoopback()), text)
	}
	both, err := netip.ParseAddrPort(text)
	endpoint, ok := inet.ParseEndpoint(text)
	expect(ok).To(Equal(err == nil && both.Addr().Zone() == ""), text)
	if ok {
		expect(endpoint).To(Equal(inet.Endpoint{Address: both.Addr().As16(), Port: int(both.Port()), Text: text}))
	}
}

func TestAnIPv4AddressIsItsLastFourBytes(t *testing.T) {
	NewWithT(t).Expect(inet.From4([4]byte{127, 0, 0, 1}).As4()).To(Equal([4]byte{127, 0, 0, 1}))
}
