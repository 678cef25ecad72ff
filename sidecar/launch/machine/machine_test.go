package machine

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// A scenario is a plan and a script. A line of the script is what happens, at the time of the line before or at one of its own, and
// behind the arrow what the machine does about it; a line that begins with a bar goes on with that. "say" and "refuse" are given in
// part, "say!" to the letter. What goes without saying is left out: that timers are cancelled, and what only debugging shows.
type scenario struct {
	name   string
	plan   plan.Plan
	script string
}

var starting = []scenario{
	{"the app waits for its sidecars, which don't wait for each other", web(sidecar("a"), sidecar("b")), `
		begin            → spawn a | spawn b
		b runs           →
		a runs           → spawn app
	`},
	{"without sidecars the app is all there is", web(), `
		begin            → spawn app
		app runs         →
		app exits 3      → budget 9s | say exit code 3: web exited with status 3 | exit 3
	`},
	{"a startup probe has to pass first", web(sidecar("a", probed(plan.Startup, 1), probed(plan.Liveness, 1))), `
		begin            → spawn a
		a runs           → watch a startup
		1s a fails startup 1/3  →
		2s a passes startup     → unwatch a startup | watch a liveness | spawn app
	`},
	{"dependencies come first", web(sidecar("a", needs("b", plan.Started)), sidecar("b", needs("c", plan.Started)), sidecar("c")), `
		begin            → spawn c
		c runs           → spawn b
		b runs           → spawn a
		a runs           → spawn app
	`},
	{"ready is more than started", web(sidecar("a", probed(plan.Readiness, 2)), sidecar("b", needs("a", plan.Ready))), `
		begin               → spawn a
		a runs              → watch a readiness
		1s a passes readiness  →
		2s a passes readiness  → spawn b
		b runs              → spawn app
	`},
	{"completed is an exit with 0", web(sidecar("a"), sidecar("b", needs("a", plan.Completed))), `
		begin            → spawn a
		a runs           →
		a exits 0        → spawn b
		b runs           → spawn app
	`},
	{"a sidecar may wait for the app", web(sidecar("a", needs("app", plan.Ready)), appWith(probed(plan.Readiness, 1))), `
		begin                → spawn app
		app runs             → watch app readiness
		app passes readiness → spawn a
	`},
	{"the app goes on without a sidecar that isn't essential", web(sidecar("a", optional), sidecar("b", probed(plan.Startup, 1))), `
		begin            → spawn a | spawn b
		b runs           → watch b startup
		a runs           →
		a exits 1        → say sidecar "a" exited with status 1; web starts without it
		b passes startup → unwatch b startup | spawn app
	`},
	{"but not if it asked for it", web(sidecar("a", optional), appWith(needs("a", plan.Completed))), `
		begin            → spawn a
		a runs           →
		a exits 4        → say! sidecar "a" exited with status 4
		                 | say web can't start: it needs a completed, which exited with status 4 | budget 9s
		                 | exit 4
	`},
	{"a dependency that can't be met any more fails at once, along the chain", web(
		sidecar("vault", optional),
		sidecar("config", optional, needs("vault", plan.Ready)),
		sidecar("proxy", needs("config", plan.Started)),
	), `
		begin            → spawn vault
		vault cannot start 127: no such file → say sidecar "vault" can't be started: no such file
		                 | say sidecar "config" can't start: it needs vault ready, which can't be started: no such file
		                 | say it needs config started, which needs vault ready, which can't be started: no such file; stopping web
		                 | budget 9s | exit 127
	`},
	{"what is ready to start does not when the same end stops all", web(
		sidecar("a", needs("init", plan.Completed)), sidecar("b", needs("init", plan.Ready)), sidecar("init", probed(plan.Readiness, 1))), `
		begin            → spawn init
		init runs        → watch init readiness
		init exits 0     → unwatch init readiness
		                 | say sidecar "b" can't start: it needs init ready, which exited with status 0; stopping web
		                 | budget 9s | shared 200ms
		200ms shared     → say! exit code 1: sidecar "b" can't start: it needs init ready, which exited with status 0 | exit 1
	`},
	{"an app that can't be started", web(sidecar("a")), `
		begin            → spawn a
		a runs           → spawn app
		app cannot start 126: permission denied → say! web can't be started: permission denied | budget 9s | SIGTERM a | grace a 5s
		a exits 0        → say exit code 126: web can't be started: permission denied | exit 126
	`},
	{"a startup probe that never passes", web(sidecar("a", probed(plan.Startup, 1))), `
		begin            → spawn a
		a runs           → watch a startup
		1s a fails startup 3/3 → say sidecar "a" failed its startup probe 3 times: refused | unwatch a startup
		                 | SIGTERM a | grace a 5s
		a exits 0        → say sidecar "a" was ended, since it failed its startup probe (refused); stopping web | budget 9s | exit 1
	`},
}

