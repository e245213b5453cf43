#define _GNU_SOURCE
#include "wire.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_END };
enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

char wire_refusal[64];

static void keep(struct wire *wire, const char *bytes, size_t size) {
    if (size > wire->kept_size) wire->kept = realloc(wire->kept, size);
    memmove(wire->kept, bytes, size);
    wire->kept_size = size;
}

/* A client's frames are masked; with zeros the bytes stay as they are. */
static void answer(int opcode, const char *bytes, size_t size, const struct wire_owner *calls, void *owner) {
    char frame[6 + 125] = {(char)(0x80 | opcode), (char)(0x80 | size), 0, 0, 0, 0};
    if (size > 125) return;
    memcpy(frame + 6, bytes, size);
    calls->answer(owner, frame, 6 + size);
}

/* In place: what is decoded is never longer than what it is made of. */
static size_t unchunk(struct wire *wire, char *bytes, size_t size) {
    char *from = bytes, *end = bytes + size, *to = bytes;
    while (from < end) {
        if (wire->chunk_stage == CHUNK_DATA) {
            size_t part = (size_t)(end - from) < wire->chunk_left ? (size_t)(end - from) : wire->chunk_left;
            memmove(to, from, part);
            to += part, from += part, wire->chunk_left -= part;
            if (wire->chunk_left == 0) wire->chunk_stage = CHUNK_END;
            continue;
        }
        char byte = *from++;
        if (wire->chunk_stage == CHUNK_END) {
            if (byte == '\n') wire->chunk_stage = CHUNK_SIZE;
        } else if (byte == '\n') {
            wire->chunk_stage = wire->chunk_left ? CHUNK_DATA : CHUNK_END;
        } else if (byte != '\r') {
            int digit = byte <= '9' ? byte - '0' : (byte | 0x20) - 'a' + 10;
            wire->chunk_left = wire->chunk_left * 16 + (size_t)digit;
        }
    }
    return (size_t)(to - bytes);
}

/* Past the empty line that ends a block; NULL while there is none. Lines end in LF or CR LF. */
static const char *block_end(const char *from, const char *end) {
    for (const char *line; (line = memchr(from, '\n', (size_t)(end - from))); from = line + 1) {
        if (end - line >= 2 && line[1] == '\n') return line + 2;
        if (end - line >= 3 && line[1] == '\r' && line[2] == '\n') return line + 3;
    }
    return NULL;
}

/* How many bytes are done with. */
static size_t take_blocks(const char *bytes, size_t size, const struct wire_owner *calls, void *owner) {
    const char *from = bytes, *end = bytes + size;
    for (const char *next; (next = block_end(from, end)); from = next) calls->event(owner, from, (size_t)(next - from));
    return (size_t)(from - bytes);
}

/* Engine.IO: `0` opens and is answered by `40`, which joins; then `40` comes back. `2` asks whether we are there. */
static void take_packet(struct wire *wire, const char *text, size_t size, const struct wire_owner *calls, void *owner) {
    if (size >= 1 && text[0] == '0') answer(TEXT, "40", 2, calls, owner);
    else if (size >= 2 && text[0] == '4' && text[1] == '0') wire->stage = OPEN;
    else if (size >= 1 && text[0] == '2') answer(TEXT, "3", 1, calls, owner);
    else calls->event(owner, text, size);
}

static size_t take_frames(struct wire *wire, const char *bytes, size_t size, const struct wire_owner *calls, void *owner) {
    const unsigned char *from = (const unsigned char *)bytes, *end = from + size;
    while (end - from >= 2) {
        size_t head = 2;
        uint64_t length = from[1] & 0x7f;
        int extra = length == 126 ? 2 : length == 127 ? 8 : 0;
        head += (size_t)extra;
        if ((size_t)(end - from) < head) break;
        if (extra) length = 0;
        for (int place = 0; place < extra; place++) length = length << 8 | from[2 + place];
        if ((uint64_t)(end - from) - head < length) break;
        const char *text = (const char *)from + head;
        int opcode = from[0] & 0x0f;
        if (opcode == PING) answer(PONG, text, length, calls, owner);
        else if (opcode == CLOSE) wire->stage = BROKEN;
        else if (opcode == TEXT && wire->protocol == SOCKET_IO) take_packet(wire, text, length, calls, owner);
        else if (opcode == TEXT) calls->event(owner, text, length);
        from += head + length;
    }
    return (size_t)((const char *)from - bytes);
}

static void note_refusal(const char *answer) {
    size_t size = 0;
    while (size < sizeof wire_refusal - 1 && answer[size] >= ' ' && answer[size] != '"' && answer[size] != '\\') {
        wire_refusal[size] = answer[size];
        size++;
    }
    wire_refusal[size] = '\0';
}

/* Where the body begins; NULL while the head is not there. */
static char *take_head(struct wire *wire, char *bytes, size_t size) {
    char *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (!end) return NULL;
    const char *status = wire->protocol == SSE ? "HTTP/1.1 200" : "HTTP/1.1 101";
    if (strncmp(bytes, status, strlen(status)) != 0) {
        wire->stage = BROKEN;
        note_refusal(bytes);
        return NULL;
    }
    *end = '\0';
    wire->chunked = strcasestr(bytes, "transfer-encoding: chunked") != NULL;
    wire->stage = wire->protocol == SOCKET_IO ? HANDSHAKE : OPEN;
    return end + 4;
}

void wire_take(struct wire *wire, char *buffer, size_t fresh, const struct wire_owner *calls, void *owner) {
    char *bytes = buffer;
    size_t old = wire->kept_size, done;
    if (wire->stage == HEAD) {
        bytes = take_head(wire, buffer, old + fresh);
        if (!bytes) {
            keep(wire, buffer, old + fresh);
            return;
        }
        fresh = (size_t)(buffer + old + fresh - bytes);
        old = 0;
    }
    size_t size = old + (wire->chunked ? unchunk(wire, bytes + old, fresh) : fresh);
    if (wire->protocol == SSE) done = take_blocks(bytes, size, calls, owner);
    else done = take_frames(wire, bytes, size, calls, owner);
    keep(wire, bytes + done, size - done);
}
