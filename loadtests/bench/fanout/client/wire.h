/* The bytes of one connection, whatever pieces they come in, as events. */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>

enum protocol { SSE, WEBSOCKET, SOCKET_IO };

enum stage { HEAD, HANDSHAKE, OPEN, BROKEN };

struct wire {
    enum protocol protocol;
    enum stage stage;
    bool chunked;
    int chunk_stage;
    size_t chunk_left;
    /* What there was of an event that is not complete: decoded bytes, to stand before the next ones. */
    char *kept;
    size_t kept_size;
};

/* How the last server that would not have us said so: the first line of its answer. */
extern char wire_refusal[64];

/* Whoever owns the wire gets each event, and sends what has to be answered (a pong, a join). */
struct wire_owner {
    void (*event)(void *owner, const char *text, size_t size);
    void (*answer)(void *owner, const char *bytes, size_t size);
};

/* `buffer` holds the kept bytes and after them `fresh` new ones, and may be written to. */
void wire_take(struct wire *wire, char *buffer, size_t fresh, const struct wire_owner *calls, void *owner);

#endif