var waiting = []scenario{
	{"who waits for whom is told after five seconds, and then every thirty", web(
		sidecar("config-server", probed(plan.Readiness, 1), probed(plan.Startup, 1)), appWith(needs("config-server", plan.Ready))), `
		begin            → spawn config-server
		config-server runs → watch config-server startup
		5s waits         → say! web waits for config-server to be ready: no answer yet
		6s config-server fails startup →
		35s waits        → say! web waits for config-server to be ready: refused
		config-server passes startup → unwatch config-server startup | watch config-server readiness
		65s waits        → say! web waits for config-server to be ready: no answer yet
		config-server fails readiness →
		95s waits        → say! web waits for config-server to be ready: refused
		config-server passes readiness → spawn app
		waits            →
	`},
	{"whoever waits for one that waits is told with him", web(
		sidecar("vault", probed(plan.Startup, 1)), sidecar("agent", needs("vault", plan.Started)), sidecar("migrate"),
		sidecar("late", needs("app", plan.Started)), appWith(needs("agent", plan.Ready), needs("migrate", plan.Completed))), `
		begin            → spawn vault | spawn migrate
		migrate runs     →
		5s waits         → say web waits for agent to be ready, which waits for vault to have started: it is being started; migrate to complete
		vault runs       → watch vault startup
		migrate exits 0  →
		35s waits        → say! web waits for agent to be ready, which waits for vault to have started: no answer yet
	`},
	{"the app does not wait for one that isn't essential and has failed", web(
		sidecar("apm", optional, restarts(plan.OnFailure, 5), probed(plan.Startup, 1))), `
		begin            → spawn apm
		apm runs         → watch apm startup
		apm fails startup 3/3 → say sidecar "apm" failed its startup probe 3 times: refused; ending it | unwatch apm startup
		                 | SIGTERM apm | grace apm 5s | say! web starts without sidecar "apm": it is being stopped | spawn app
	`},
	{"nor for one that waits for such a one", web(
		sidecar("vault", optional, probed(plan.Readiness, 1)), sidecar("apm", optional, needs("vault", plan.Ready))), `
		begin            → spawn vault
		vault runs       → watch vault readiness
		vault fails readiness 3/3 → say sidecar "vault" is not ready yet: refused
		                 | say! web starts without sidecar "apm": it waits itself | spawn app
		vault passes readiness → spawn apm
	`},
	{"nor for one that somebody stops, whatever that leaves behind", web(sidecar("apm", optional, probed(plan.Startup, 1))), `
		begin            → spawn apm
		apm runs         → watch apm startup
		stop apm         → unwatch apm startup | SIGTERM apm | grace apm 5s | say stopped as asked | done
		apm exits 0 leaving → SIGTERM rest of apm
		                 | say! web starts without sidecar "apm": it was told to stop and exited with status 0 | spawn app
	`},
	{"but for one that somebody restarts it still waits", web(sidecar("apm", optional, probed(plan.Startup, 1))), `
		begin            → spawn apm
		apm runs         → watch apm startup
		restart apm      → unwatch apm startup | SIGTERM apm | grace apm 5s | say restarted as asked | done
		apm exits 0 leaving → SIGTERM rest of apm
		apm clears       → spawn apm
		apm runs         → watch apm startup
		apm passes startup → unwatch apm startup | spawn app
	`},
	{"whoever waits for the app is told too", web(sidecar("late", needs("app", plan.Ready)), appWith(probed(plan.Readiness, 1))), `
		begin            → spawn app
		app runs         → watch app readiness
		5s waits         → say! sidecar "late" waits for app to be ready: no answer yet
	`},
	{"but for one that it asked for it does", web(
		sidecar("apm", optional, restarts(plan.OnFailure, 5)), appWith(needs("apm", plan.Started))), `
		begin            → spawn apm
		apm cannot start 127: gone → say restarting it in 1s | backoff apm 1s
		5s waits         → say! web waits for apm to have started: it can't be started: gone, and will be started again
	`},
}

var fates = []scenario{
	{"one fate", web(sidecar("config-server")), running("config-server") + `
		config-server exits 137 → say! sidecar "config-server" exited with status 137; stopping web | budget 9s
		                 | SIGTERM app | grace app 9s
		app exits 143    → say exit code 137: sidecar "config-server" exited with status 137 | exit 137
	`},
	{"an essential sidecar has no good end", web(sidecar("a")), running("a") + `
		a exits 0        → say! sidecar "a" exited with status 0; stopping web | budget 9s | SIGTERM app | grace app 9s
		1s app exits 0   → say exit code 1: sidecar "a" exited with status 0 | exit 1
	`},
	{"a job completes", web(sidecar("a"), sidecar("b", needs("a", plan.Started))), running("a", "b") + `
		app exits 0      → budget 9s | SIGTERM b | grace b 5s
		b exits 143      → SIGTERM a | grace a 5s
		a exits 143      → exit 0
	`},
	{"the app's end is the cause, whatever the sidecars exit with", web(sidecar("a")), running("a") + `
		app exits 139    → say web exited with status 139; stopping its sidecars | budget 9s | SIGTERM a | grace a 5s
		a exits 1        → say exit code 139: web exited with status 139 | exit 139
	`},
	{"an app that fails its liveness probe", web(sidecar("a"), appWith(probed(plan.Liveness, 1))), `
		begin            → spawn a
		a runs           → spawn app
		app runs         → watch app liveness
		app fails liveness 3/3 → say web failed its liveness probe 3 times: refused | budget 9s | unwatch app liveness
		                 | SIGTERM app | grace app 8s
		app exits 0      → SIGTERM a | grace a 5s
		a exits 0        → say exit code 1: web failed its liveness probe (refused) | exit 1
	`},
	{"a sidecar that fails its liveness probe", web(sidecar("a", probed(plan.Liveness, 1))), `
		begin            → spawn a
		a runs           → watch a liveness | spawn app
		app runs         →
		a fails liveness 3/3 → say sidecar "a" failed its liveness probe | unwatch a liveness | SIGTERM a | grace a 5s
		5s grace of a    → say has not ended 5s after SIGTERM | SIGKILL a
		a exits 137      → say sidecar "a" was ended, since it failed its liveness probe (refused); stopping web
		                 | budget 9s | SIGTERM app | grace app 9s
		app exits 0      → say exit code 1: sidecar "a" was ended, since it failed its liveness probe (refused) | exit 1
	`},
	{"readiness comes and goes, and is told", web(sidecar("a", probed(plan.Readiness, 1))), `
		begin            → spawn a
		a runs           → watch a readiness | spawn app
		a fails readiness 3/3 → say sidecar "a" is not ready yet: refused
		a fails readiness     →
		a passes readiness    →
		a fails readiness 3/3 → say sidecar "a" is not ready any more: refused
		a fails readiness     →
	`},
}

