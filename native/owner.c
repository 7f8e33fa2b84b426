#include "owner.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <linux/keyctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// Ids of a user and his group are first in the list, which may hold as many groups as the kernel takes beside them (setgroups(2)).
#define IDS_MAX (NGROUPS_MAX + 2u)

// Reads one id that ends at a mark or at the end. What follows it; NULL for no id, and for that of which the kernel says "no change".
static const char *take_id(const char *text, char mark, gid_t *id) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || errno || value >= UINT_MAX || (*end && *end != mark)) return NULL;
    *id = (gid_t)value;
    return end;
}

bool owner_become(const char *words) {
    static gid_t ids[IDS_MAX];
    size_t count = 0;
    for (const char *next = words; next; next++) {
        // A colon is behind the user and behind the group, commas are between groups.
        next = count == IDS_MAX ? NULL : take_id(next, count < 2 ? ':' : ',', &ids[count]);
        if (!next) break;
        count++;
        if (!*next) {
            if (count < 2 || ids[0] == 0) break;
            // The engine gives all that it starts in a container one session keyring (session-keyring(7)). Where that cannot be left, as
            // below Docker's own filter of system calls, nobody in the container gets at it.
            (void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
            if (setgroups(count - 2, ids + 2) < 0 || setgid(ids[1]) < 0 || setuid(ids[0]) < 0) return false;
            // No setuid program of the image gives a right, by which the groups could be changed (prctl(2)).
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return false;
            // Whose ids changed is no longer his own in /proc, where the agent looks for its descendants and descriptors.
            return prctl(PR_SET_DUMPABLE, 1) == 0;
        }
    }
    errno = EINVAL;
    return false;
}
