/* Do AMX instructions work in every thread here?
 *
 * Some virtual machines announce AMX and fault at its first instruction in a second thread; a
 * llama.cpp that was built on such a machine dies of it. Exit status 0: AMX works, or the processor
 * does not claim to have it; killed by a signal: llama.cpp must be built without it.
 *
 * Build: cc -pthread -mamx-tile amx-probe.c
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <immintrin.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARCH_REQ_XCOMP_PERM 0x1023 /* asm/prctl.h of Linux 5.16 */
#define XFEATURE_XTILEDATA 18
#define THREADS 4

static void *use_tiles(void *unused) {
    uint8_t config[64] __attribute__((aligned(64))) = {1};
    (void)unused;
    _tile_loadconfig(config);
    _tile_release();
    return 0;
}

int main(void) {
    unsigned a, b, c, d;
    pthread_t threads[THREADS];

    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & (1u << 24)))
        return 0; /* no AMX */
    if (syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) != 0)
        return 0; /* the kernel does not give it: llama.cpp asks too, and does without */
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], 0, use_tiles, 0) != 0)
            return 0;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], 0);
    use_tiles(0);
    return 0;
}