// Some platforms send SIGTERM to all processes.
var sharing = []scenario{
	{"a SIGTERM that has ended a sidecar before is the cause, and the exit code the app's", web(sidecar("a")), running("a") + `
		a exits 143      → say sidecar "a" exited with status 143; stopping web | budget 9s | SIGTERM app | grace app 9s
		900ms SIGTERM    → say! SIGTERM came, to sidecar "a" too
		8s app exits 7   → exit 7
	`},
	{"it is waited for where all have ended by it", web(sidecar("a"), sidecar("b")), running("a", "b") + `
		a exits 0        → say sidecar "a" exited with status 0; stopping web | budget 9s | SIGTERM app | grace app 8s
		b exits 1        →
		50ms app exits 7 → shared 150ms
		60ms SIGWINCH    →
		100ms SIGTERM    → say! SIGTERM came, to sidecar "a" too | exit 7
	`},
	{"it explains too why another could not be started", web(
		sidecar("a", optional, probed(plan.Startup, 1)), sidecar("b", needs("a", plan.Ready))), `
		begin            → spawn a
		a runs           → watch a startup
		a exits 143      → unwatch a startup | say sidecar "a" exited with status 143
		                 | say sidecar "b" can't start: it needs a ready, which exited with status 143; stopping web | budget 9s
		                 | shared 200ms
		SIGTERM          → say! SIGTERM came, to sidecar "b" too
		                 | say! exit code 143: SIGTERM came, to sidecar "b" too before web was started | exit 143
	`},
	{"but not a crash", web(sidecar("a")), running("a") + `
		a exits 137      → say sidecar "a" exited with status 137; stopping web | budget 9s | SIGTERM app | grace app 9s
		SIGTERM          →
		app exits 7      → say! exit code 137: sidecar "a" exited with status 137 | exit 137
	`},
	{"nor an error of long ago", web(sidecar("a")), running("a") + `
		a exits 3        → say sidecar "a" exited with status 3; stopping web | budget 9s | SIGTERM app | grace app 9s
		100ms SIGTERM    →
		app exits 0      → say! exit code 3: sidecar "a" exited with status 3 | exit 3
	`},
	{"which is not waited for as long", web(sidecar("a")), running("a") + `
		a exits 3        → say sidecar "a" exited with status 3; stopping web | budget 9s | SIGTERM app | grace app 9s
		50ms app exits 7 → shared 50ms
		99ms SIGTERM     → say! SIGTERM came, to sidecar "a" too | exit 7
	`},
	{"nor an end that somebody wanted", web(sidecar("a", optional), sidecar("b", needs("a", plan.Started))), running("a", "b") + `
		restart b        → SIGTERM b | grace b 5s | say restarted as asked | done
		a exits 1        → say sidecar "a" exited with status 1; web goes on without it
		b exits 0        → say sidecar "b" can't start: it needs a started, which exited with status 1; stopping web | budget 9s
		                 | SIGTERM app | grace app 9s
		SIGTERM          →
		app exits 7      → say exit code 1: sidecar "b" can't start: it needs a started, which exited with status 1 | exit 1
	`},
	{"nor what was long before", web(sidecar("a")), running("a") + `
		a exits 143      → say sidecar "a" exited with status 143; stopping web | budget 9s | SIGTERM app | grace app 9s
		1s SIGTERM       →
		app exits 7      → say! exit code 143: sidecar "a" exited with status 143 | exit 143
	`},
	{"an app that has ended by it has its own exit code at once", web(sidecar("a")), running("a") + `
		app exits 7      → say web exited with status 7; stopping its sidecars | budget 9s | SIGTERM a | grace a 5s
		SIGTERM          → say! SIGTERM came, to web too
		a exits 143      → exit 7
	`},
}

var restarting = []scenario{
	{"always, with a growing backoff, until it was too often", web(sidecar("a", restarts(plan.Always, 5))), running("a") + `
		0s  a exits 0    → say sidecar "a" exited with status 0; restarting it in 1s | backoff a 1s
		1s  backoff of a → spawn a
		1s  a runs       →
		1s  a exits 1    → say restarting it in 2s | backoff a 2s
		3s  backoff of a → spawn a
		3s  a runs       →
		3s  a exits 1    → say restarting it in 4s | backoff a 4s
		7s  backoff of a → spawn a
		7s  a runs       →
		7s  a exits 1    → say restarting it in 8s | backoff a 8s
		15s backoff of a → spawn a
		15s a runs       →
		15s a exits 1    → say restarting it in 16s | backoff a 16s
		31s backoff of a → spawn a
		31s a runs       →
		31s a exits 1    → say exited with status 1 and has used up its restarts (5 within 60s); stopping web | budget 9s
		                 | SIGTERM app | grace app 9s
		32s app exits 0  → say exit code 1: sidecar "a" exited with status 1 and has used up its restarts (5 within 60s) | exit 1
	`},
	{"the backoff ends at a minute and begins anew after ten minutes", web(sidecar("a", restarts(plan.Always, 99))), running("a") + `
		0s    a exits 1    → say in 1s | backoff a 1s
		1s    backoff of a → spawn a
		      a runs       →
		      a exits 1    → say in 2s | backoff a 2s
		3s    backoff of a → spawn a
		      a runs       →
		      a exits 1    → say in 4s | backoff a 4s
		7s    backoff of a → spawn a
		      a runs       →
		      a exits 1    → say in 8s | backoff a 8s
		15s   backoff of a → spawn a
		      a runs       →
		      a exits 1    → say in 16s | backoff a 16s
		31s   backoff of a → spawn a
		      a runs       →
		      a exits 1    → say in 32s | backoff a 32s
		63s   backoff of a → spawn a
		      a runs       →
		      a exits 1    → say in 1m0s | backoff a 1m0s
		123s  backoff of a → spawn a
		      a runs       →
		722s  a exits 1    → say in 1m0s | backoff a 1m0s
		782s  backoff of a → spawn a
		      a runs       →
		1382s a exits 1    → say in 1s | backoff a 1s
	`},
	{"the backoff grows too where the process never runs", web(sidecar("a", optional, restarts(plan.Always, 99))), running("a") + `
		700s a exits 1   → say in 1s | backoff a 1s
		701s backoff of a → spawn a
		a cannot start 127: gone → say sidecar "a" can't be started: gone; restarting it in 2s | backoff a 2s
		703s backoff of a → spawn a
		a cannot start 127: gone → say in 4s | backoff a 4s
	`},
	{"on-failure leaves an exit with 0 alone", web(sidecar("a", optional, restarts(plan.OnFailure, 5))), running("a") + `
		a exits 1        → say restarting it in 1s | backoff a 1s
		1s backoff of a  → spawn a
		a runs           →
		a exits 0        → say! sidecar "a" exited with status 0; web goes on without it
	`},
	{"a failed liveness probe is a failure, whatever the exit status", web(
		sidecar("a", restarts(plan.OnFailure, 5), probed(plan.Liveness, 1))), `
		begin            → spawn a
		a runs           → watch a liveness | spawn app
		app runs         →
		a fails liveness 3/3 → say failed its liveness probe | unwatch a liveness | SIGTERM a | grace a 5s
		a exits 0        → say restarting it in 1s | backoff a 1s
		1s backoff of a  → spawn a
		a runs           → watch a liveness
	`},
	{"old restarts don't count", web(sidecar("a", restarts(plan.Always, 1))), running("a") + `
		0s  a exits 1    → say in 1s | backoff a 1s
		1s  backoff of a → spawn a
		a runs           →
		61s a exits 1    → say in 2s | backoff a 2s
		63s backoff of a → spawn a
		a runs           →
		122s a exits 1   → say exited with status 1 and has used up its restarts (1 within 60s) | budget 9s | SIGTERM app | grace app 9s
	`},
	{"a restart waits for what it depends on", web(
		sidecar("a", restarts(plan.Always, 5)), sidecar("b", restarts(plan.Always, 5), needs("a", plan.Started))), running("a", "b") + `
		a exits 1        → say in 1s | backoff a 1s
		b exits 1        → say in 1s | backoff b 1s
		1s backoff of b  → say sidecar "b" is not restarted yet: it needs a started
		1s backoff of a  → spawn a
		a runs           → spawn b
	`},
	{"late results of probes are nobody's", web(sidecar("a", restarts(plan.Always, 5), probed(plan.Startup, 1))), `
		begin            → spawn a
		a runs           → watch a startup
		a exits 1        → unwatch a startup | say in 1s | backoff a 1s
		a passes startup →
		1s backoff of a  → spawn a
		a passes startup →
		a runs           → watch a startup
		earlier a passes startup →
		a passes startup → unwatch a startup | spawn app
	`},
}

