// Package binary looks into the file that a command runs, to say at build what would be an exec failure at launch.
package binary

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Program describes who can run a file, by its first bytes.
type Program struct {
	OS          string   // as Go names it; empty: not a program of any system
	Arch        string   // as Go names it; empty where only OS was looked at
	Loader      string   // the dynamic loader's path; empty: statically linked
	Interpreter []string // the words behind a script's #!
	Library     bool     // it can only be linked to, not run
	Damage      string   // why no more could be read of what begins like a program
}

// Read looks into the file at path. One that is no program is no error: its OS is empty.
func Read(path string) (Program, error) {
	file, err := os.Open(path)
	if err != nil {
		return Program{}, err
	}
	defer file.Close()
	head := make([]byte, 256) // as much of a script's first line as Linux heeds
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Program{}, err
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("#!")):
		line, _, _ := strings.Cut(string(head[2:]), "\n")
		return Program{Interpreter: strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })}, nil
	case bytes.HasPrefix(head, []byte("MZ")):
		return Program{OS: "windows"}, nil
	case mach(head):
		return Program{OS: "darwin"}, nil
	case bytes.HasPrefix(head, []byte(elf.ELFMAG)):
		p, err := readELF(file)
		if err != nil {
			return Program{OS: "linux", Damage: err.Error()}, nil
		}
		return p, nil
	}
	return Program{}, nil
}

// mach reports whether a file begins like one of Mach-O, for one architecture or for several. Java's classes begin like the latter, with
// the class file's version, which is 45 or more, in the place of the number of architectures.
func mach(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	switch binary.BigEndian.Uint32(head) {
	case 0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe:
		return true
	case 0xcafebabe:
		return binary.BigEndian.Uint32(head[4:]) < 45
	}
	return false
}

func readELF(file io.ReaderAt) (Program, error) {
	f, err := elf.NewFile(file)
	if err != nil {
		return Program{}, err
	}
	p := Program{OS: system(f.OSABI), Arch: arch(f.FileHeader)}
	p.Library = f.Type != elf.ET_EXEC && f.Type != elf.ET_DYN || f.Entry == 0
	for _, segment := range f.Progs {
		if segment.Type != elf.PT_INTERP {
			continue
		}
		path, err := io.ReadAll(io.LimitReader(segment.Open(), 4096))
		if err != nil {
			return Program{}, err
		}
		p.Loader = string(bytes.TrimRight(path, "\x00"))
	}
	return p, nil
}

// system returns the operating system of an ELF file. Linux's own say either Linux or nothing.
func system(abi elf.OSABI) string {
	switch abi {
	case elf.ELFOSABI_FREEBSD:
		return "freebsd"
	case elf.ELFOSABI_NETBSD:
		return "netbsd"
	case elf.ELFOSABI_OPENBSD:
		return "openbsd"
	case elf.ELFOSABI_SOLARIS:
		return "solaris"
	}
	return "linux"
}

// arch returns the architecture of an ELF file, in ELF's words where Go has none.
func arch(h elf.FileHeader) string {
	if name, ok := archs[machine{h.Machine, h.Class, h.Data}]; ok {
		return name
	}
	return strings.TrimPrefix(fmt.Sprintf("%s %s", h.Machine, h.Class), "EM_")
}

type machine struct {
	elf.Machine
	elf.Class
	elf.Data
}

var archs = map[machine]string{
	{elf.EM_X86_64, elf.ELFCLASS64, elf.ELFDATA2LSB}:  "amd64",
	{elf.EM_AARCH64, elf.ELFCLASS64, elf.ELFDATA2LSB}: "arm64",
	{elf.EM_386, elf.ELFCLASS32, elf.ELFDATA2LSB}:     "386",
	{elf.EM_ARM, elf.ELFCLASS32, elf.ELFDATA2LSB}:     "arm",
	{elf.EM_PPC64, elf.ELFCLASS64, elf.ELFDATA2LSB}:   "ppc64le",
	{elf.EM_RISCV, elf.ELFCLASS64, elf.ELFDATA2LSB}:   "riscv64",
	{elf.EM_S390, elf.ELFCLASS64, elf.ELFDATA2MSB}:    "s390x",
}
