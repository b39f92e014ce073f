/* Stands between a process and the C library wherever something changes in one folder. Loaded by LD_PRELOAD.
 *
 * DISK_FOLDER   the folder; whatever lies elsewhere is not looked at
 * DISK_CONTROL  a file of one page: what shall happen at which call (struct control, written by shim.py)
 * DISK_RECORD   optional, a file to which each change is appended (struct step, read by record.py)
 *
 * Changes of all processes are done one after the other, so that the record has their true order.
 * Syncs are counted and noted but not done: only a power cut would show the difference, and it is made from the record.
 * SQLite's shared memory and our queue of writers are left out: no power cut leaves anything of them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OFF, KILL, FAIL_ONE_SYNC, FAIL_EVERY_SYNC };

struct control {
    uint32_t mode, at, count, is_made;
    pthread_mutex_t turn;
};

struct step {
    char kind;
    char unused[7];
    uint64_t file;
    int64_t offset;
    uint32_t path_size, data_size;
};

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define BEYOND_OTHERS 500

static struct control *control;
static char folder[PATH_MAX];
static size_t folder_size;
static int record_fd = -1;

__attribute__((constructor)) static void begin(void)
{
    const char *where = getenv("DISK_FOLDER"), *page = getenv("DISK_CONTROL"), *record = getenv("DISK_RECORD");
    if (where == NULL || page == NULL || realpath(where, folder) == NULL)
        return;
    folder_size = strlen(folder);
    int fd = REAL(open)(page, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        abort();
    struct control *made = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (made == MAP_FAILED)
        abort();
    flock(fd, LOCK_EX);
    if (!made->is_made) {
        pthread_mutexattr_t kind;
        pthread_mutexattr_init(&kind);
        pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
        pthread_mutex_init(&made->turn, &kind);
        made->is_made = 1;
    }
    flock(fd, LOCK_UN);
    close(fd);
    if (record != NULL) {
        fd = REAL(open)(record, O_WRONLY | O_APPEND | O_CLOEXEC);
        record_fd = fcntl(fd, F_DUPFD_CLOEXEC, BEYOND_OTHERS);
        close(fd);
        if (record_fd < 0)
            abort();
    }
    control = made;
}

static int ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), size = strlen(end);
    return length >= size && strcmp(text + length - size, end) == 0;
}

static int is_ours(const char *path)
{
    if (control == NULL || strncmp(path, folder, folder_size) != 0)
        return 0;
    if (path[folder_size] != '/' && path[folder_size] != '\0')
        return 0;
    return !ends_with(path, "-shm") && !ends_with(path, "-turn") && !ends_with(path, "-clock");
}

/* Write the path of an open file into `path`, PATH_MAX long, and tell whether it lies in the folder. */
static int is_our_file(int fd, char *path)
{
    if (control == NULL)
        return 0;
    int before = errno;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    errno = before;
    if (size < 0)
        return 0;
    path[size] = '\0';
    return is_ours(path);
}