var ruling = []scenario{
	{"a code that is a success completes, and is no failure", web(
		sidecar("init", succeedsOn(0, 143)), sidecar("a", needs("init", plan.Completed)),
		sidecar("b", restarts(plan.OnFailure, 5), succeedsOn(7))), `
		begin            → spawn init | spawn b
		init runs        →
		b runs           →
		init exits 143   → spawn a
		a runs           → spawn app
		app runs         →
		b exits 0        → say sidecar "b" exited with status 0; restarting it in 1s | backoff b 1s
		1s backoff of b  → spawn b
		b runs           →
		b exits 7        → say! sidecar "b" exited with status 7; stopping web | budget 9s | SIGTERM app | grace app 8s
	`},
	{"rules for exit codes go before the policy", web(
		sidecar("a", restarts(plan.Never, 5), restartsOn(75)), sidecar("b", optional, restarts(plan.Always, 5), restsOn(64, 75), restartsOn(75))),
		running("a", "b") + `
		a exits 75       → say restarting it in 1s | backoff a 1s
		b exits 75       → say! sidecar "b" exited with status 75; web goes on without it
		1s backoff of a  → spawn a
		a runs           →
		a exits 1        → say! sidecar "a" exited with status 1; stopping web | budget 9s | SIGTERM app | grace app 9s
	`},
	{"the backoff is as declared", web(sidecar("a", restarts(plan.Always, 9), backsOff(0.25, 0.75))), running("a") + `
		a exits 1        → say restarting it in 250ms | backoff a 250ms
		1s backoff of a  → spawn a
		a runs           →
		a exits 1        → say restarting it in 500ms | backoff a 500ms
		2s backoff of a  → spawn a
		a runs           →
		a exits 1        → say restarting it in 750ms | backoff a 750ms
	`},
}

var asking = []scenario{
	{"one that could not be started waits for what it needs", web(
		sidecar("a", needs("b", plan.Started)), sidecar("b", restarts(plan.Always, 5))), `
		begin            → spawn b
		b runs           → spawn a
		restart a        → say restarted as asked | done
		b exits 1        → say restarting it in 1s | backoff b 1s
		a cannot start 127: gone →
		1s backoff of b  → spawn b
		b runs           → spawn a
	`},
	{"a sidecar that runs is stopped first", web(sidecar("a"), sidecar("b", needs("a", plan.Started))), running("a", "b") + `
		restart a        → SIGTERM a | grace a 5s | say restarted as asked | done
		restart b        → refuse sidecar "b" can't be started now: it needs a started
		restart a        → say restarted as asked | done
		5s grace of a    → say killing it | SIGKILL a
		a exits 137      → spawn a
		a runs           →
		restart b        → SIGTERM b | grace b 5s | say restarted as asked | done
		b exits 143      → spawn b
	`},
	{"one that backs off starts at once", web(sidecar("a", restarts(plan.Always, 1))), running("a") + `
		a exits 1        → say in 1s | backoff a 1s
		restart a        → say restarted as asked | done | spawn a
		a runs           →
		a exits 1        → say in 2s | backoff a 2s
	`},
	{"one that has ended starts again", web(sidecar("a", optional)), running("a") + `
		a exits 0        → say goes on without it
		restart a        → say started as asked | done | spawn a
	`},
	{"one that is being started is stopped when it runs", web(sidecar("a")), `
		begin            → spawn a
		restart a        → say restarted as asked | done
		a runs           → SIGTERM a | grace a 5s
		a exits 143      → spawn a
		a runs           → spawn app
	`},
	{"but not where all are stopped meanwhile", web(sidecar("a"), sidecar("b", needs("a", plan.Started))), running("a", "b") + `
		restart a        → SIGTERM a | grace a 5s | say restarted as asked | done
		a exits 143      → spawn a
		restart a        → say restarted as asked | done
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 8s
		a runs           →
		app exits 143    → SIGTERM b | grace b 5s
		b exits 143      → SIGTERM a | grace a 5s
		a exits 143      → exit 143
	`},
	{"what waits, the app and all that is stopping are not restarted", web(sidecar("a"), sidecar("b", needs("a", plan.Started))), `
		begin            → spawn a
		restart b        → refuse sidecar "b" can't be started now: it needs a started
		restart app      → refuse web is the app
		a runs           → spawn b
		SIGTERM          → say SIGTERM came; stopping web | budget 9s
		restart a        → refuse sidecar "a" can't be restarted: everything is being stopped
	`},
}

