#define _GNU_SOURCE
#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void check_begin(struct check *check, uint32_t from, uint32_t count, size_t subscribers) {
    free(check->latencies), free(check->sent), free(check->last);
    memset(check, 0, sizeof *check);
    check->from = from, check->count = count;
    check->latency_room = (size_t)count * subscribers;
    check->latencies = malloc(check->latency_room * sizeof *check->latencies);
    check->sent = calloc(count, sizeof *check->sent);
    check->last = calloc(count, sizeof *check->last);
}

/* The number after `name`, 0 if there is none. */
static uint64_t number(const char *text, size_t size, const char *name) {
    const char *end = text + size, *at = memmem(text, size, name, strlen(name));
    uint64_t value = 0;
    if (!at) return 0;
    for (at += strlen(name); at < end && *at >= '0' && *at <= '9'; at++) value = value * 10 + (uint64_t)(*at - '0');
    return value;
}

static void clock_it(struct check *check, uint32_t place, uint64_t sent, uint64_t arrived) {
    uint64_t latency = arrived > sent ? (arrived - sent) / 1000 : 0;
    if (check->deliveries < check->latency_room) check->latencies[check->deliveries] = (uint32_t)latency;
    check->deliveries++;
    check->sent[place] = sent;
    if (arrived > check->last[place]) check->last[place] = arrived;
    if (!check->first_sent || sent < check->first_sent) check->first_sent = sent;
    if (arrived > check->last_arrival) check->last_arrival = arrived;
}

bool check_event(struct check *check, uint32_t *next, const char *text, size_t size, uint64_t arrived) {
    uint64_t sent = number(text, size, "\"taskId\":\"");
    if (!sent) return false; /* not one of the publisher's: a snapshot, a heartbeat */
    uint32_t seq = (uint32_t)number(text, size, "\"seq\":"), end = check->from + check->count;
    if (!check->count) return false;
    if (seq < check->from || seq >= end) {
        check->strays++;
        return false;
    }
    if (seq < *next) {
        check->doubled++;
        return false;
    }
    check->lost += seq - *next;
    *next = seq + 1;
    clock_it(check, seq - check->from, sent, arrived);
    return *next == end;
}

void check_leave(struct check *check, uint32_t next) {
    check->lost += check->from + check->count - next;
}

static int by_size(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static double part_ms(const uint32_t *sorted, size_t size, double part) {
    if (!size) return 0;
    size_t place = (size_t)(part * (double)size);
    return sorted[place < size ? place : size - 1] / 1000.0;
}

static void report_latencies(const char *prefix, uint32_t *latencies, size_t size) {
    qsort(latencies, size, sizeof *latencies, by_size);
    printf("\"%sp50_ms\":%.3f,\"%sp99_ms\":%.3f,\"%smax_ms\":%.3f,", prefix, part_ms(latencies, size, 0.5), prefix,
           part_ms(latencies, size, 0.99), prefix, part_ms(latencies, size, 1));
}

void check_report(struct check *check, size_t subscribers, size_t unfinished, size_t closed) {
    size_t clocked = check->deliveries < check->latency_room ? check->deliveries : check->latency_room;
    uint32_t *lasts = malloc(check->count * sizeof *lasts);
    size_t events = 0;
    for (uint32_t place = 0; place < check->count; place++)
        if (check->sent[place]) lasts[events++] = (uint32_t)((check->last[place] - check->sent[place]) / 1000);
    printf("{\"subscribers\":%zu,\"deliveries\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"doubled\":%" PRIu64
           ",\"strays\":%" PRIu64 ",\"unfinished\":%zu,\"closed\":%zu,",
           subscribers, check->deliveries, check->lost, check->doubled, check->strays, unfinished, closed);
    report_latencies("", check->latencies, clocked);
    report_latencies("last_", lasts, events);
    printf("\"wall_s\":%.6f}\n", (double)(check->last_arrival - check->first_sent) / 1e9);
    fflush(stdout);
    free(lasts);
    check->count = 0;
}
