#include "wrapper.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client.h"

// HTCondor runs this for every job of a site. So it is no shell: dash leaves out of the environment what is no name of a variable of its
// own, as bash's functions are (BASH_FUNC_x%%), and bash adds to it. Nothing here is kept, changed or set.

static const char attribute[] = "PisaHpcEnvironment";
static const char *const nothing[] = {"\"none\"", "\"docker-none\"", "\"\"", "undefined"};

// Whether a line of an ad, "Name = expression", asks for an environment. Names are in any case.
static bool asks(const char *line) {
    size_t length = sizeof attribute - 1;
    if (strncasecmp(line, attribute, length)) return false;
    line += length;
    line += strspn(line, " \t");
    if (*line++ != '=') return false;
    line += strspn(line, " \t");
    length = strcspn(line, "\r\n");
    while (length && (line[length - 1] == ' ' || line[length - 1] == '\t')) length--;
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        if (strlen(nothing[i]) == length && !strncasecmp(line, nothing[i], length)) return false;
    }
    return length > 0;
}

// Whether the job's ad, which HTCondor has put beside it at path, asks for an environment: 1, 0, or -1 where it cannot be read (errno). A
// job without one asks for nothing.
static int job_asks(const char *path) {
    if (!path) return 0;
    FILE *ad = fopen(path, "re");
    if (!ad) return -1;
    char *line = NULL;
    size_t size = 0;
    int found = 0;
    while (!found && getline(&line, &size, ad) >= 0) found = asks(line);
    int error = errno;
    if (!found && !feof(ad)) found = -1;
    free(line);
    fclose(ad);
    errno = error;
    return found;
}

// What HTCondor takes for a wrapper that failed, and not for the job's own end: a file that it names (manual, USER_JOB_WRAPPER).
static void tell(const char *name, const char *what, int error) {
    const char *path = getenv("_CONDOR_WRAPPER_ERROR_FILE");
    FILE *file = path ? fopen(path, "we") : NULL;
    if (file) {
        fprintf(file, "pisahpc: %s cannot be %s: %s\n", name, what, strerror(error));
        fclose(file);
    }
    fprintf(stderr, "pisahpc: %s cannot be %s: %s\n", name, what, strerror(error));
}

static int cannot_run(const char *program, int error) {
    tell(program, "run", error);
    return error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

int wrapper_run(const char *directory, char **command) {
    if (!*command) {
        fputs("usage: htcondor-job PROGRAM [ARGUMENT...]\n", stderr);
        return EXIT_USAGE;
    }
    const char *ad = getenv("_CONDOR_JOB_AD");
    int asked = job_asks(ad);
    if (asked < 0) {
        // It may have asked: it does not run on the host.
        tell(ad, "read", errno);
        return EXIT_CANNOT_RUN;
    }
    if (!asked) {
        execvp(*command, command);
        return cannot_run(*command, errno);
    }
    char enter[PATH_MAX];
    if (snprintf(enter, sizeof enter, "%s/htcondor-enter", directory) >= (int)sizeof enter) return cannot_run(directory, ENAMETOOLONG);
    // In place of the program's own name, which is the first word behind it: command[-1] is this program's.
    command[-1] = enter;
    execv(enter, command - 1);
    return cannot_run(enter, errno);
}
