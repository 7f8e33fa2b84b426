#include "endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 256
#define BUSY_LIMIT_SEC 10

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

int endpoint_listen(const char *path) {
    char fresh[PATH_MAX];
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.%d", path, getpid()) >= sizeof fresh) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (!is_free(path)) return -1;
    unlink(fresh);
    mode_t mask = umask(0177);
    int listener = socket_at(fresh, bind);
    umask(mask);
    if (listener < 0) return -1;
    // Who sees the name can connect: the file gets it when somebody listens.
    if (listen(listener, BACKLOG) == 0 && stat(fresh, &own) == 0 && rename(fresh, path) == 0) return listener;
    int error = errno;
    close(listener);
    unlink(fresh);
    errno = error;
    return -1;
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
