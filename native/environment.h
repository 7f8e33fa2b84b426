#ifndef PISAHPC_ENVIRONMENT_H
#define PISAHPC_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

// Which of a client's variables a program gets. The agent's own, which are the container's, are what they are laid over.

#define RULES_MAX 512

struct rule {
    bool keep;
    const char *pattern; // a name; * stands for any characters, ? for one
};

// In order: the last one that fits a name decides, and one that none fits is kept.
struct rules {
    struct rule items[RULES_MAX];
    size_t count;
};

// The rules that hold when nobody says otherwise.
void rules_default(struct rules *rules);

// Adds a rule behind the others. False: there are too many.
bool rules_add(struct rules *rules, bool keep, const char *pattern);

// Whether a client's variable, as NAME=VALUE, is for the program.
bool rules_keep(const struct rules *rules, const char *variable);

// The program's variables: the container's, over them those of the client that the rules keep, and PWD. NULL: no memory.
char **environment_compose(const struct rules *rules, char **container, char **client, const char *directory);

#endif
