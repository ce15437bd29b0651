/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * Replays the named files, and the files of the named folders, or those of the
 * target's corpus. Fails if there is no file, or if none is accepted.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

enum { PATH_LIMIT = 4096, INPUT_LIMIT = 1048576 };

static unsigned long replayed;

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    /* exactly as large as the input, for AddressSanitizer */
    unsigned char *data = malloc(INPUT_LIMIT), *exact = NULL;
    size_t size = 0;
    int ok = 0;

    if (file != NULL && data != NULL) {
        size = fread(data, 1, INPUT_LIMIT, file);
        exact = malloc(size > 0 ? size : 1);
        ok = !ferror(file) && size < INPUT_LIMIT && exact != NULL;
    }
    if (ok) {
        memcpy(exact, data, size);
        LLVMFuzzerTestOneInput(exact, size);
        replayed++;
    }
    else {
        fprintf(stderr, "%s cannot be read\n", path);
    }
    if (file != NULL) {
        fclose(file);
    }
    free(data);
    free(exact);
    return ok;
}

static int replay(const char *path);

static int replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int ok = folder != NULL;

    while (ok && (entry = readdir(folder)) != NULL) {
        char inner[PATH_LIMIT];
        int len = snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);

        if (entry->d_name[0] != '.') {
            ok = len > 0 && len < PATH_LIMIT && replay(inner);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return ok;
}

static int replay(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        fprintf(stderr, "%s: no such file\n", path);
        return 0;
    }
    return S_ISDIR(info.st_mode) ? replay_folder(path) : replay_file(path);
}

int main(int argc, char **argv)
{
    int ok = 1;
    int i;

    if (argc < 2) {
        ok = replay(FUZZ_CORPUS);
    }
    for (i = 1; i < argc; i++) {
        ok = replay(argv[i]) && ok;
    }
    printf("%lu inputs, %lu accepted\n", replayed, fuzz_accepted);
    if (replayed == 0 || fuzz_accepted == 0) {
        fprintf(stderr, "%s\n",
                replayed == 0 ? "there is nothing to replay"
                              : "no input is accepted");
        ok = 0;
    }
    return ok ? 0 : 1;
}
