/* The floor: one write per event and subscriber, and nothing else.
 *
 *   floor PORT
 *
 * Whoever asks with GET becomes a subscriber of server-sent events; whoever begins with anything else is the
 * publisher: each of its lines goes to all. A subscriber is waited for, so it has to read.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SUBSCRIBERS 16384
#define BUFFER (1 << 20)

static const char HEAD[] = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

static int subscribers[SUBSCRIBERS], poller;
static size_t count;
static char buffer[BUFFER];
static size_t kept;

static void watch(int fd) {
    struct epoll_event wish = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &wish);
}

static void leave(int fd) {
    for (size_t i = 0; i < count; i++)
        if (subscribers[i] == fd) subscribers[i] = subscribers[--count];
    close(fd);
}

static void publish(const char *line, size_t size) {
    static char block[BUFFER];
    int length = snprintf(block, sizeof block, "%zx\r\nevent: contribution\ndata: %.*s\n\n\r\n", size + 28, (int)size, line);
    for (size_t i = 0; i < count; i++)
        if (send(subscribers[i], block, (size_t)length, MSG_NOSIGNAL) < 0) perror("send");
}

static void take_lines(size_t size) {
    size_t all = kept + size, from = 0;
    for (char *end; (end = memchr(buffer + from, '\n', all - from)); from = (size_t)(end + 1 - buffer))
        publish(buffer + from, (size_t)(end - buffer) - from);
    kept = all - from;
    memmove(buffer, buffer + from, kept);
}

static void take(int fd) {
    ssize_t size = recv(fd, buffer + kept, BUFFER - kept, 0);
    if (size <= 0) leave(fd);
    else if (kept == 0 && strncmp(buffer, "GET ", 4) == 0) {
        send(fd, HEAD, sizeof HEAD - 1, MSG_NOSIGNAL);
        if (count < SUBSCRIBERS) subscribers[count++] = fd;
    } else
        take_lines((size_t)size);
}

static int listen_on(const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 2048)) exit(1);
    return listener;
}

int main(int arguments, char **argument) {
    struct epoll_event events[256];
    int on = 1;
    if (arguments != 2) return 2;
    poller = epoll_create1(0);
    int listener = listen_on(argument[1]);
    watch(listener);
    for (;;) {
        int ready = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd != listener) {
                take(events[i].data.fd);
                continue;
            }
            int fd = accept(listener, NULL, NULL);
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            watch(fd);
        }
    }
}