var stopping = []scenario{
	{"the app first, then against depends-on, each with its own signal and grace", web(
		sidecar("a"), sidecar("b", needs("a", plan.Started), stopsOn("SIGINT"), grace(2)), sidecar("c")), running("a", "c", "b") + `
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 8s
		app exits 143    → SIGINT b | grace b 2s | SIGTERM c | grace c 5s
		c exits 143      →
		2s grace of b    → say sidecar "b" has not ended 2s after SIGINT; killing it | SIGKILL b
		b exits 137      → SIGTERM a | grace a 5s
		a exits 143      → exit 143
	`},
	{"sidecars that came after the app go after it too", web(sidecar("a", needs("app", plan.Started))), `
		begin            → spawn app
		app runs         → spawn a
		a runs           →
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 8s
		app exits 0      → SIGTERM a | grace a 5s
		a exits 0        → exit 0
	`},
	{"the app's own grace, where the budget has room for it", web(sidecar("a"), appWith(grace(3))), running("a") + `
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 3s
		3s grace of app  → say web has not ended 3s after SIGTERM; killing it | SIGKILL app
		app exits 137    → SIGTERM a | grace a 5s
		a exits 143      → say exit code 137: SIGTERM came, and web was killed, since it has not ended 3s after SIGTERM | exit 137
	`},
	{"otherwise what the budget leaves it, with a second for the sidecars", web(sidecar("a"), appWith(grace(20))), running("a") + `
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 8s
	`},
	{"all of the budget where there is nobody behind it", web(appWith(grace(20))), running() + `
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 9s
	`},
	{"probing ends with the stop", web(sidecar("a", probed(plan.Liveness, 1), probed(plan.Readiness, 1))), `
		begin            → spawn a
		a runs           → watch a readiness | watch a liveness | spawn app
		app runs         →
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | unwatch a readiness | unwatch a liveness | SIGTERM app | grace app 8s
		a fails liveness 3/3 →
	`},
	{"a sidecar that runs only now is not probed", web(sidecar("a"), sidecar("b", probed(plan.Liveness, 1))), `
		begin            → spawn a | spawn b
		a cannot start 127: gone → say stopping web | budget 9s
		b runs           → SIGTERM b | grace b 5s
		b exits 143      → say exit code 127: sidecar "a" can't be started: gone | exit 127
	`},
	{"a second SIGTERM gives up the order and most of the wait", web(
		sidecar("a"), sidecar("b", needs("a", plan.Started))), running("a", "b") + `
		0s SIGTERM       → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 8s
		2s SIGTERM       → budget 1s | SIGTERM a | grace a 5s | SIGTERM b | grace b 5s
		3s budget        → say! SIGTERM came again; killing sidecar "a", sidecar "b", web | SIGKILL a
		                 | SIGKILL b | SIGKILL app | give-up 500ms
		a exits 137      →
		b exits 137      →
		app exits 137    → say exit code 137: SIGTERM came, and web was killed, since SIGTERM came again | exit 137
	`},
	{"a third does not give more time", web(), running() + `
		0s SIGTERM       → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 9s
		2s SIGTERM       → budget 1s
		2500ms SIGTERM   → budget 500ms
	`},
	{"what the budget's end leaves alive is left behind", web(sidecar("a")), running("a") + `
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 8s
		8s grace of app  → say killing it | SIGKILL app
		9s budget        → say! the stop budget of 9s is used up; killing sidecar "a", web | SIGKILL a | give-up 500ms
		9s a exits 137   →
		9500ms give-up   → say web can't be killed; leaving it | say exit code 137: SIGTERM came, and web can't be killed | exit 137
	`},
	{"a grace that outlives the budget ends with it", web(sidecar("a", grace(5.2))), running("a") + `
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 8s
		4s app exits 143 → SIGTERM a | grace a 5.2s
		9s budget        → say! the stop budget of 9s is used up; killing sidecar "a" | SIGKILL a | give-up 500ms
		9200ms grace of a →
		a exits 137      → exit 143
	`},
	{"what is spawned after the budget's end is killed", web(sidecar("a")), `
		begin            → spawn a
		SIGTERM          → say SIGTERM came; stopping web | budget 9s
		9s budget        → say killing sidecar "a" | give-up 500ms
		a runs           → SIGKILL a
		a exits 137      → say exit code 143: SIGTERM came before web was started | exit 143
	`},
	{"a stop before the app runs", web(sidecar("a")), `
		begin            → spawn a
		a runs           → spawn app
		SIGTERM          → say SIGTERM came; stopping web | budget 9s
		app runs         → SIGTERM app | grace app 8s
		app exits 0      → SIGTERM a | grace a 5s
		a exits 0        → exit 0
	`},
	{"a stop during a backoff", web(sidecar("a", restarts(plan.Always, 5))), running("a") + `
		a exits 1        → say in 1s | backoff a 1s
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 9s
		app exits 143    → exit 143
	`},
}

