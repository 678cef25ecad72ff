// A child of the endurance runs: child orphans N, or child lines GIGABYTES. It does that, and ends with 0.
// orphans: N processes end as soon as they begin, each after its parent. lines: lines of 100 bytes, in writes of 64 KB.
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE = 100, LINES = 655 };

static void orphans(long n) {
  for (; n > 0; n--) {
    pid_t parent = fork();
    if (parent == 0) _exit(fork() < 0);
    int status;
    if (parent < 0 || waitpid(parent, &status, 0) < 0 || status) n++, usleep(1000); // there are too many for a moment
  }
}

static void lines(long long bytes) {
  static char text[LINE * LINES];
  memset(text, 'x', sizeof text);
  for (int i = 1; i <= LINES; i++) text[i * LINE - 1] = '\n';
  while (bytes > 0) {
    ssize_t n = write(1, text, sizeof text);
    if (n < 0) _exit(1);
    bytes -= n;
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  if (!strcmp(argv[1], "orphans")) orphans(atol(argv[2]));
  else lines(atoll(argv[2]) * 1000000000);
}