/* Write where `name` leads, seen from the folder `at`, into `path`, and tell whether it lies in our folder. */
static int is_our_name(int at, const char *name, char *path)
{
    if (control == NULL || name == NULL)
        return 0;
    if (name[0] == '/') {
        if (strlen(name) >= PATH_MAX)
            return 0;
        strcpy(path, name);
        return is_ours(path);
    }
    char base[PATH_MAX], link[64];
    snprintf(link, sizeof link, at == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", at);
    int before = errno;
    ssize_t size = readlink(link, base, PATH_MAX - 1);
    errno = before;
    if (size < 0 || size + strlen(name) + 2 > PATH_MAX)
        return 0;
    base[size] = '\0';
    strcpy(path, base);
    strcat(path, "/");
    strcat(path, name);
    return is_ours(path);
}

/* Wait for the turn, and let what is due happen. Returns 0, or EIO when the call has to fail. */
static int enter(int is_sync)
{
    if (pthread_mutex_lock(&control->turn) == EOWNERDEAD)
        pthread_mutex_consistent(&control->turn);
    if (control->mode == OFF || (control->mode != KILL && !is_sync))
        return 0;
    control->count++;
    if (control->mode == KILL && control->count == control->at) {
        kill(getpid(), SIGKILL);
        pause();
    }
    if (control->mode == FAIL_ONE_SYNC)
        return control->count == control->at ? EIO : 0;
    if (control->mode == FAIL_EVERY_SYNC)
        return control->count >= control->at ? EIO : 0;
    return 0;
}

static void leave(void)
{
    pthread_mutex_unlock(&control->turn);
}

static void note(char kind, uint64_t file, int64_t offset, const char *path, const void *data, size_t size)
{
    if (record_fd < 0)
        return;
    int before = errno;
    struct step step = {.kind = kind, .file = file, .offset = offset, .path_size = strlen(path), .data_size = size};
    struct iovec parts[] = {{&step, sizeof step}, {(void *)path, step.path_size}, {(void *)data, size}};
    if (writev(record_fd, parts, 3) != (ssize_t)(sizeof step + step.path_size + size))
        abort();
    errno = before;
}

static uint64_t number_of(int fd)
{
    struct stat found;
    return fstat(fd, &found) == 0 ? found.st_ino : 0;
}

static ssize_t written(int fd, const void *data, size_t size, off_t offset, int is_placed)
{
    char path[PATH_MAX];
    if (!is_our_file(fd, path))
        return is_placed ? REAL(pwrite)(fd, data, size, offset) : REAL(write)(fd, data, size);
    enter(0);
    if (!is_placed) {
        struct stat found;
        int is_appending = (fcntl(fd, F_GETFL) & O_APPEND) && fstat(fd, &found) == 0;
        offset = is_appending ? found.st_size : lseek(fd, 0, SEEK_CUR);
    }
    ssize_t count = is_placed ? REAL(pwrite)(fd, data, size, offset) : REAL(write)(fd, data, size);
    if (count > 0)
        note('W', number_of(fd), offset, path, data, count);
    leave();
    return count;
}

ssize_t write(int fd, const void *data, size_t size) { return written(fd, data, size, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) { return written(fd, data, size, offset, 1); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) { return written(fd, data, size, offset, 1); }

static int cut(int fd, off_t size)
{
    char path[PATH_MAX];
    if (!is_our_file(fd, path))
        return REAL(ftruncate)(fd, size);
    enter(0);
    int result = REAL(ftruncate)(fd, size);
    if (result == 0)
        note('T', number_of(fd), size, path, NULL, 0);
    leave();
    return result;
}

int ftruncate(int fd, off_t size) { return cut(fd, size); }
int ftruncate64(int fd, off64_t size) { return cut(fd, size); }

static int synced(int fd, int (*real)(int))
{
    char path[PATH_MAX];
    struct stat found;
    if (!is_our_file(fd, path))
        return real(fd);
    int refusal = enter(1);
    if (refusal == 0 && fstat(fd, &found) == 0)
        note(S_ISDIR(found.st_mode) ? 'F' : 'S', found.st_ino, 0, path, NULL, 0);
    leave();
    if (refusal == 0)
        return 0;
    errno = refusal;
    return -1;
}

int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

static int opened(int at, const char *name, int flags, mode_t mode)
{
    char path[PATH_MAX];
    if (!(flags & (O_CREAT | O_TRUNC)) || !is_our_name(at, name, path))
        return REAL(openat)(at, name, flags, mode);
    struct stat found;
    enter(0);
    int is_there = stat(path, &found) == 0;
    int fd = REAL(openat)(at, name, flags, mode);
    if (fd >= 0 && !is_there)
        note('C', number_of(fd), 0, path, NULL, 0);
    else if (fd >= 0 && (flags & O_TRUNC))
        note('T', number_of(fd), 0, path, NULL, 0);
    leave();
    return fd;
}

#define MODE_OF(flags)                                                                                                 \
    mode_t mode = 0;                                                                                                   \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                                               \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

int open(const char *name, int flags, ...) { MODE_OF(flags) return opened(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE_OF(flags) return opened(AT_FDCWD, name, flags, mode); }
int openat(int at, const char *name, int flags, ...) { MODE_OF(flags) return opened(at, name, flags, mode); }
int openat64(int at, const char *name, int flags, ...) { MODE_OF(flags) return opened(at, name, flags, mode); }

int mkdirat(int at, const char *name, mode_t mode)
{
    char path[PATH_MAX];
    if (!is_our_name(at, name, path))
        return REAL(mkdirat)(at, name, mode);
    enter(0);
    int result = REAL(mkdirat)(at, name, mode);
    if (result == 0)
        note('M', 0, 0, path, NULL, 0);
    leave();
    return result;
}

int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

int unlinkat(int at, const char *name, int flags)
{
    char path[PATH_MAX];
    if (!is_our_name(at, name, path))
        return REAL(unlinkat)(at, name, flags);
    enter(0);
    int result = REAL(unlinkat)(at, name, flags);
    if (result == 0)
        note('U', 0, 0, path, NULL, 0);
    leave();
    return result;
}

int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

int renameat(int at, const char *name, int to_at, const char *to_name)
{
    char path[PATH_MAX], to[PATH_MAX];
    int is_from_us = is_our_name(at, name, path), is_to_us = is_our_name(to_at, to_name, to);
    if (!is_from_us && !is_to_us)
        return REAL(renameat)(at, name, to_at, to_name);
    enter(0);
    int result = REAL(renameat)(at, name, to_at, to_name);
    if (result == 0)
        note('R', 0, 0, path, to, strlen(to));
    leave();
    return result;
}

int rename(const char *name, const char *to) { return renameat(AT_FDCWD, name, AT_FDCWD, to); }

int linkat(int at, const char *name, int to_at, const char *to_name, int flags)
{
    char path[PATH_MAX], to[PATH_MAX];
    int is_from_us = is_our_name(at, name, path), is_to_us = is_our_name(to_at, to_name, to);
    if (!is_from_us && !is_to_us)
        return REAL(linkat)(at, name, to_at, to_name, flags);
    enter(0);
    int result = REAL(linkat)(at, name, to_at, to_name, flags);
    if (result == 0)
        note('L', 0, 0, path, to, strlen(to));
    leave();
    return result;
}

int link(const char *name, const char *to) { return linkat(AT_FDCWD, name, AT_FDCWD, to, 0); }