var lingering = []scenario{
	{"what a process leaves behind is told too, and has the rest of its grace", web(sidecar("a")), running("a") + `
		0s SIGTERM       → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 8s
		1s app exits 143 leaving → SIGTERM rest of app
		3s app clears    → SIGTERM a | grace a 5s
		4s a exits 143 leaving   → SIGTERM rest of a
		8s grace of a    → SIGKILL rest of a (has not ended 5s after SIGTERM) | grace a 500ms
		8s a clears      → exit 143
	`},
	{"it has all the grace where the process ended by itself", web(sidecar("a", stopsOn("SIGINT"), grace(2))), running("a") + `
		a exits 1 leaving → say stopping web | budget 9s | SIGINT rest of a | grace a 2s | SIGTERM app | grace app 8s
		app exits 0 leaving → SIGTERM rest of app
		2s grace of a    → SIGKILL rest of a (has not ended 2s after SIGINT) | grace a 500ms
		a clears         →
		app clears       → say exit code 1: sidecar "a" exited with status 1 | exit 1
	`},
	{"all is gone before a sidecar starts again", web(sidecar("a", restarts(plan.Always, 5))), running("a") + `
		a exits 1 leaving → say restarting it in 1s | SIGTERM rest of a | grace a 5s
		2s a clears      → backoff a 1s
		3s backoff of a  → spawn a
		a runs           →
		restart a        → SIGTERM a | grace a 5s | say restarted as asked | done
		a exits 0 leaving → SIGTERM rest of a
		restart a        → say restarted as asked | done
		4s a clears      → spawn a
	`},
	{"what can't be killed holds up no restart", web(sidecar("a", restarts(plan.Always, 5))), running("a") + `
		a exits 1 leaving → say restarting it in 1s | SIGTERM rest of a | grace a 5s
		5s grace of a    → SIGKILL rest of a (has not ended 5s after SIGTERM) | grace a 500ms
		5500ms grace of a → say what is left of sidecar "a" can't be killed; leaving it | backoff a 1s
		a clears         →
	`},
	{"of a process that is killed all is", web(sidecar("a")), running("a") + `
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 8s
		8s grace of app  → say web has not ended 8s after SIGTERM; killing it | SIGKILL app
		app exits 137 leaving → SIGKILL rest of app | grace app 500ms
		9s budget        → say the stop budget of 9s is used up; killing sidecar "a", web | SIGKILL a | give-up 500ms
		a exits 137 leaving → SIGKILL rest of a
		a clears         →
		9500ms give-up   → say web can't be killed; leaving it
		                 | say exit code 137: SIGTERM came, and web was killed, since it has not ended 8s after SIGTERM | exit 137
	`},
	{"a restart that is asked for needn't wait for the backoff", web(sidecar("a", restarts(plan.Always, 5))), running("a") + `
		a exits 1 leaving → say restarting it in 1s | SIGTERM rest of a | grace a 5s
		restart a        → say restarted as asked | done
		1s a clears      → spawn a
	`},
	{"who waits for its completion needn't wait for what it left", web(sidecar("a", needs("init", plan.Completed)), sidecar("init")), `
		begin            → spawn init
		init runs        →
		init exits 0 leaving → SIGTERM rest of init | grace init 5s | spawn a
		a runs           → spawn app
		init clears      →
	`},
	{"signals for the app reach what is left of it", web(), running() + `
		SIGINT           → SIGINT app
		app exits 130 leaving → budget 9s | SIGTERM rest of app | grace app 9s
		SIGINT           → SIGINT rest of app
		app clears       → say exit code 130: web exited with status 130 | exit 130
	`},
}

var draining = []scenario{
	{"a delay, a pre-stop, and then the signal", web(
		sidecar("a", drains(1, true)), sidecar("b", drains(0, true)), appWith(drains(3, false))), running("a", "b") + `
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | drain app 3s
		3s drain of app  → SIGTERM app | grace app 5s
		4s app exits 143 → drain a 1s | hook of b | drain b 2.5s
		b hook fails     → say! the pre-stop of sidecar "b" failed: refused | SIGTERM b | grace b 5s
		5s drain of a    → hook of a | drain a 2s
		7s drain of a    → say! the pre-stop of sidecar "a" has not ended in time | no hook of a | SIGTERM a | grace a 5s
		a hook ends      →
		b exits 0        →
		a exits 0        → exit 143
	`},
	{"a second SIGTERM, a failure and an end of its own drain no longer", web(
		sidecar("a", drains(1, true)), sidecar("b", optional, drains(1, true), probed(plan.Liveness, 1)), appWith(drains(3, false))), `
		begin            → spawn a | spawn b
		a runs           →
		b runs           → watch b liveness | spawn app
		app runs         →
		b fails liveness 3/3 → say failed its liveness probe | unwatch b liveness | SIGTERM b | grace b 5s
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | drain app 3s
		1s SIGTERM       → budget 1s | SIGTERM a | grace a 5s | SIGTERM app | grace app 500ms
	`},
	{"of a restart, until all are stopped", web(sidecar("a", drains(1, false)), sidecar("b", drains(1, false)), sidecar("c", drains(1,
		false))),
		running("a", "b", "c") + `
		restart a        → drain a 1s | say restarted as asked | done
		restart b        → drain b 1s | say restarted as asked | done
		stop c           → drain c 1s | say stopped as asked | done
		b exits 0        → spawn b
		c exits 0        →
		restart b        → say restarted as asked | done
		b runs           → drain b 1s
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 8s
		app exits 0      → drain a 1s | drain b 1s
		a exits 0 leaving → SIGTERM rest of a | grace a 5s
		b exits 0        →
		a clears         → exit 0
	`},
	{"of a restart with a pre-stop, which all that are stopped begin anew", web(sidecar("a", drains(0, true))), running("a") + `
		restart a        → hook of a | drain a 5s | say restarted as asked | done
		1s SIGTERM       → say SIGTERM came; stopping web | budget 9s | no hook of a | SIGTERM app | grace app 8s
		app exits 0      → hook of a | drain a 4.5s
		a exits 0        → no hook of a | exit 0
	`},
}

var holding = []scenario{
	{"a sidecar that is stopped stays so until it is started", web(sidecar("a"), sidecar("b", restarts(plan.Always, 5)), sidecar("c")), `
		begin            → spawn a | spawn b | spawn c
		stop c           → say stopped as asked | done
		c cannot start 127: gone →
		start c          → say started as asked | done | spawn c
		a runs           →
		b runs           →
		c runs           → spawn app
		app runs         →
		stop a           → SIGTERM a | grace a 5s | say stopped as asked | done
		start a          → say started again as asked | done
		stop a           → say stopped as asked | done
		a exits 143      →
		stop a           → done
		start a          → say started as asked | done | spawn a
		a runs           →
		b exits 1        → say restarting it in 1s | backoff b 1s
		stop b           → say stopped as asked | done
		start b          → say started as asked | done | spawn b
		b runs           →
		b exits 1 leaving → say restarting it in 2s | SIGTERM rest of b | grace b 5s
		stop b           → say stopped as asked | done
		b clears         →
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 8s
	`},
	{"what waits can be stopped, and what was given up be started", web(
		sidecar("vault", optional, probed(plan.Readiness, 1)), sidecar("a", optional, needs("vault", plan.Ready)),
		sidecar("b", optional, restarts(plan.Always, 5), needs("vault", plan.Ready))), `
		begin            → spawn vault
		stop a           → say stopped as asked | done
		vault runs       → watch vault readiness
		vault passes readiness → spawn b
		b runs           → say! web starts without sidecar "a": somebody has stopped it | spawn app
		app runs         →
		start a          → say started as asked | done | spawn a
		a runs           →
		a exits 0        → say web goes on without it
		b exits 1        → say restarting it in 1s | backoff b 1s
		vault exits 1    → unwatch vault readiness | say web goes on without it
		1s backoff of b  → say! sidecar "b" can't start: it needs vault ready, which exited with status 1; web goes on without it
		restart vault    → say started as asked | done | spawn vault
		vault runs       → watch vault readiness
		vault passes readiness →
		start b          → say started as asked | done | spawn b
	`},
}

