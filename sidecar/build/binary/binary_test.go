package binary_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	sidecar "github.com/sidecar-buildpack/sidecar/sidecar/build/binary"
)

const (
	glibc = "/lib64/ld-linux-x86-64.so.2"
	musl  = "/lib/ld-musl-x86_64.so.1"
)

// elf64 makes the least that can be loaded: the headers of a little-endian 64-bit file.
func elf64(kind elf.Type, machine elf.Machine, abi elf.OSABI, loader string) string {
	var text bytes.Buffer
	const header, segment = 64, 56
	h := elf.Header64{
		Type: uint16(kind), Machine: uint16(machine), Version: 1, Entry: 1,
		Phoff: header, Ehsize: header, Phentsize: segment, Phnum: 1, Shentsize: 64,
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB)
	h.Ident[elf.EI_VERSION], h.Ident[elf.EI_OSABI] = 1, byte(abi)
	p := elf.Prog64{Type: uint32(elf.PT_LOAD), Off: header + segment}
	if loader != "" {
		p.Type, p.Filesz = uint32(elf.PT_INTERP), uint64(len(loader)+1)
	}
	for _, part := range []any{h, p, []byte(loader + "\x00")} {
		if err := binary.Write(&text, binary.LittleEndian, part); err != nil {
			panic(err)
		}
	}
	return text.String()
}

// elf32 makes the headers of a little-endian 32-bit file.
func elf32(machine elf.Machine) string {
	var text bytes.Buffer
	h := elf.Header32{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Entry: 1, Ehsize: 52, Phentsize: 32, Shentsize: 40}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS32), byte(elf.ELFDATA2LSB), 1
	if err := binary.Write(&text, binary.LittleEndian, h); err != nil {
		panic(err)
	}
	return text.String()
}

func program(machine elf.Machine, loader string) string {
	return elf64(elf.ET_EXEC, machine, elf.ELFOSABI_NONE, loader)
}

func read(t *testing.T, content string) sidecar.Program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	expect := NewWithT(t).Expect
	expect(os.WriteFile(path, []byte(content), 0o755)).To(Succeed())
	p, err := sidecar.Read(path)
	expect(err).NotTo(HaveOccurred())
	return p
}

func TestReadKnowsThisProgram(t *testing.T) {
	path, err := os.Executable()
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	p, err := sidecar.Read(path)
	expect(err).NotTo(HaveOccurred())
	expect(p).To(And(HaveField("OS", runtime.GOOS), HaveField("Arch", runtime.GOARCH), HaveField("Library", false), HaveField("Damage", "")))
}

// image makes a build image of Debian for linux/amd64, with glibc and a shell.
func image(t *testing.T) sidecar.Target {
	t.Helper()
	root := t.TempDir()
	for path, text := range map[string]string{
		glibc: "", "/bin/sh": "", "/usr/bin/env": "", "/etc/os-release": "PRETTY_NAME=\"x\"\nVERSION_ID=\"12\"\nID=debian\n",
		"/layers/node/node/bin/node-of-a-layer": "",
	} {
		path = filepath.Join(root, path)
		NewWithT(t).Expect(os.MkdirAll(filepath.Dir(path), 0o755)).To(Succeed())
		NewWithT(t).Expect(os.WriteFile(path, []byte(text), 0o755)).To(Succeed())
	}
	return sidecar.Target{OS: "linux", Arch: "amd64", Distro: "debian", Layers: filepath.Join(root, "layers"), Root: root}
}

