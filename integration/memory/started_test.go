package memory_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// heapProgram says what heap its JVM has, and by what name it was started.
const heapProgram = `public class Heap {
    public static void main(String[] args) {
        System.out.println(args[0] + " has a heap of " + (Runtime.getRuntime().maxMemory() >> 20) + "M");
    }
}
`

// TestHoweverAJVMIsStarted starts real JVMs in all the ways that buildpacks and people do. Each is a sidecar of 256M.
// The app begins when they have said their heaps, and is one behind a shell too.
func TestHoweverAJVMIsStarted(t *testing.T) {
	lab.Require(t, lab.JDK)
	expect := NewWithT(t).Expect
	java, err := exec.LookPath("java")
	expect(err).NotTo(HaveOccurred())
	java, err = filepath.EvalSymlinks(java)
	expect(err).NotTo(HaveOccurred())
	home := filepath.Dir(filepath.Dir(java))

	ways := map[string]string{
		"direct":       `["java", "-cp", ".", "Heap", "direct"]`,
		"jar":          `["java", "-jar", "heap.jar", "jar"]`,
		"procfile":     `["bash", "procfile.bash", "java", "-cp", ".", "Heap", "procfile"]`, // what is not direct, as Paketo's Procfile
		"exec":         `["bash", "-c", "exec java -cp . Heap exec"]`,
		"variable":     `"SERVER_PORT=8082 java -cp . Heap variable"`,
		"pwd":          `"$PWD/.java-buildpack/open_jdk_jre/bin/java -cp . Heap pwd"`, // Cloud Foundry's own sample
		"start-script": `["./start.sh"]`,
		"dist-zip":     `["bin/app"]`, // Gradle's, which goes by JAVA_HOME and hands on JAVA_OPTS
	}
	files := lab.Files{
		"Heap.java":     heapProgram,
		"procfile.bash": "exec bash -c '\"$0\" \"$@\"' \"$@\"\n",
		"start.sh":      "#!/bin/sh\nexec java -cp . Heap start-script\n",
		"bin/app":       "#!/bin/sh\nexec \"$JAVA_HOME/bin/java\" $JAVA_OPTS -cp . Heap dist-zip\n",
	}
	declaration, waits := "", []string{}
	for name, command := range ways {
		declaration += fmt.Sprintf("[[sidecars]]\nname = %q\ncommand = %s\nmemory = \"256M\"\nessential = false\n", name, command)
		if name == "dist-zip" {
			declaration += fmt.Sprintf("env = { JAVA_HOME = %q, PATH = \"/none\" }\n", home)
		}
		waits = append(waits, name+` = "completed"`)
	}
	files["sidecar.toml"] = "app.depends-on = { " + strings.Join(waits, ", ") + " }\n" + declaration
	dir := lab.Make(t, files)
	expect(os.MkdirAll(filepath.Join(dir, ".java-buildpack"), 0o755)).To(Succeed())
	expect(os.Symlink(home, filepath.Join(dir, ".java-buildpack", "open_jdk_jre"))).To(Succeed())
	lab.Must(t, "javac", "-d", dir, filepath.Join(dir, "Heap.java"))
	lab.Must(t, "jar", "--create", "--file", dir+"/heap.jar", "--main-class", "Heap", "-C", dir, "Heap.class")
	plan := filepath.Join(dir, "plan.toml")
	lab.Must(t, lab.Program(t, "./cmd/sidecar"), "plan", "--file", filepath.Join(dir, "sidecar.toml"), "--output", plan)

	app := exec.Command(lab.Program(t, "./cmd/supervisor"), "run", "web", "--plan", plan, "--", "bash", "-c", "exec java -cp . Heap app")
	app.Dir = dir
	app.Env = []string{"PATH=" + os.Getenv("PATH"), "BPL_SIDECAR_MEMORY_TOTAL=4G", "JAVA_OPTS=-Xmx1g"} // JAVA_OPTS is the app's
	output, err := app.CombinedOutput()
	expect(err).NotTo(HaveOccurred(), string(output))
	for name := range ways {
		expect(string(output)).To(MatchRegexp(`(?m)^`+name+` \| `+name+` has a heap of (49|5[0-4])M$`), name)
	}
	expect(string(output)).To(MatchRegexp(`(?m)^app has a heap of (49|5)\d+M$`)) // a quarter of the 2G that is left
}
