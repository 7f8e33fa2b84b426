#include "asking.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "descendants.h"
#include "request.h"

// POSIX, 3.264: a group none of whose members has a parent in another group of its session; nobody could continue what stops there.
static bool is_orphaned(void) {
    pid_t parent = getppid();
    while (parent > 1 && getpgid(parent) == getpgrp()) parent = parent_of(parent);
    return parent <= 0 || getsid(parent) != getsid(0);
}

static bool is_open(int descriptor) {
    return fcntl(descriptor, F_GETFD) >= 0;
}

static int pmi_descriptor(void) {
    const char *text = getenv("PMI_FD");
    char *end;
    if (!text || !*text) return -1;
    long number = strtol(text, &end, 10);
    return *end || number <= 2 || number > PMI_NUMBER_MAX || !is_open((int)number) ? -1 : (int)number;
}

void own_look(struct own *own) {
    *own = (struct own){.pmi = pmi_descriptor(), .orphaned = is_orphaned()};
    if (own->pmi >= 0) own->descriptors |= BEGIN_PMI;
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        if (is_open(descriptor)) own->descriptors |= 1u << descriptor;
        else if (open("/dev/null", O_RDWR) != descriptor) exit(client_refuse(EXIT_TRY_AGAIN, "/dev/null: %s", strerror(errno)));
    }
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) own->ignored |= UINT64_C(1) << (number - 1);
    }
}

// Those of the first three descriptors that are this process' terminal, which alone tcgetpgrp(3) answers for.
static uint32_t own_terminals(void) {
    uint32_t mask = 0;
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        if (tcgetpgrp(descriptor) >= 0) mask |= 1u << descriptor;
    }
    return mask;
}

static size_t measure(char **strings, uint32_t *count) {
    size_t bytes = 0;
    for (*count = 0; *strings; strings++, ++*count) bytes += strlen(*strings) + 1;
    return bytes;
}

static char *append(char *at, const char *string) {
    size_t size = strlen(string) + 1;
    memcpy(at, string, size);
    return at + size;
}

static int send_text(int socket, const char *text, size_t bytes) {
    struct message head = {PROTOCOL, MESSAGE_TEXT, 0, 0};
    for (size_t sent = 0; sent < bytes;) {
        size_t part = bytes - sent < BODY_MAX ? bytes - sent : BODY_MAX;
        if (message_send(socket, head, text + sent, part, NULL, 0) < 0) return -1;
        sent += part;
    }
    return 0;
}

int request_send(int socket, const struct client *client, const struct own *own, bool terminal) {
    const char *directory = client->directory ? client->directory : get_current_dir_name();
    if (!directory || (*directory && *directory != '/')) {
        return client_refuse(EXIT_WRONGLY_SET_UP, "the working directory cannot be told (%s); name one: --cd DIR", strerror(errno));
    }
    struct begin begin = {
        .flags = (terminal ? BEGIN_TERMINAL : 0) | (own->orphaned ? BEGIN_LEADER : 0),
        .descriptors = own->descriptors,
        .terminals = terminal ? own_terminals() & own->descriptors : 0,
        .pmi_number = own->pmi >= 0 ? (uint32_t)own->pmi : 0,
        .mask = umask(0),
        .ignored = own->ignored,
    };
    umask(begin.mask);
    for (int resource = 0; resource < LIMITS; resource++) {
        struct rlimit limit;
        begin.limits[resource] = getrlimit(resource, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
    }
    size_t bytes = strlen(directory) + 1 + measure(client->program, &begin.arguments) + measure(environ, &begin.variables);
    if (bytes > TEXT_MAX || begin.arguments > STRINGS_MAX || begin.variables > STRINGS_MAX) {
        return client_refuse(EXIT_CANNOT_RUN, "%s: %s: arguments and environment are %zu bytes in %u strings, and may be %u in %u",
            *client->program, strerror(E2BIG), bytes, begin.arguments + begin.variables, TEXT_MAX, STRINGS_MAX);
    }
    begin.bytes = (uint32_t)bytes;
    char *text = malloc(bytes);
    if (!text) return client_refuse(EXIT_TRY_AGAIN, "%s", strerror(errno));
    char *at = append(text, directory);
    for (char **string = client->program; *string; string++) at = append(at, *string);
    for (char **string = environ; *string; string++) at = append(at, *string);

    int descriptors[DESCRIPTORS_MAX];
    size_t count = 0;
    const int own_numbers[DESCRIPTORS_MAX] = {0, 1, 2, own->pmi};
    for (size_t i = 0; i < DESCRIPTORS_MAX; i++) {
        if (own->descriptors & (1u << i)) descriptors[count++] = own_numbers[i];
    }
    struct message head = {PROTOCOL, MESSAGE_BEGIN, 0, 0};
    int result = message_send(socket, head, &begin, sizeof begin, descriptors, count);
    if (result == 0) result = send_text(socket, text, bytes);
    int error = errno;
    free(text);
    if (result < 0 && error != EPIPE && error != ECONNRESET) {
        return client_refuse(EXIT_TRY_AGAIN, "the agent at %s cannot be sent the request: %s", client->socket, strerror(error));
    }
    return result;
}
