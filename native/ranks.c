#include "ranks.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

// slurm.h: numbers from here on are those of extern, batch and interactive steps.
#define FIRST_STEP_OF_SLURM 0xfffffff0u

// Of PMIx, what its client cannot do without, and what Open MPI 4 takes itself for Slurm's by. The server's address has a name for each
// version of the wire.
static const char *const of_pmix[] = {"PMIX_NAMESPACE", "PMIX_RANK", "SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_PROCID", NULL};
static const char server[] = "PMIX_SERVER_URI";

// Of PMI-1 and PMI-2, which Slurm's plug-in pmi2 both speaks.
static const char *const of_pmi2[] = {"PMI_FD", "PMI_RANK", "PMI_SIZE", NULL};

static const char *value_of(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static const char *first_unset(const char *const *names) {
    while (*names && *value_of(*names)) names++;
    return *names;
}

static bool has_server(void) {
    for (char **variable = environ; *variable; variable++) {
        if (!strncmp(*variable, server, sizeof server - 1)) return true;
    }
    return false;
}

static bool refuse(const char *name, const char *how) {
    client_refuse(EXIT_WRONGLY_SET_UP, "%s %s: by it a rank of srun's finds the others, and this one would be rank 0 of 1", name, how);
    return false;
}

static bool pmix_is_whole(void) {
    const char *unset = first_unset(of_pmix);
    if (!unset && !has_server()) unset = server;
    return !unset || refuse(unset, "is not set");
}

static bool pmi2_is_whole(int pmi) {
    const char *unset = first_unset(of_pmi2), *tasks = value_of("SLURM_NTASKS");
    if (unset) return refuse(unset, "is not set");
    if (pmi < 0) return refuse("PMI_FD", "is not open");
    // Of a heterogeneous step that is the number of one component's tasks.
    return *value_of("SLURM_HET_SIZE") || !*tasks || !strcmp(value_of("PMI_SIZE"), tasks) || refuse("PMI_SIZE", "is not SLURM_NTASKS");
}

// Batch scripts and salloc's shells are no tasks of a step that somebody asked for: a type of MPI among their variables is of later ones.
static bool is_task(void) {
    const char *step = *value_of("SLURM_STEP_ID") ? value_of("SLURM_STEP_ID") : value_of("SLURM_STEPID");
    return *step && strtoul(step, NULL, 10) < FIRST_STEP_OF_SLURM;
}

bool ranks_are_whole(int pmi) {
    const char *type = is_task() ? value_of("SLURM_MPI_TYPE") : "";
    if (!strncmp(type, "pmix", 4)) return pmix_is_whole();
    return strcmp(type, "pmi2") || pmi2_is_whole(pmi);
}
