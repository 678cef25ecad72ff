// A child of the campaign: child DIRECTORY NAME LINES LIFE STATUS TERM READY WAYS
// It tells DIRECTORY/socket what it does, writes LINES lines, says READY=1 after READY milliseconds (negative: never), and ends with STATUS
// after LIFE milliseconds (0: never). It meets SIGTERM by ending with TERM, or not at all where that is negative. Each letter of WAYS is
// something more: d leaves a deaf daemon behind, o one that obeys, h forks until it can't (400 times at most), e uses up to 256 MB.
// It is C, since a runtime with threads is itself broken by a want of processes.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int stage = -1;
static const char *dir, *name;
static sigset_t terms;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void say(const char *event, long long detail) {
  char text[200];
  int n = snprintf(text, sizeof text, "%s %lld %lld", event, now(), detail);
  while (send(stage, text, n, MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

// born is when the kernel says that the process began, in ticks.
static long long born(void) {
  char text[1000];
  int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC), n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0) return 0;
  text[n] = 0;
  char *field = strrchr(text, ')');
  for (int i = 2; field && i < 22; i++) field = strchr(field + 1, ' ');
  return field ? atoll(field) : 0;
}

static void enter(const char *suffix) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  char text[200];
  snprintf(to.sun_path, sizeof to.sun_path, "%s/socket", dir);
  stage = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (stage < 0 || connect(stage, (struct sockaddr *)&to, sizeof to)) _exit(99);
  int n = snprintf(text, sizeof text, "hello %s%s %d", name, suffix, getpid());
  send(stage, text, n, MSG_NOSIGNAL);
  say("start", born());
}

// lock is held by all that a run leaves behind, too.
static void lock(void) {
  char path[200];
  snprintf(path, sizeof path, "%s/%s.lock", dir, name);
  int fd = open(path, O_CREAT | O_RDWR, 0666);
  if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) say("locked", 0);
}

static void be_daemon(int obeys) {
  if (fork()) return;
  setsid();
  close(stage);
  enter("-daemon");
  for (;;) {
    if (sigwaitinfo(&terms, NULL) != SIGTERM) continue;
    say("term", obeys ? 0 : -1);
    if (obeys) _exit(0);
  }
}

static void hoard(void) {
  int n = 0;
  for (; n < 400; n++) {
    int pid = fork();
    if (pid < 0) break;
    if (pid == 0) {
      close(stage);
      for (;;) pause();
    }
  }
  say("hoarded", n);
}

static void eat(void) {
  for (int i = 0; i < 256; i++) {
    char *p = malloc(1 << 20);
    if (p) memset(p, i + 1, 1 << 20);
    usleep(1000);
  }
}

static void ready(void) {
  const char *address = getenv("NOTIFY_SOCKET");
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  say("ready", 0);
  if (!address) return;
  int n = snprintf(to.sun_path, sizeof to.sun_path, "%s", address);
  if (*address == '@') to.sun_path[0] = 0;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&to, (char *)to.sun_path - (char *)&to + n);
  close(fd);
}

static void write_lines(int lines) {
  char text[1000];
  int i = 0;
  for (; i < lines; i++) {
    int n = snprintf(text, sizeof text, "%d of %s by %d: %0*d.\n", i, name, getpid(), i * 37 % 500 + 1, i);
    if (write(1, text, n) != n) break;
  }
  if (i == lines) say("wrote", lines);
}

int main(int argc, char **argv) {
  sigemptyset(&terms);
  sigaddset(&terms, SIGTERM);
  sigprocmask(SIG_BLOCK, &terms, NULL);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  if (argc != 9) return 99;
  long long start = now(), life = atoll(argv[4]), soon = atoll(argv[7]);
  int status = atoi(argv[5]), term = atoi(argv[6]);
  dir = argv[1], name = argv[2];
  enter("");
  lock();
  if (strchr(argv[8], 'd')) be_daemon(0);
  if (strchr(argv[8], 'o')) be_daemon(1);
  if (strchr(argv[8], 'h')) hoard();
  write_lines(atoi(argv[3]));
  if (strchr(argv[8], 'e')) eat();
  for (;;) {
    long long past = (now() - start) / 1000000, wait = 1000;
    if (soon >= 0 && past >= soon) {
      ready();
      soon = -1;
    }
    if (life > 0 && past >= life) {
      say("exit", status);
      _exit(status);
    }
    if (soon >= 0 && soon - past < wait) wait = soon - past;
    if (life > 0 && life - past < wait) wait = life - past;
    struct timespec t = {wait / 1000, wait % 1000 * 1000000};
    if (sigtimedwait(&terms, NULL, &t) == SIGTERM) {
      say("term", term);
      if (term >= 0) _exit(term);
    }
  }
}
