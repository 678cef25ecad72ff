/*
 * What the benchmarks run as the app and as its sidecars.
 *
 *   child NAME FIFO WORD...         do what the words say, one after the other, and then wait for SIGTERM
 *   child begin FIFO COMMAND...     write when COMMAND is begun, and become it
 *
 * It is told through the FIFO what happened when, in lines that are written whole: WHAT NAME PID NANOSECONDS BYTES.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 100 };

static const char *name;
static int fifo;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void tell(const char *what, const char *suffix, long long when, long long bytes) {
  char line[256];
  int n = snprintf(line, sizeof line, "%s %s%s %d %lld %lld\n", what, name, suffix, (int)getpid(), when, bytes);
  if (write(fifo, line, n) != n) _exit(120);
}

static void leave(int signal) {
  (void)signal;
  _exit(0);
}

static void on_end(void (*what)(int)) {
  signal(SIGTERM, what);
  signal(SIGINT, what);
  signal(SIGHUP, what);
}

/* rest waits for a signal, but not for ever: whatever becomes of the benchmarks, nothing of them stays. */
static void rest(void) {
  alarm(600);
  for (;;) pause();
}

static void nap(long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
  nanosleep(&t, NULL);
}

/* put is patient: some supervisors make the pipe that they share with the app non-blocking. */
static void put(const char *text, size_t length) {
  while (length) {
    ssize_t n = write(1, text, length);
    if (n < 0 && errno == EAGAIN) {
      struct pollfd room = {.fd = 1, .events = POLLOUT};
      poll(&room, 1, -1);
      continue;
    }
    if (n < 0) _exit(121);
    text += n;
    length -= n;
  }
}

/* heir leaves a process behind in this one's group, deaf to SIGTERM. */
static void heir(void) {
  if (fork()) return;
  on_end(SIG_IGN);
  tell("up", ".heir", now(), 0);
  rest();
}

/* daemonise leaves a process behind as daemons do: a session of its own, no parent, no terminal, no output. */
static void daemonise(void) {
  pid_t middle = fork();
  if (middle) {
    waitpid(middle, NULL, 0);
    return;
  }
  setsid();
  if (fork()) _exit(0);
  int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; fd++) dup2(null, fd);
  on_end(SIG_DFL);
  tell("up", ".daemon", now(), 0);
  rest();
}

/* orphan leaves a process behind that ends soon: a zombie, unless somebody awaits it. */
static void orphan(void) {
  pid_t middle = fork();
  if (middle) {
    waitpid(middle, NULL, 0);
    return;
  }
  if (!fork()) nap(50);
  _exit(0);
}

/* spew writes lines in writes of so many bytes for so many milliseconds, and ends with a whole line. */
static void spew(size_t size, long ms) {
  char *text = malloc(size + LINE);
  for (size_t i = 0; i < size + LINE; i++) text[i] = (i + 1) % LINE ? 'a' + i % LINE % 26 : '\n';
  long long begin = now(), bytes = 0;
  for (size_t at = 0; now() < begin + ms * 1000000LL || at; at = (at + size) % LINE) {
    put(text + at, size);
    bytes += size;
  }
  tell("spewed", "", begin, bytes);
}

/* numbered writes lines such as {sidecar1 000042 xxxxx}: each in one write, or torn into writes of all sizes. */
static void numbered(long lines, int torn) {
  size_t length = 0, at = 0;
  char *text = malloc(lines * 200);
  unsigned seed = getpid();
  for (long i = 0; i < lines; i++) {
    size_t start = length;
    length += sprintf(text + length, "{%s %06ld ", name, i);
    size_t fill = rand_r(&seed) % 120;
    memset(text + length, 'x', fill);
    length += fill;
    text[length++] = '}';
    text[length++] = '\n';
    if (!torn) put(text + start, length - start);
  }
  while (torn && at < length) {
    size_t size = 1 + rand_r(&seed) % 3000;
    if (size > length - at) size = length - at;
    put(text + at, size);
    at += size;
  }
  free(text);
  tell("written", "", now(), length);
}

/* endless writes a line of that many bytes. */
static void endless(long bytes) {
  static char text[1 << 16];
  memset(text, 'x', sizeof text);
  for (long left = bytes; left > 0; left -= sizeof text) put(text, sizeof text);
  put("\n", 1);
}

static void act(const char *word, long long begin) {
  long a = 0, b = 0;
  if (!strcmp(word, "up")) tell("up", "", begin, 0);
  else if (!strcmp(word, "deaf")) on_end(SIG_IGN);
  else if (!strcmp(word, "heir")) heir();
  else if (!strcmp(word, "daemon")) daemonise();
  else if (!strcmp(word, "orphan")) orphan();
  else if (!strcmp(word, "unfinished")) put("unfinished", 10);
  else if (sscanf(word, "nap=%ld", &a)) nap(a);
  else if (sscanf(word, "spew=%ld,%ld", &a, &b) == 2) spew(a, b);
  else if (sscanf(word, "whole=%ld", &a)) numbered(a, 0);
  else if (sscanf(word, "torn=%ld", &a)) numbered(a, 1);
  else if (sscanf(word, "endless=%ld", &a)) endless(a);
  else if (sscanf(word, "exit=%ld", &a)) exit(a);
  else _exit(122);
}

int main(int count, char **argument) {
  long long begin = now();
  if (count < 3) return 2;
  name = argument[1];
  fifo = open(argument[2], O_WRONLY | O_CLOEXEC);
  if (!strcmp(name, "begin")) {
    tell("begin", "", now(), 0);
    execvp(argument[3], argument + 3);
    perror(argument[3]);
    return 127;
  }
  signal(SIGPIPE, SIG_IGN);
  on_end(leave);
  for (int i = 3; i < count; i++) act(argument[i], begin);
  rest();
}
