/*
 * The lab's MPI sample program: every rank says where and as whom it runs, after an MPI_Allreduce over all of them.
 *
 *   mpi-hello [--sleep SECONDS] [--exit-code RANK CODE] [--abort RANK] [--stderr] [--lines N]
 *
 * Prints `rank R of N on HOST uid=U gid=G groups=A,B sum=S`; S is 0 + 1 + ... + N-1. The exit status is 3 when S is wrong.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct options {
    double sleep_seconds;
    int exit_rank, exit_code;
    int abort_rank;
    int to_stderr;
    int lines;
};

static int usage(const char *argument)
{
    fprintf(stderr, "mpi-hello: what is %s? usage: mpi-hello [--sleep SECONDS] [--exit-code RANK CODE] [--abort RANK]"
            " [--stderr] [--lines N]\n", argument);
    return 2;
}

static int parse(int argc, char **argv, struct options *options)
{
    *options = (struct options){ .exit_rank = -1, .abort_rank = -1 };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--sleep") == 0 && i + 1 < argc) {
            options->sleep_seconds = atof(argv[++i]);
        } else if (strcmp(argv[i], "--exit-code") == 0 && i + 2 < argc) {
            options->exit_rank = atoi(argv[++i]);
            options->exit_code = atoi(argv[++i]);
        } else if (strcmp(argv[i], "--abort") == 0 && i + 1 < argc) {
            options->abort_rank = atoi(argv[++i]);
        } else if (strcmp(argv[i], "--lines") == 0 && i + 1 < argc) {
            options->lines = atoi(argv[++i]);
        } else if (strcmp(argv[i], "--stderr") == 0) {
            options->to_stderr = 1;
        } else {
            return usage(argv[i]);
        }
    }
    return 0;
}

/* The supplementary groups, separated by commas. */
static void list_groups(char *text, size_t size)
{
    gid_t groups[64];
    int count = getgroups(64, groups);
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < count && used < size; i++) {
        used += snprintf(text + used, size - used, "%s%u", i > 0 ? "," : "", (unsigned)groups[i]);
    }
}

static void greet(FILE *stream, int rank, int size, int sum)
{
    char host[256] = "", groups[512];

    gethostname(host, sizeof host - 1);
    list_groups(groups, sizeof groups);
    fprintf(stream, "rank %d of %d on %s uid=%u gid=%u groups=%s sum=%d\n", rank, size, host, (unsigned)getuid(),
            (unsigned)getgid(), groups, sum);
    fflush(stream);
}

int main(int argc, char **argv)
{
    struct options options;
    int rank, size, sum = 0;
    int wrong = parse(argc, argv, &options);

    if (wrong) {
        return wrong;
    }
    /*
     * A rank of Open MPI that waits in MPI_Init or MPI_Finalize looks every 100 microseconds whether it may go on (ompi/runtime,
     * OMPI_LAZY_WAIT_FOR_COMPLETION). 56 of them leave two processors no time for the launcher's daemons that they wait for.
     */
    prctl(PR_SET_TIMERSLACK, 10000000UL);
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    greet(options.to_stderr ? stderr : stdout, rank, size, sum);
    for (int line = 1; line <= options.lines; line++) {
        printf("rank %d line %d\n", rank, line);
    }
    fflush(stdout);
    if (rank == options.abort_rank) {
        MPI_Abort(MPI_COMM_WORLD, 4);
    }
    if (options.sleep_seconds > 0) {
        usleep((useconds_t)(options.sleep_seconds * 1e6));
    }
    /*
     * MPICH over UCX closes its connections in MPI_Finalize and waits for peers that may sit in a barrier of the launcher already, where they
     * answer nobody: now and then a rank then spins for ever. Two barriers before it make that rarer.
     */
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Finalize();
    if (rank == options.exit_rank) {
        return options.exit_code;
    }
    return sum == size * (size - 1) / 2 ? 0 : 3;
}
