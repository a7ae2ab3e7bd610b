/* Lets the Nth write, fsync, rename or open below one folder fail, as a disk does. Preloaded into the server.
 *
 * FAULT_ROOT: the folder. FAULT_OP: write, sync, rename or open. FAULT_AT: which call fails, from 1; 0: none, they are only counted.
 * FAULT_ERRNO: the number of the error. FAULT_ON: 1 if all calls after that fail, too. FAULT_COUNTS: a file of 4 * 8 bytes, in which the
 * calls are counted, in the order above. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE, SYNC, RENAME, OPEN, KINDS };
static const char *const NAMES[KINDS] = {"write", "sync", "rename", "open"};
static _Atomic uint64_t *counts;
static char ours[65536];
static const char *root;
static int kind = -1, error_number, goes_on;
static uint64_t at;

__attribute__((constructor)) static void begin(void) {
    root = getenv("FAULT_ROOT");
    const char *op = getenv("FAULT_OP"), *file = getenv("FAULT_COUNTS");
    if (!root || !op || !file) { root = NULL; return; }
    for (int k = 0; k < KINDS; k++) if (!strcmp(op, NAMES[k])) kind = k;
    at = strtoull(getenv("FAULT_AT"), NULL, 10);
    error_number = atoi(getenv("FAULT_ERRNO"));
    goes_on = atoi(getenv("FAULT_ON"));
    int fd = open(file, O_RDWR);
    counts = mmap(NULL, KINDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
}

static int below(const char *path) { return root && path && !strncmp(path, root, strlen(root)); }
static int is_ours(int fd) { return root && fd >= 0 && fd < (int)sizeof ours && ours[fd]; }

/* Counts a call, and says whether it fails. */
static int fails(int of) {
    if (!counts) return 0;
    uint64_t now = ++counts[of];
    if (of != kind || at == 0 || (goes_on ? now < at : now != at)) return 0;
    errno = error_number;
    return 1;
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static int opened(int fd, int mine) {
    if (fd >= 0 && fd < (int)sizeof ours) ours[fd] = mine;
    return fd;
}

#define MODE() mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); }

int open(const char *path, int flags, ...) {
    MODE(); REAL(open);
    int mine = below(path);
    if (mine && fails(OPEN)) return -1;
    return opened(real(path, flags, mode), mine);
}
int open64(const char *path, int flags, ...) {
    MODE(); REAL(open64);
    int mine = below(path);
    if (mine && fails(OPEN)) return -1;
    return opened(real(path, flags, mode), mine);
}
int openat(int folder, const char *path, int flags, ...) {
    MODE(); REAL(openat);
    int mine = below(path);
    if (mine && fails(OPEN)) return -1;
    return opened(real(folder, path, flags, mode), mine);
}
int close(int fd) {
    REAL(close);
    if (fd >= 0 && fd < (int)sizeof ours) ours[fd] = 0;
    return real(fd);
}
ssize_t write(int fd, const void *bytes, size_t length) {
    REAL(write);
    if (is_ours(fd) && fails(WRITE)) return -1;
    return real(fd, bytes, length);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t where) {
    REAL(pwrite64);
    if (is_ours(fd) && fails(WRITE)) return -1;
    return real(fd, bytes, length, where);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t where) {
    REAL(pwrite);
    if (is_ours(fd) && fails(WRITE)) return -1;
    return real(fd, bytes, length, where);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    if (is_ours(fd) && fails(WRITE)) return -1;
    return real(fd, parts, count);
}
int fsync(int fd) {
    REAL(fsync);
    if (is_ours(fd) && fails(SYNC)) return -1;
    return real(fd);
}
int fdatasync(int fd) {
    REAL(fdatasync);
    if (is_ours(fd) && fails(SYNC)) return -1;
    return real(fd);
}
int rename(const char *from, const char *to) {
    REAL(rename);
    if (below(to) && fails(RENAME)) return -1;
    return real(from, to);
}
