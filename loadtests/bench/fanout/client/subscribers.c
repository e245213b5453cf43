/* Many subscribers in one process, light enough not to be what is measured.
 *
 *   subscribers sse|websocket|socket.io PORT PATH [HEADER]...
 *
 * Each line on stdin is a command, each answered by one line of JSON on stdout:
 *
 *   connect COUNT           so many more
 *   expect FROM COUNT MS    check the events with these seqs; once `{"armed":true}` is said they may be published.
 *                           The report follows when everybody has all of them, or after so many milliseconds
 *   stall COUNT             so many, of those who still read, read no more
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "wire.h"

#define BUFFER (1 << 20)
#define EVENTS 256
#define HANDSHAKES 64          /* under way at once: more would only wait in the listener's backlog */
#define PATIENCE_NS 60000000000u /* for all of them */
#define LINGER_NS 50000000u    /* after the last expected event, for one that comes twice */
#define STALLED_BUFFER 4096

struct subscriber {
    int fd;
    bool open, finished, stalled;
    uint32_t next;
    uint64_t arrived;
    struct wire wire;
};

static struct subscriber **all;
static size_t count, pending, reading, finished, closed_count;
static struct check check;
static uint64_t deadline, done_at;
static int poller;
static char request[4096];
static struct sockaddr_in address = {.sin_family = AF_INET};
static enum protocol protocol;
static char buffer[BUFFER];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void on_event(void *owner, const char *text, size_t size) {
    struct subscriber *one = owner;
    if (check_event(&check, &one->next, text, size, one->arrived) && !one->finished) {
        one->finished = true;
        finished++;
    }
}

static void on_answer(void *owner, const char *bytes, size_t size) {
    struct subscriber *one = owner;
    if (send(one->fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) one->wire.stage = BROKEN;
}

static const struct wire_owner calls = {on_event, on_answer};

static void begin_one(void) {
    struct subscriber *one = calloc(1, sizeof *one);
    int on = 1;
    one->wire.protocol = protocol;
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (one->fd < 0) fail("socket");
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(one->fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) fail("connect");
    struct epoll_event wish = {.events = EPOLLOUT, .data.ptr = one};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, one->fd, &wish)) fail("epoll_ctl");
    all[count++] = one;
    pending++;
}

static void drop(struct subscriber *one) {
    if (one->fd < 0) return;
    close(one->fd);
    one->fd = -1;
    closed_count++;
    if (!one->open) pending--;
    else if (!one->stalled) reading--;
    if (one->finished) finished--;
    else if (check.count) check_leave(&check, one->next);
}

static void ask(struct subscriber *one) {
    struct epoll_event wish = {.events = EPOLLIN, .data.ptr = one};
    if (send(one->fd, request, strlen(request), MSG_NOSIGNAL) < 0) drop(one);
    else epoll_ctl(poller, EPOLL_CTL_MOD, one->fd, &wish);
}

static void take(struct subscriber *one) {
    memcpy(buffer, one->wire.kept, one->wire.kept_size);
    ssize_t size = recv(one->fd, buffer + one->wire.kept_size, BUFFER - one->wire.kept_size, 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
        drop(one);
        return;
    }
    one->arrived = now_ns();
    wire_take(&one->wire, buffer, (size_t)size, &calls, one);
    if (!one->open && one->wire.stage == OPEN) one->open = true, pending--, reading++;
    if (one->wire.stage == BROKEN) drop(one);
}

static void report_if_over(void) {
    uint64_t now = now_ns();
    if (!check.count) return;
    if (finished == reading && !done_at) done_at = now;
    if (finished < reading) done_at = 0;
    if (!(done_at && now >= done_at + LINGER_NS) && now < deadline) return;
    for (size_t i = 0; i < count; i++) {
        struct subscriber *one = all[i];
        if (one->fd >= 0 && !one->finished && !one->stalled) check_leave(&check, one->next);
    }
    check_report(&check, reading, reading - finished, closed_count);
}

