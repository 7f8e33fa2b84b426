#include "relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"
#include "descendants.h"

#define RETRY_LEAST_MS 5
#define RETRY_MOST_MS 50
#define BLOCK_BYTES (64 * 1024)

static const int on = 1;

// The address and its length; 0 for what is no address. Names are for the caller to look up: a static program has no name service.
static socklen_t address_of(const char *text, unsigned port, struct sockaddr_storage *address) {
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
        return sizeof *four;
    }
    if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1) return 0;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)port);
    return sizeof *six;
}

// A connection; -1 with errno.
static int connection_to(const char *text, unsigned port, long long left_ms) {
    struct sockaddr_storage address;
    socklen_t length = address_of(text, port, &address);
    if (!length) {
        errno = EINVAL;
        return -1;
    }
    int made = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) return -1;
    struct timeval limit = {left_ms / 1000, left_ms % 1000 * 1000 + 1}, none = {0};
    setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(made, (struct sockaddr *)&address, length) < 0) {
        // socket(7), SO_SNDTIMEO: so a connection that took too long is called.
        int error = errno == EINPROGRESS ? ETIMEDOUT : errno;
        close(made);
        errno = error;
        return -1;
    }
    setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none);
    return made;
}

// Whoever has waited for long loses little by some more of it, and a node that starts many containers needs its CPUs.
static int pause_after(long long waited_ms) {
    long long pause = waited_ms / 40;
    return pause < RETRY_LEAST_MS ? RETRY_LEAST_MS : pause > RETRY_MOST_MS ? RETRY_MOST_MS : (int)pause;
}

static int connect_to_any(const char *const *addresses, unsigned port, int wait_ms) {
    long long begin = now_ms(), end = begin + wait_ms;
    int count = 0;
    while (addresses[count]) count++;
    while (true) {
        for (const char *const *address = addresses; *address; address++) {
            // One that drops packets leaves those behind it their share.
            long long left = (end - now_ms()) / (count - (address - addresses));
            int made = connection_to(*address, port, left > 0 ? left : 0);
            if (made >= 0) return made;
        }
        long long now = now_ms();
        if (now >= end) return -1;
        // Whoever would use the connection may have gone.
        int error = errno;
        struct pollfd asked = {STDIN_FILENO, 0, 0};
        if (poll(&asked, 1, pause_after(now - begin)) > 0) return errno = error, -1;
    }
}

static bool write_all(int to, const char *bytes, ssize_t count) {
    while (count > 0) {
        ssize_t written = write(to, bytes, (size_t)count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes += written;
        count -= written;
    }
    return true;
}

// False at the end of either.
static bool copy(int from, int to) {
    static char block[BLOCK_BYTES];
    ssize_t count = read(from, block, sizeof block);
    return count > 0 ? write_all(to, block, count) : count < 0 && errno == EINTR;
}

int relay_run(const char *const *addresses, unsigned port, int wait_ms) {
    int made = connect_to_any(addresses, port, wait_ms);
    if (made < 0) return client_refuse(EXIT_TRY_AGAIN, "%s port %u: %s", *addresses, port, strerror(errno));

    // ssh and sshd write their first messages in small pieces, each of which waited some 40 ms for the other side's delayed acknowledgement
    // (tcp(7), TCP_NODELAY and TCP_QUICKACK). The kernel leaves the quick mode by itself, so it is asked for again after each block.
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct pollfd sides[] = {{STDIN_FILENO, POLLIN, 0}, {made, POLLIN, 0}};
    bool open = true;
    while (open) {
        setsockopt(made, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
        if (poll(sides, 2, -1) < 0) {
            if (errno == EINTR) continue;
            return client_refuse(EXIT_TRY_AGAIN, "%s port %u: %s", *addresses, port, strerror(errno));
        }
        if (sides[1].revents) open = copy(made, STDOUT_FILENO);
        if (open && sides[0].revents) open = copy(STDIN_FILENO, made);
    }
    close(made);
    return 0;
}

// One way of a conversation: what was read and is not written yet.
struct way {
    int from, to;
    bool open;
    size_t begin, end;
    char block[BLOCK_BYTES];
};

static bool is_empty(const struct way *way) {
    return way->begin == way->end;
}

static void take(struct way *way) {
    ssize_t count = read(way->from, way->block, sizeof way->block);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    way->begin = 0;
    way->end = count > 0 ? (size_t)count : 0;
    if (count <= 0) way->open = false;
}

// Never waits for the other side to read, which may wait for this one. A pipe that is writable takes as much at once (pipe(7), PIPE_BUF).
static bool give(struct way *way) {
    size_t left = way->end - way->begin;
    ssize_t count = send(way->to, way->block + way->begin, left, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == ENOTSOCK) count = write(way->to, way->block + way->begin, left < PIPE_BUF ? left : PIPE_BUF);
    if (count < 0) return errno == EINTR || errno == EAGAIN;
    way->begin += (size_t)count;
    return true;
}

static int socket_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made >= 0 && connect(made, (struct sockaddr *)&address, sizeof address) < 0) return -1;
    return made;
}

int relay_run_to(const char *path) {
    int made = socket_to(path);
    if (made < 0) return client_refuse(EXIT_TRY_AGAIN, "%s: %s", path, strerror(errno));
    static struct way there = {.from = STDIN_FILENO, .open = true}, back = {.to = STDOUT_FILENO, .open = true};
    there.to = back.from = made;
    while (back.open || !is_empty(&back)) {
        // poll(2) passes over a descriptor below zero.
        struct pollfd sides[] = {
            {there.open && is_empty(&there) ? there.from : -1, POLLIN, 0},
            {is_empty(&there) ? -1 : there.to, POLLOUT, 0},
            {back.open && is_empty(&back) ? back.from : -1, POLLIN, 0},
            {is_empty(&back) ? -1 : back.to, POLLOUT, 0},
        };
        if (poll(sides, 4, -1) < 0 && errno != EINTR) return client_refuse(EXIT_TRY_AGAIN, "%s: %s", path, strerror(errno));
        if (sides[0].revents) {
            take(&there);
            // The answer to all that was said may go on.
            if (!there.open) shutdown(made, SHUT_WR);
        }
        // Who takes no more may still have something to say.
        if (sides[1].revents && !give(&there)) there.open = false, there.begin = there.end;
        if (sides[2].revents) take(&back);
        if (sides[3].revents && !give(&back)) break;
    }
    return 0;
}