func TestCheck(t *testing.T) {
	well := BeEmpty()
	for _, c := range []struct {
		name    string
		content string
		warning types.GomegaMatcher
		err     types.GomegaMatcher
	}{
		{"static", program(elf.EM_X86_64, ""), well, Succeed()},
		{"position-independent", elf64(elf.ET_DYN, elf.EM_X86_64, elf.ELFOSABI_LINUX, ""), well, Succeed()},
		{"glibc", program(elf.EM_X86_64, glibc), well, Succeed()},
		{"another architecture", program(elf.EM_AARCH64, ""), well,
			MatchError("is built for linux/arm64, and the image is for linux/amd64: use its build for linux/amd64")},
		{"an architecture that Go doesn't have", program(elf.EM_SPARCV9, ""), well,
			MatchError("is built for linux/SPARCV9 ELFCLASS64, and the image is for linux/amd64: use its build for linux/amd64")},
		{"32 bits", elf32(elf.EM_386), Equal("is a 32-bit program (386), which not every amd64 machine can run"), Succeed()},
		{"32 bits of another", elf32(elf.EM_ARM), well, MatchError(HavePrefix("is built for linux/arm, "))},
		{"musl", program(elf.EM_X86_64, musl), well,
			MatchError("is built for musl (Alpine): linked against the loader /lib/ld-musl-x86_64.so.1, which the debian build image " +
				"doesn't have: use a build that is linked statically or against glibc")},
		{"another loader", program(elf.EM_X86_64, "/nix/store/x/ld.so"), well,
			MatchError("is linked against the loader /nix/store/x/ld.so, which the debian build image doesn't have: " +
				"use a build that is linked statically")},
		{"a library", elf64(elf.ET_REL, elf.EM_X86_64, elf.ELFOSABI_NONE, ""), well,
			MatchError("is a library or an object file: name a program")},
		{"FreeBSD", elf64(elf.ET_EXEC, elf.EM_X86_64, elf.ELFOSABI_FREEBSD, ""), well,
			MatchError("is a FreeBSD program, and the image is for linux/amd64: use its build for linux/amd64")},
		{"Solaris", elf64(elf.ET_EXEC, elf.EM_X86_64, elf.ELFOSABI_SOLARIS, ""), well, MatchError(HavePrefix("is a solaris program"))},
		{"macOS", "\xcf\xfa\xed\xfe\x0c\x00\x00\x01", well,
			MatchError("is a macOS program, and the image is for linux/amd64: use its build for linux/amd64")},
		{"macOS for several", "\xca\xfe\xba\xbe\x00\x00\x00\x02", well, MatchError(HavePrefix("is a macOS program"))},
		{"Windows", "MZ\x90\x00", well, MatchError(HavePrefix("is a Windows program"))},
		{"a Java class", "\xca\xfe\xba\xbe\x00\x00\x00\x41", well, MatchError(HavePrefix("is neither a program nor a script"))},
		{"cut off", program(elf.EM_X86_64, "")[:40], HavePrefix("begins like a program, but seems damaged or cut off: "), Succeed()},
		{"text", "echo", well, MatchError("is neither a program nor a script that begins with #!, and can't be started as it is: " +
			"write #!/bin/sh into its first line, or name the program that runs it")},
		{"nothing", "", well, MatchError(HavePrefix("is neither"))},
		{"a script", "#!/bin/sh -e\n", well, Succeed()},
		{"a script without a line's end", "#! /bin/sh", well, Succeed()},
		{"a script of env", "#!/usr/bin/env -S A=b node-of-a-layer --x\n", well, Succeed()},
		{"a script for what isn't there", "#!/usr/bin/node\n", Equal("is a script for /usr/bin/node, " +
			"which the debian build image doesn't have: see that the run image or another buildpack has it"), Succeed()},
		{"a script of env for what isn't there", "#!/usr/bin/env no-such-program\n", HavePrefix("is a script for no-such-program, "), Succeed()},
		{"a script of Windows", "#!/bin/sh\r\n", well, MatchError(`is a script with the line ends of Windows, so that Linux looks for ` +
			`"/bin/sh\r": save it with those of Unix`)},
		{"a script for nothing", "#!\n", well, MatchError("has no interpreter behind #!: write one, such as #!/bin/sh")},
	} {
		t.Run(c.name, func(t *testing.T) {
			warning, err := image(t).Check(read(t, c.content))
			NewWithT(t).Expect(warning).To(c.warning)
			NewWithT(t).Expect(err).To(c.err)
		})
	}
}

func TestCheckKnowsThatARunImageOfAnotherKindMayHaveTheLoader(t *testing.T) {
	target := image(t)
	target.Distro = "alpine"
	warning, err := target.Check(read(t, program(elf.EM_X86_64, musl)))
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(warning).To(HaveSuffix("use a build that is linked statically or against glibc, unless the run image has it"))
}
