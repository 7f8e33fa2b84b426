#include "endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 256
#define BUSY_LIMIT_SEC 10
// Longer than another agent takes that finds a busy one.
#define LOCK_LIMIT_MS 15000
#define LOCK_TICK_MS 10

static struct stat own; // the file that this process listens on

// The address of a path; one that is too long for it goes by its directory's descriptor, which is to be closed then, or is -1.
static bool address_of(const char *path, struct sockaddr_un *address, int *directory) {
    *directory = -1;
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) < sizeof address->sun_path) {
        strcpy(address->sun_path, path);
        return true;
    }
    const char *name = strrchr(path, '/');
    char parent[PATH_MAX];
    if (!name || (size_t)(name - path) >= sizeof parent) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(parent, path, (size_t)(name - path));
    parent[name - path] = 0;
    *directory = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*directory < 0) return false;
    int length = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d%s", *directory, name);
    if ((size_t)length < sizeof address->sun_path) return true;
    close(*directory);
    errno = ENAMETOOLONG;
    return false;
}

typedef int (*reach)(int, const struct sockaddr *, socklen_t);

// A socket that is bound or connected to a path; -1 with errno.
static int socket_at(const char *path, reach reach) {
    struct sockaddr_un address;
    int directory;
    if (!address_of(path, &address, &directory)) return -1;
    int made = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct timeval limit = {BUSY_LIMIT_SEC, 0};
    if (made >= 0) setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (made >= 0 && reach(made, (struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        close(made);
        errno = error;
        made = -1;
    }
    if (directory >= 0) {
        int error = errno;
        close(directory);
        errno = error;
    }
    return made;
}

int endpoint_connect(const char *path) {
    return socket_at(path, connect);
}

// Whether what stands at a path may go: nothing, or a socket that nobody listens on.
static bool is_free(const char *path) {
    struct stat there;
    if (lstat(path, &there) < 0) return errno == ENOENT;
    errno = EADDRINUSE;
    if (!S_ISSOCK(there.st_mode)) return false;
    int probe = endpoint_connect(path);
    if (probe < 0) return errno == ECONNREFUSED;
    close(probe);
    errno = EADDRINUSE;
    return false;
}

// Two agents do not look and listen at one time: the lock of the directory is its holder's alone. Its descriptor, or -1 with errno.
static int lock_directory_of(const char *path) {
    const char *name = strrchr(path, '/');
    char parent[PATH_MAX] = ".";
    if (name) snprintf(parent, sizeof parent, "%.*s", name == path ? 1 : (int)(name - path), path);
    int directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int tries = LOCK_LIMIT_MS / LOCK_TICK_MS; directory >= 0 && flock(directory, LOCK_EX | LOCK_NB) < 0; poll(NULL, 0, LOCK_TICK_MS)) {
        if (errno == EWOULDBLOCK && tries-- > 0) continue;
        int error = errno;
        close(directory);
        errno = error;
        return -1;
    }
    return directory;
}

// Listens under a name of its own, since who sees the name can connect: the file gets it when somebody listens.
static int listen_as(const char *path) {
    char fresh[PATH_MAX];
    unsigned long long random;
    // The number of a process is another's in another container.
    if (getrandom(&random, sizeof random, 0) != sizeof random) return -1;
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.%llx", path, random) >= sizeof fresh) {
        errno = ENAMETOOLONG;
        return -1;
    }
    mode_t mask = umask(0177);
    int listener = socket_at(fresh, bind);
    umask(mask);
    if (listener < 0) return -1;
    if (listen(listener, BACKLOG) == 0 && stat(fresh, &own) == 0 && rename(fresh, path) == 0) return listener;
    int error = errno;
    close(listener);
    unlink(fresh);
    errno = error;
    return -1;
}

int endpoint_listen(const char *path) {
    int lock = lock_directory_of(path);
    if (lock < 0) return -1;
    int listener = is_free(path) ? listen_as(path) : -1, error = errno;
    close(lock);
    errno = error;
    return listener;
}

void endpoint_remove(const char *path) {
    struct stat there;
    if (lstat(path, &there) == 0 && there.st_dev == own.st_dev && there.st_ino == own.st_ino) unlink(path);
}

bool endpoint_is_own(int socket) {
    struct ucred other;
    socklen_t size = sizeof other;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 && size == sizeof other && other.uid == geteuid();
}
