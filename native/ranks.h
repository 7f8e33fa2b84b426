#ifndef PISAHPC_RANKS_H
#define PISAHPC_RANKS_H

#include <stdbool.h>

// Whether this process, where srun started it as a rank of MPI, has all by which MPI finds the other ranks: one that lost some would be
// rank 0 of 1, and succeed. False: what is missing was said, in one line on standard error.
// pmi is the descriptor that PMI_FD names, negative when it names none that is open.
bool ranks_are_whole(int pmi);

#endif
