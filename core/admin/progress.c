#include "admin/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/clock.h"

enum { PROGRESS_CELLS = 40, PROGRESS_EVERY_MS = 50 };

void progress_begin(struct progress *progress, size_t total)
{
    *progress = (struct progress){.is_wanted = isatty(STDERR_FILENO) == 1, .total = total};
}

void progress_hide(struct progress *progress)
{
    if (progress->is_drawn)
        fputs("\r\033[K", stderr);
    progress->is_drawn = false;
}

void progress_step(struct progress *progress)
{
    int64_t now_ms = clock_monotonic_ms();
    char bar[PROGRESS_CELLS + 1];
    progress->done++;
    if (!progress->is_wanted || progress->done >= progress->total ||
        (progress->drawn_ms && now_ms - progress->drawn_ms < PROGRESS_EVERY_MS))
        return;
    size_t filled = progress->done * PROGRESS_CELLS / progress->total;
    memset(bar, '#', filled);
    memset(bar + filled, '.', PROGRESS_CELLS - filled);
    bar[PROGRESS_CELLS] = '\0';
    fflush(stdout); /* so that lines and bar do not mix where both go to the terminal */
    fprintf(stderr, "\r[%s] %zu of %zu", bar, progress->done, progress->total);
    fflush(stderr);
    progress->is_drawn = true;
    progress->drawn_ms = now_ms;
}