var signalling = []scenario{
	{"other signals are the app's", web(sidecar("a")), running("a") + `
		SIGHUP           → SIGHUP app
		SIGINT           → SIGINT app
		SIGWINCH         → SIGWINCH app
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | SIGTERM app | grace app 8s
		SIGUSR1          → SIGUSR1 app
		app exits 130    → SIGTERM a | grace a 5s
		SIGINT           →
		a exits 0        → exit 130
	`},
	{"before the app runs they end all, where they would have ended it", web(sidecar("a")), `
		begin            → spawn a
		SIGWINCH         →
		a runs           → spawn app
		SIGINT           → say SIGINT came; stopping web | budget 9s
		app runs         → SIGTERM app | grace app 8s
		app exits 143    → SIGTERM a | grace a 5s
		a exits 0        → exit 143
	`},
	{"where the app was never started, the signal is the exit code", web(sidecar("a", probed(plan.Startup, 1))), `
		begin            → spawn a
		a runs           → watch a startup
		SIGINT           → say SIGINT came; stopping web | budget 9s | unwatch a startup | SIGTERM a | grace a 5s
		a exits 0        → say! exit code 130: SIGINT came before web was started | exit 130
	`},
	{"an app that has its own way to stop", web(appWith(stopsOn("SIGQUIT"))), running() + `
		SIGTERM          → say SIGTERM came; stopping web | budget 9s | SIGQUIT app | grace app 9s
		app exits 131    → exit 131
	`},
}

func scenarios() map[string][]scenario {
	return map[string][]scenario{
		"starting": starting, "waiting": waiting, "fates": fates, "sharing": sharing, "restarting": restarting, "ruling": ruling,
		"asking":    asking,
		"stopping":  stopping,
		"lingering": lingering, "draining": draining, "holding": holding, "signalling": signalling,
	}
}

func TestScenarios(t *testing.T) {
	for group, scenarios := range scenarios() {
		for _, s := range scenarios {
			t.Run(group+"/"+s.name, func(t *testing.T) { s.play(t) })
		}
	}
}

// running is how a script goes on to the moment at which all run; it names the sidecars in the order of their start.
func running(sidecars ...string) string {
	script := "begin → …\n"
	for _, name := range append(sidecars, plan.AppName) {
		script += name + " runs → …\n"
	}
	return script
}

type option func(*plan.Process)

func sidecar(name string, options ...option) plan.Process {
	p := plan.Process{
		Name: name, Restart: plan.Never, MaxRestarts: 5, RestartWindowSeconds: 60, Essential: true,
		StopSignal: "SIGTERM", StopGracePeriodSeconds: 5, DependsOn: map[string]plan.Condition{},
	}
	for _, o := range options {
		o(&p)
	}
	return p
}

func appWith(options ...option) plan.Process {
	return sidecar(plan.AppName, append([]option{grace(0)}, options...)...)
}

// web is the plan of these processes, with an app of no special wishes where there is none among them.
func web(processes ...plan.Process) plan.Plan {
	p := plan.Plan{Type: "web", App: appWith()}
	for _, q := range processes {
		if q.Name == plan.AppName {
			p.App = q
		} else {
			p.Sidecars = append(p.Sidecars, q)
		}
	}
	return p
}

func optional(p *plan.Process) { p.Essential = false }

func needs(name string, c plan.Condition) option {
	return func(p *plan.Process) { p.DependsOn[name] = c }
}

func restarts(policy plan.Restart, most int) option {
	return func(p *plan.Process) { p.Restart, p.MaxRestarts = policy, most }
}

func drains(delay float64, hook bool) option {
	return func(p *plan.Process) {
		if p.StopDelaySeconds = delay; hook {
			p.PreStop = &plan.Hook{Exec: &plan.Exec{}}
		}
	}
}

func succeedsOn(codes ...int) option {
	return func(p *plan.Process) { p.SuccessExitCodes = codes }
}

func restartsOn(codes ...int) option {
	return func(p *plan.Process) { p.RestartOnExitCodes = codes }
}

func restsOn(codes ...int) option {
	return func(p *plan.Process) { p.NoRestartOnExitCodes = codes }
}

func backsOff(first, most float64) option {
	return func(p *plan.Process) { p.BackoffSeconds, p.BackoffMaxSeconds = first, most }
}

func grace(seconds float64) option {
	return func(p *plan.Process) { p.StopGracePeriodSeconds = seconds }
}

func stopsOn(signal string) option {
	return func(p *plan.Process) { p.StopSignal = signal }
}

// probed adds a probe that passes after so many successes and fails after three failures.
func probed(kind plan.ProbeKind, successes int) option {
	return func(p *plan.Process) {
		*[...]**plan.Probe{&p.StartupProbe, &p.ReadinessProbe, &p.LivenessProbe}[kind] =
			&plan.Probe{SuccessThreshold: successes, FailureThreshold: 3}
	}
}

// stage is where a scenario is played.
type stage struct {
	names  []string
	runs   []int // how often each was spawned
	state  State
	now    At
	walked []passage
}

// continued is where a script's line goes on in the next, which begins with a bar.
var continued = regexp.MustCompile(`\n\s*\|`)

func (s scenario) play(t *testing.T) []passage {
	st := stage{state: New(s.plan, 9*time.Second), runs: make([]int, len(s.plan.Sidecars)+1)}
	for _, p := range s.plan.Processes() {
		st.names = append(st.names, p.Name)
	}
	for line := range strings.Lines(continued.ReplaceAllString(s.script, " |")) {
		if strings.TrimSpace(line) != "" {
			st.play(NewWithT(t), line)
		}
	}
	return st.walked
}

// play lets a line of a script happen.
func (st *stage) play(g *WithT, line string) {
	what, expected, _ := strings.Cut(line, "→")
	words := strings.Fields(what)
	if at, err := time.ParseDuration(words[0]); err == nil {
		st.now, words = At(at), words[1:]
	}
	var done []string
	for _, e := range st.events(words) {
		var actions []Action
		before := st.state
		st.state, actions = Step(before, e)
		st.walked = append(st.walked, walked(before, st.state)...)
		for _, a := range actions {
			if text := st.describe(a); text != "" {
				done = append(done, text)
			}
		}
	}
	var wanted []string
	for action := range strings.SplitSeq(expected, "|") {
		if action = strings.TrimSpace(action); action != "" {
			wanted = append(wanted, action)
		}
	}
	if !slices.Equal(wanted, []string{"…"}) {
		g.Expect(slices.EqualFunc(done, wanted, matches)).To(BeTrue(), "%s\ndid: %s", line, strings.Join(done, " | "))
	}
}

