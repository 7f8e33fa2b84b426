#ifndef PISAHPC_REQUEST_H
#define PISAHPC_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message.h"

// What a program is started from: a struct begin and, in packets after it, its text: the working directory, the arguments and the
// variables, each ended by a NUL.

// Linux gives a program a quarter of its stack limit for arguments and environment, 2 MiB as a rule (execve(2)).
#define TEXT_MAX (4u << 20)
#define STRINGS_MAX (128u << 10)

// Linux' resource limits.
#define LIMITS 16

enum begin_flags {
    BEGIN_TERMINAL = 1, // a terminal of its own in place of the descriptors that are the client's
    BEGIN_LEADER = 2,   // the client's process group is orphaned: no terminal stops it, nor the program
};

// Descriptors that came, in this order; one that does not is closed in the program too.
enum begin_descriptors {
    BEGIN_INPUT = 1,
    BEGIN_OUTPUT = 2,
    BEGIN_ERROR = 4,
    BEGIN_PMI = 8,
};

struct begin {
    uint64_t ignored;        // the signals that the client was started to ignore, as bits from 1 on
    uint64_t limits[LIMITS]; // the client's soft ones, by their numbers of setrlimit(2)
    uint32_t flags;
    uint32_t descriptors;
    uint32_t terminals;  // those of the first three that are the client's terminal
    uint32_t pmi_number; // the one in the program of what came as BEGIN_PMI
    uint32_t mask;       // the client's umask
    uint32_t arguments;
    uint32_t variables;
    uint32_t bytes; // of the text
};

// The longest number that a descriptor may have in the program.
#define PMI_NUMBER_MAX 1023u

struct request {
    struct begin begin;
    int descriptors[DESCRIPTORS_MAX];
    size_t descriptor_count;
    char *text; // TEXT_MAX of address space, of which what came is used
    size_t received;
    const char *directory; // empty: the container's HOME, or / where that is not there
    char **arguments; // ended by NULL
    char **variables; // ended by NULL
};

// Makes an empty request. False with errno.
bool request_create(struct request *request);

// Takes the first message of a request over, with its descriptors. False: it is none.
bool request_begin(struct request *request, struct packet *packet);

// Adds a part of the text. False: more than was announced.
bool request_add(struct request *request, const struct packet *packet);

// Whether all of the text is there.
bool request_is_whole(const struct request *request);

// Finds the strings in the text. False: the text is not what was announced; or errno is ENOMEM.
bool request_parse(struct request *request);

// The number of set descriptors in a mask.
size_t descriptors_in(uint32_t mask);

#endif
