#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_MOST (1 << 20)
#define LOG_KEPT (64 << 10)
#define LOG_LOOK_MS 60000

static bool is_open;

bool log_open(const char *path) {
    // The directory is the user's, who may have put anything there: a FIFO without a reader would hold this up.
    int file = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (file < 0) return false;
    struct stat status;
    is_open = fstat(file, &status) == 0 && S_ISREG(status.st_mode) && dup2(file, STDOUT_FILENO) >= 0 && dup2(file, STDERR_FILENO) >= 0;
    if (file > STDERR_FILENO) close(file);
    return is_open;
}

static void cut(void) {
    static char kept[LOG_KEPT];
    struct stat status;
    if (fstat(STDERR_FILENO, &status) < 0 || status.st_size <= LOG_MOST) return;
    ssize_t size = pread(STDERR_FILENO, kept, sizeof kept, status.st_size - LOG_KEPT);
    if (ftruncate(STDERR_FILENO, 0) < 0 || size <= 0) return;
    // Whole lines, where there are any.
    const char *line = memchr(kept, '\n', (size_t)size), *from = line ? line + 1 : kept, *end = kept + size;
    while (from < end) {
        ssize_t written = write(STDERR_FILENO, from, (size_t)(end - from));
        if (written < 0 && errno != EINTR) return;
        if (written > 0) from += written;
    }
}

int log_bound(void) {
    if (!is_open) return -1;
    cut();
    return LOG_LOOK_MS;
}
