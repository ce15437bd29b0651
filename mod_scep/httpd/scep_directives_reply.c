/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_reply.c: what is set per endpoint about how replies are
 * made. (httpd layer)
 */
#include "scep_directives.h"

static const char *add_way(cmd_parms *cmd, scep_dir_config_t *conf,
                           const char *value, scep_way_e way)
{
    scep_reply_ways_t *ways = &conf->reply_ways;
    int i;

    for (i = 0; i < ways->count; i++) {
        if (ways->way[i] == way) {
            return scep_bad_value(cmd, value, "that is in the list already");
        }
    }
    ways->way[ways->count++] = way; /* there are two, so it has room */
    return NULL;
}

const char *scep_set_ec_reply(cmd_parms *cmd, void *dir, const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);
    bool refuse = strcasecmp(value, "refuse") == 0;

    if (error != NULL) {
        return error;
    }
    if (conf->reply_ways_set && (refuse || conf->reply_ways.count == 0)) {
        return scep_bad_value(cmd, value, "refuse stands alone");
    }
    conf->reply_ways_set = true;
    if (refuse) {
        return NULL;
    }
    if (strcasecmp(value, "password") == 0) {
        return add_way(cmd, conf, value, SCEP_WAY_PASSWORD);
    }
    if (strcasecmp(value, "key-agreement") == 0) {
        return add_way(cmd, conf, value, SCEP_WAY_AGREEMENT);
    }
    return scep_bad_value(cmd, value,
                          "password, key-agreement or refuse is wanted");
}
