/* Times the phases of KLU on one matrix, on request.
 *
 *   driver MATRIX.mtx real|complex SCALE
 *
 * The matrix is a Matrix Market file with entries ordered by columns.  SCALE is KLU's row scaling:
 * 2 is its default, -1 none.  Each line of standard input is a request; each answer is one line.
 *
 *   analyze N | factor N | refactor N | solve N    processor seconds of N repetitions
 *   sizes                                          entries of the factors, blocks, off-diagonal pivots
 *   solution                                       the solution for a right-hand side of ones
 *
 * KLU is a yardstick and nothing of it is part of the product; this program is compiled where the
 * library is installed and the race is asked for.
 */
#include <klu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int n, nnz, is_complex, *starts, *rows;
static double *values, *x;
static klu_common common;
static klu_symbolic *symbolic;
static klu_numeric *numeric;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "driver: %s\n", what);
    exit(1);
}

static void read_matrix(const char *path)
{
    char line[512];
    FILE *file = fopen(path, "r");
    int k, row, column, at = 0, columns;
    if (!file) fail("cannot open the matrix");
    do {
        if (!fgets(line, sizeof line, file)) fail("the matrix has no size");
    } while (line[0] == '%');
    if (sscanf(line, "%d %d %d", &n, &columns, &nnz) != 3) fail("the size cannot be read");
    starts = calloc((size_t) n + 1, sizeof *starts);
    rows = malloc((size_t) nnz * sizeof *rows);
    values = malloc((size_t) nnz * 2 * sizeof *values);
    x = malloc((size_t) n * 2 * sizeof *x);
    for (k = 0; k < nnz; k++) {
        if (fscanf(file, "%d %d", &row, &column) != 2) fail("an entry cannot be read");
        if (fscanf(file, "%lf", &values[at++]) != 1) fail("a value cannot be read");
        if (is_complex && fscanf(file, "%lf", &values[at++]) != 1) fail("a value cannot be read");
        rows[k] = row - 1;
        starts[column]++;
    }
    for (k = 0; k < n; k++) starts[k + 1] += starts[k];
    fclose(file);
}

static void analyze(void)
{
    if (symbolic) klu_free_symbolic(&symbolic, &common);
    symbolic = klu_analyze(n, starts, rows, &common);
    if (!symbolic) fail("analysis failed");
}

static void factor(void)
{
    if (numeric) {
        if (is_complex) klu_z_free_numeric(&numeric, &common);
        else klu_free_numeric(&numeric, &common);
    }
    numeric = is_complex ? klu_z_factor(starts, rows, values, symbolic, &common)
                         : klu_factor(starts, rows, values, symbolic, &common);
    if (!numeric) fail("factorisation failed");
}

static void refactor(void)
{
    int good = is_complex ? klu_z_refactor(starts, rows, values, symbolic, numeric, &common)
                          : klu_refactor(starts, rows, values, symbolic, numeric, &common);
    if (!good) fail("refactorisation failed");
}

static void solve(void)
{
    int k;
    for (k = 0; k < n; k++) {
        if (is_complex) {
            x[2 * k] = 1.0;
            x[2 * k + 1] = 0.0;
        } else {
            x[k] = 1.0;
        }
    }
    if (is_complex) klu_z_solve(symbolic, numeric, n, 1, x, &common);
    else klu_solve(symbolic, numeric, n, 1, x, &common);
}

static void repeat(void (*phase)(void), int count)
{
    double start = now();
    int k;
    for (k = 0; k < count; k++) phase();
    printf("%.9g\n", now() - start);
}

int main(int argc, char **argv)
{
    char request[32];
    int count, k;
    if (argc != 4) fail("usage: driver MATRIX.mtx real|complex SCALE");
    is_complex = !strcmp(argv[2], "complex");
    read_matrix(argv[1]);
    klu_defaults(&common);
    common.scale = atoi(argv[3]);
    analyze();
    factor();
    while (scanf("%31s", request) == 1) {
        if (!strcmp(request, "sizes")) {
            printf("%d %d %d\n", numeric->lnz + numeric->unz - n + numeric->nzoff,
                   symbolic->nblocks, common.noffdiag);
        } else if (!strcmp(request, "solution")) {
            solve();
            for (k = 0; k < (is_complex ? 2 * n : n); k++) printf("%.17g ", x[k]);
            printf("\n");
        } else {
            if (scanf("%d", &count) != 1) fail("a request lacks its count");
            if (!strcmp(request, "analyze")) repeat(analyze, count);
            else if (!strcmp(request, "factor")) repeat(factor, count);
            else if (!strcmp(request, "refactor")) repeat(refactor, count);
            else if (!strcmp(request, "solve")) repeat(solve, count);
            else fail("unknown request");
        }
        fflush(stdout);
    }
    return 0;
}
