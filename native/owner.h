#ifndef PISAHPC_OWNER_H
#define PISAHPC_OWNER_H

#include <stdbool.h>

// Becomes the user that words name, UID:GID or UID:GID:GROUP,GROUP...: all ids, and the supplementary groups, for good: whatever it starts
// has the groups, and cannot change them. False with errno; EINVAL for words that name none, or root.
bool owner_become(const char *words);

#endif
