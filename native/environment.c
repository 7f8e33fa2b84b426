#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Never a client's: these are the owner's, as the container was made with them, and PWD is where the program starts.
static const char *const fixed[] = {"HOME", "USER", "LOGNAME", "SHELL", "PWD"};

// Always a client's: by these a rank finds the others. One that lost some is a rank 0 of 1, and says that it succeeded.
static const char *const of_ranks[] = {
    "PMIX_*", "PMI_*", "SLURM_JOBID", "SLURM_JOB_ID", "SLURM_STEPID", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODELIST",
    "SLURM_NTASKS", "SLURM_STEP_*", "SLURM_PMIX*",
};

static const char *const dropped[] = {
    // An exported function calls what the node has and the image lacks: the "which" of RHEL's profile breaks every shell inside.
    "BASH_FUNC_*", "BASH_ENV", "ENV",
    // How srun bound the task that starts the program: whatever is started from there would be pinned to its cores.
    "SLURM_CPU_BIND*", "SLURM_MEM_BIND*",
    // Files and cores of LSF's first host: an Open MPI that knows LSF ends where it cannot read the file.
    "LSB_AFFINITY_HOSTFILE", "LSB_DJOB_RANKFILE", "LSB_BIND_CPU_LIST", "LSB_BIND_MEM_LIST",
    // sbatch's own options as variables, and --export: a second sbatch or srun would take them for the user's wish.
    "SBATCH_*", "SALLOC_*", "SLURM_EXPORT_ENV",
    // The node's programs and libraries; the image has its own.
    "PATH", "LD_*", "GCONV_PATH", "LOCPATH", "NLSPATH",
    // Directories and sockets of the node, which a container has only where the site mounts them.
    "TMPDIR", "TMP", "TEMP", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK",
    // The name of the machine that the shell ran on, and the shell's own book-keeping.
    "HOSTNAME", "OLDPWD", "SHLVL", "_",
    // Where the client found the agent, and the job that the client's processes are known for.
    "PISAHPC_SOCKET", "PISAHPC_JOB",
};

void rules_default(struct rules *rules) {
    rules->count = 0;
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) rules_add(rules, false, dropped[i]);
}

bool rules_add(struct rules *rules, bool keep, const char *pattern) {
    if (rules->count == RULES_MAX) return false;
    rules->items[rules->count++] = (struct rule){keep, pattern};
    return true;
}

// Whether a name of some length fits a pattern; goes back to the last star only, so the time is their product at most.
static bool fits(const char *pattern, const char *name, size_t length) {
    const char *star = NULL;
    size_t i = 0, after = 0;
    while (i < length) {
        if (*pattern == '*') {
            star = ++pattern;
            after = i;
        } else if (*pattern == '?' || *pattern == name[i]) {
            pattern++;
            i++;
        } else if (star) {
            pattern = star;
            i = ++after;
        } else {
            return false;
        }
    }
    while (*pattern == '*') pattern++;
    return !*pattern;
}

static size_t name_length(const char *variable) {
    return strcspn(variable, "=");
}

bool rules_keep(const struct rules *rules, const char *variable) {
    size_t length = name_length(variable);
    if (!length || variable[length] != '=') return false;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (length == strlen(fixed[i]) && !memcmp(variable, fixed[i], length)) return false;
    }
    for (size_t i = 0; i < sizeof of_ranks / sizeof *of_ranks; i++) {
        if (fits(of_ranks[i], variable, length)) return true;
    }
    for (size_t i = rules->count; i-- > 0;) {
        if (fits(rules->items[i].pattern, variable, length)) return rules->items[i].keep;
    }
    return true;
}

static size_t count_of(char **strings) {
    size_t count = 0;
    while (strings[count]) count++;
    return count;
}

// Where a variable of that name stands among some; their number when it does not.
static size_t place_of(char **variables, size_t count, const char *variable) {
    size_t length = name_length(variable) + 1;
    for (size_t i = 0; i < count; i++) {
        if (!strncmp(variables[i], variable, length)) return i;
    }
    return count;
}

char **environment_compose(const struct rules *rules, char **container, char **client, const char *directory) {
    size_t own = count_of(container);
    char **all = calloc(own + count_of(client) + 2, sizeof *all);
    if (!all) return NULL;
    memcpy(all, container, own * sizeof *all);
    char *where;
    if (asprintf(&where, "PWD=%s", directory) < 0) return NULL;
    size_t place = place_of(all, own, where);
    all[place] = where;
    if (place == own) own++;

    size_t count = own;
    for (; *client; client++) {
        if (!rules_keep(rules, *client)) continue;
        place = place_of(all, own, *client);
        all[place == own ? count++ : place] = *client;
    }
    return all;
}
