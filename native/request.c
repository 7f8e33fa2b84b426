#include "request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

bool request_create(struct request *request) {
    memset(request, 0, sizeof *request);
    // Address space; memory comes with what arrives.
    request->text = mmap(NULL, TEXT_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return request->text != MAP_FAILED;
}

size_t descriptors_in(uint32_t mask) {
    size_t count = 0;
    for (; mask; mask &= mask - 1) count++;
    return count;
}

static bool is_possible(const struct begin *begin) {
    const uint32_t flags = BEGIN_TERMINAL | BEGIN_LEADER;
    const uint32_t descriptors = BEGIN_INPUT | BEGIN_OUTPUT | BEGIN_ERROR | BEGIN_PMI;
    return !(begin->flags & ~flags) && !(begin->descriptors & ~descriptors)
        && !(begin->terminals & ~(begin->descriptors & (BEGIN_INPUT | BEGIN_OUTPUT | BEGIN_ERROR)))
        && (!(begin->descriptors & BEGIN_PMI) || (begin->pmi_number > 2 && begin->pmi_number <= PMI_NUMBER_MAX))
        && begin->arguments >= 1 && begin->arguments <= STRINGS_MAX && begin->variables <= STRINGS_MAX
        && begin->bytes >= 2 && begin->bytes <= TEXT_MAX;
}

bool request_begin(struct request *request, struct packet *packet) {
    if (packet->head.type != MESSAGE_BEGIN || packet->size != sizeof request->begin) return false;
    memcpy(&request->begin, packet->body, sizeof request->begin);
    if (!is_possible(&request->begin) || descriptors_in(request->begin.descriptors) != packet->descriptor_count) return false;
    memcpy(request->descriptors, packet->descriptors, sizeof request->descriptors);
    request->descriptor_count = packet->descriptor_count;
    packet->descriptor_count = 0;
    return true;
}

bool request_add(struct request *request, const struct packet *packet) {
    if (packet->head.type != MESSAGE_TEXT || packet->descriptor_count || !packet->size
        || packet->size > request->begin.bytes - request->received) return false;
    memcpy(request->text + request->received, packet->body, packet->size);
    request->received += packet->size;
    return true;
}

bool request_is_whole(const struct request *request) {
    return request->received == request->begin.bytes;
}

// Takes the strings that come next; NULL where the text ends before.
static char *take_strings(char *next, const char *end, char **into, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (next == end) return NULL;
        into[i] = next;
        next += strlen(next) + 1;
    }
    into[count] = NULL;
    return next;
}

bool request_parse(struct request *request) {
    size_t arguments = request->begin.arguments, variables = request->begin.variables;
    char *end = request->text + request->begin.bytes;
    errno = 0;
    if (end[-1]) return false;
    request->arguments = calloc(arguments + variables + 2, sizeof(char *));
    if (!request->arguments) return false;
    request->variables = request->arguments + arguments + 1;
    request->directory = request->text;
    char *next = request->text + strlen(request->text) + 1;
    next = take_strings(next, end, request->arguments, arguments);
    if (next) next = take_strings(next, end, request->variables, variables);
    errno = 0;
    return next == end;
}
