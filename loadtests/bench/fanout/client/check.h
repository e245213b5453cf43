/* Whether each subscriber got each event once and in order, and how long it took. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nanoseconds of the clock that all processes of this machine share. */
uint64_t now_ns(void);

struct check {
    uint32_t from, count; /* the seqs that are expected; none while count is 0 */
    uint64_t deliveries, lost, doubled, strays;
    uint64_t first_sent, last_arrival;
    uint32_t *latencies; /* of each delivery, in microseconds */
    size_t latency_room;
    uint64_t *sent, *last; /* of each event: when it was sent, and when the last subscriber had it */
};

void check_begin(struct check *check, uint32_t from, uint32_t count, size_t subscribers);

/* An event has come to one who waits for `*next`. True when it was the last one expected. */
bool check_event(struct check *check, uint32_t *next, const char *text, size_t size, uint64_t arrived);

/* One who has nothing more to come. */
void check_leave(struct check *check, uint32_t next);

/* One line of JSON on stdout. */
void check_report(struct check *check, size_t subscribers, size_t unfinished, size_t closed);

#endif
