#include "refusal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int client_refuse(int code, const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "pisahpc-run: %s\n", line);
    return code;
}

int refusal_say(const struct client *client, const struct message *failed) {
    const char *directory = client->directory ? client->directory : get_current_dir_name();
    const char *program = client->probe ? "" : *client->program;
    const char *reason = strerror((int)failed->detail);
    switch (failed->value) {
    case FAILURE_BUSY:
        return client_refuse(EXIT_TRY_AGAIN, "the agent has as many sessions as it may have");
    case FAILURE_STRANGER:
        return client_refuse(EXIT_WRONGLY_SET_UP, "the agent at %s is another user's", client->socket);
    case FAILURE_DIRECTORY:
        return client_refuse(EXIT_WRONGLY_SET_UP,
            "the working directory in the container, %s: %s; another one: --cd DIR", directory ? directory : "", reason);
    case FAILURE_TERMINAL:
        return client_refuse(EXIT_WRONGLY_SET_UP, "the container has no terminal to give (%s); without one: --no-tty", reason);
    case FAILURE_PROGRAM:
        return client_refuse(failed->detail == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN, "%s: %s", program, reason);
    case FAILURE_SYSTEM:
        return client_refuse(EXIT_TRY_AGAIN, "the agent could not start %s: %s", program, reason);
    case FAILURE_ENDING:
        return client_refuse(EXIT_TRY_AGAIN, "the agent ends");
    case FAILURE_DESCRIPTORS:
        return client_refuse(EXIT_WRONGLY_SET_UP,
            "the kernel keeps descriptors back on their way between here and the container: its limit of open files, or SELinux");
    default:
        return failed->detail == ETIMEDOUT
            ? client_refuse(EXIT_TRY_AGAIN, "the agent did not get the request in time")
            : client_refuse(EXIT_WRONGLY_SET_UP, "the agent at %s is of another version", client->socket);
    }
}
