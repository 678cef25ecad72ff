// Package inet reads IP addresses. Package net/netip does too, and would be a thirtieth of the supervisor's size and memory.
package inet

import (
	"strconv"
	"strings"
)

// Address is an IPv6 address, or an IPv4 one as IPv6 maps it: RFC 4291, 2.5.5.2.
type Address [16]byte

// From4 returns the address that is these bytes in IPv4.
func From4(v4 [4]byte) Address {
	return Address{10: 0xff, 11: 0xff, 12: v4[0], 13: v4[1], 14: v4[2], 15: v4[3]}
}

// Is4 reports whether the address is one of IPv4, which As4 returns.
func (a Address) Is4() bool { return [12]byte(a[:12]) == [12]byte{10: 0xff, 11: 0xff} }

// As4 returns the last four bytes, which are all that an IPv4 address has.
func (a Address) As4() [4]byte { return [4]byte(a[12:]) }

// IsLoopback reports whether the address is in 127.0.0.0/8 or ::1.
func (a Address) IsLoopback() bool { return a.Is4() && a[12] == 127 || a == Address{15: 1} }

// Parse reads an address as RFC 4291, 2.2, writes it, or four decimal numbers without leading zeros. A zone is not read.
func Parse(text string) (a Address, ok bool) {
	if !strings.Contains(text, ":") {
		v4, ok := parse4(text)
		return From4(v4), ok
	}
	head, tail, shortened := strings.Cut(text, "::")
	first, isFirst := groups(head, !shortened)
	last, isLast := groups(tail, true)
	size := len(first) + len(last)
	if !isFirst || !isLast || size > len(a) || shortened != (size < len(a)) {
		return a, false
	}
	copy(a[:], first)
	copy(a[len(a)-len(last):], last)
	return a, true
}

// groups reads numbers of up to four hexadecimal digits each and, where they end the address, an IPv4 address as the last two.
func groups(text string, end bool) (all []byte, ok bool) {
	if text == "" {
		return nil, true
	}
	fields := strings.Split(text, ":")
	for i, field := range fields {
		if end && i == len(fields)-1 && strings.Contains(field, ".") {
			v4, ok := parse4(field)
			return append(all, v4[:]...), ok
		}
		n, err := strconv.ParseUint(field, 16, 16)
		if err != nil || len(field) > 4 {
			return nil, false
		}
		all = append(all, byte(n>>8), byte(n))
	}
	return all, true
}

func parse4(text string) (v4 [4]byte, ok bool) {
	fields := strings.Split(text, ".")
	if len(fields) != len(v4) {
		return v4, false
	}
	for i, field := range fields {
		n, err := strconv.ParseUint(field, 10, 8)
		if err != nil || len(field) > 1 && field[0] == '0' {
			return v4, false
		}
		v4[i] = byte(n)
	}
	return v4, true
}

// Endpoint is an address and a port there, and how they were written. The zero Endpoint is none.
type Endpoint struct {
	Address
	Port int // from 0 to 65535
	Text string
}

// ParseEndpoint reads an address and a port, such as 127.0.0.1:9090 or [::1]:9090.
func ParseEndpoint(text string) (e Endpoint, ok bool) {
	i := strings.LastIndexByte(text, ':')
	port, err := strconv.ParseUint(text[i+1:], 10, 16)
	if i < 0 || err != nil {
		return Endpoint{}, false
	}
	host := text[:i]
	if within, ok := strings.CutPrefix(host, "["); ok {
		host, ok = strings.CutSuffix(within, "]")
		if !ok || !strings.Contains(host, ":") {
			return Endpoint{}, false
		}
	} else if strings.Contains(host, ":") {
		return Endpoint{}, false
	}
	address, ok := Parse(host)
	return Endpoint{address, int(port), text}, ok
}