static void turn(int timeout_ms, void (*on_stdin)(void)) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(poller, events, EVENTS, timeout_ms);
    for (int i = 0; i < ready; i++) {
        struct subscriber *one = events[i].data.ptr;
        if (!one) on_stdin();
        else if (events[i].events & EPOLLOUT) ask(one);
        else take(one);
    }
}

static void not_now(void) {
    fail("a command came too early");
}

static void connect_all(size_t more) {
    size_t goal = count + more, before = reading;
    uint64_t until = now_ns() + PATIENCE_NS;
    all = realloc(all, goal * sizeof *all);
    while ((count < goal || pending) && now_ns() < until) {
        while (count < goal && pending < HANDSHAKES) begin_one();
        turn(100, not_now);
    }
    printf("{\"connected\":%zu,\"failed\":%zu,\"refusal\":\"%s\"}\n", reading - before, more - (reading - before),
           wire_refusal);
}

static void expect(uint32_t from, uint32_t events, uint64_t patience_ms) {
    check_begin(&check, from, events, count);
    finished = 0, done_at = 0, deadline = now_ns() + patience_ms * 1000000u;
    for (size_t i = 0; i < count; i++) all[i]->next = from, all[i]->finished = false;
    printf("{\"armed\":true}\n");
}

static void stall(size_t some) {
    int small = STALLED_BUFFER;
    size_t left = some;
    for (size_t i = 0; i < count && left; i++) {
        struct subscriber *one = all[i];
        if (one->fd < 0 || one->stalled) continue;
        setsockopt(one->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        epoll_ctl(poller, EPOLL_CTL_DEL, one->fd, NULL);
        one->stalled = true, reading--, left--;
    }
    printf("{\"stalled\":%zu}\n", some - left);
}

static void command(const char *line) {
    unsigned long first, second, third;
    if (sscanf(line, "connect %lu", &first) == 1) connect_all(first);
    else if (sscanf(line, "stall %lu", &first) == 1) stall(first);
    else if (sscanf(line, "expect %lu %lu %lu", &first, &second, &third) == 3)
        expect((uint32_t)first, (uint32_t)second, third);
    else exit(2);
    fflush(stdout);
}

static void read_commands(void) {
    static char lines[256];
    static size_t size;
    ssize_t fresh = read(STDIN_FILENO, lines + size, sizeof lines - 1 - size);
    if (fresh <= 0) exit(0);
    size += (size_t)fresh;
    for (char *end; (end = memchr(lines, '\n', size)); memmove(lines, end + 1, size)) {
        *end = '\0';
        size -= (size_t)(end + 1 - lines);
        command(lines);
    }
}

static void make_request(int headers, char **header, const char *path, const char *port) {
    size_t size = (size_t)sprintf(request, "GET %.2000s HTTP/1.1\r\nHost: 127.0.0.1:%.5s\r\n", path, port);
    if (protocol == SSE) strcat(request, "Accept: text/event-stream\r\n");
    else
        strcat(request, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    for (int i = 0; i < headers && size < 3000; i++) {
        size = strlen(request);
        snprintf(request + size, sizeof request - size - 8, "%s\r\n", header[i]);
    }
    strcat(request, "\r\n");
}

int main(int arguments, char **argument) {
    if (arguments < 4) return 2;
    protocol = !strcmp(argument[1], "sse") ? SSE : !strcmp(argument[1], "websocket") ? WEBSOCKET : SOCKET_IO;
    address.sin_port = htons((uint16_t)atoi(argument[2]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    make_request(arguments - 4, argument + 4, argument[3], argument[2]);
    poller = epoll_create1(0);
    struct epoll_event wish = {.events = EPOLLIN};
    if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &wish)) fail("epoll");
    for (;;) {
        turn(check.count ? 10 : -1, read_commands);
        report_if_over();
    }
}