// matches compares what was done with what is expected: of words that are told, a part.
func matches(done, expected string) bool {
	if exact, ok := strings.CutPrefix(expected, "say! "); ok {
		return done == "say "+exact
	}
	for _, words := range []string{"say ", "refuse "} {
		if part, ok := strings.CutPrefix(expected, words); ok {
			return strings.HasPrefix(done, words) && strings.Contains(done, part)
		}
	}
	return done == expected
}

// events are what the words before the arrow stand for. A probe that fails "3/3" fails three times in a row.
func (st *stage) events(words []string) []Event {
	if signal := unix.SignalNum(words[0]); signal != 0 {
		return []Event{Signalled{st.now, signal}}
	}
	switch words[0] {
	case "begin":
		return []Event{Begun{st.now}}
	case "budget":
		return []Event{Expired{st.now, Timer{Kind: Budget}}}
	case "shared":
		return []Event{Expired{st.now, Timer{Kind: Shared}}}
	case "waits":
		return []Event{Expired{st.now, Timer{Kind: Waits}}}
	case "give-up":
		return []Event{Expired{st.now, Timer{Kind: GiveUp}}}
	case "grace":
		return []Event{Expired{st.now, Timer{Grace, st.index(words[2])}}}
	case "backoff":
		return []Event{Expired{st.now, Timer{Backoff, st.index(words[2])}}}
	case "stop":
		return []Event{StopAsked{st.now, st.index(words[1])}}
	case "start":
		return []Event{StartAsked{st.now, st.index(words[1])}}
	case "drain":
		return []Event{Expired{st.now, Timer{Drain, st.index(words[2])}}}
	case "restart":
		return []Event{RestartAsked{st.now, st.index(words[1])}}
	case "earlier":
		e := st.events(words[1:])[0].(Probed)
		e.Run--
		return []Event{e}
	}
	i := st.index(words[0])
	switch words[1] {
	case "runs":
		return []Event{Spawned{st.now, i}}
	case "hook": // of a ends, or fails
		problem := map[bool]string{true: "refused"}[words[2] == "fails"]
		return []Event{PreStopped{st.now, i, st.runs[i], problem}}
	case "exits":
		return []Event{Exited{At: st.now, Proc: i, Code: number(words[2]), Left: len(words) - 3}} // "leaving" says that something is left
	case "clears":
		return []Event{Cleared{st.now, i}}
	case "cannot": // start 127: why
		return []Event{Exited{At: st.now, Proc: i, Code: number(strings.Trim(words[3], ":")), Reason: strings.Join(words[4:], " ")}}
	}
	e := Probed{At: st.now, Proc: i, Run: st.runs[i], Kind: kindOf(words[2]), Passed: words[1] == "passes", Reason: "refused"}
	if slices.Equal(words[3:], []string{"3/3"}) {
		return []Event{e, e, e}
	}
	return []Event{e}
}

func (st *stage) index(name string) int { return slices.Index(st.names, name) }

func number(word string) int {
	n, err := strconv.Atoi(word)
	if err != nil {
		panic(err)
	}
	return n
}

func kindOf(name string) plan.ProbeKind {
	kinds := []plan.ProbeKind{plan.Startup, plan.Readiness, plan.Liveness}
	return plan.ProbeKind(slices.IndexFunc(kinds, func(k plan.ProbeKind) bool { return k.String() == name }))
}

// describe writes an action as scripts do; what they leave out is empty.
func (st *stage) describe(a Action) string {
	switch a := a.(type) {
	case Spawn:
		st.runs[a.Proc] = a.Run
		return "spawn " + st.names[a.Proc]
	case Signal:
		return unix.SignalName(a.Signal) + " " + st.names[a.Proc]
	case RunPreStop:
		return "hook of " + st.names[a.Proc]
	case EndPreStop:
		return "no hook of " + st.names[a.Proc]
	case SignalRest:
		if a.Why != "" {
			a.Why = " (" + a.Why + ")"
		}
		return unix.SignalName(a.Signal) + " rest of " + st.names[a.Proc] + a.Why
	case SetTimer:
		switch a.Timer.Kind {
		case Waits:
			return ""
		case Shared:
			return "shared " + a.After.String()
		case Drain:
			return fmt.Sprintf("drain %s %v", st.names[a.Timer.Proc], a.After)
		}
		return [...]string{"backoff " + st.names[a.Timer.Proc], "grace " + st.names[a.Timer.Proc], "budget", "give-up"}[a.Timer.Kind] +
			" " + a.After.String()
	case StartProbe:
		return fmt.Sprintf("watch %s %v", st.names[a.Proc], a.Kind)
	case StopProbe:
		return fmt.Sprintf("unwatch %s %v", st.names[a.Proc], a.Kind)
	case Report:
		if a.Level == Info {
			return "say " + a.Text
		}
	case Answer:
		if a.Refused != "" {
			return "refuse " + a.Refused
		}
		return "done"
	case Finish:
		return "exit " + strconv.Itoa(a.Code)
	}
	return ""
}

// TestExceeding says of a process that has a little too much more than that it uses 64M of 64M.
func TestExceeding(t *testing.T) {
	for used, says := range map[plan.Size]string{64*plan.M + 1024: "uses 65537K", 81 * plan.M: "uses 81M", 2 * plan.G: "uses 2G"} {
		p := web(sidecar("a"))
		p.Sidecars[0].Memory, p.Sidecars[0].MemoryPolicy = 64*plan.M, plan.WarnOver
		state, _ := Step(New(p, time.Second), Begun{})
		state, _ = Step(state, Spawned{Proc: 0})
		_, actions := Step(state, Exceeded{Proc: 0, Run: 1, Used: used})
		want := `sidecar "a" ` + says + ", more than its 64M of memory"
		if !slices.Contains(actions, Action(Report{Info, want})) {
			t.Errorf("%d: %v, and not %q", used, actions, want)
		}
	}
}
