/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_admin.c: who may do what on the admin page. (httpd layer)
 */
#include "scep_directives.h"

#include <apr_strings.h>

#include <http_log.h>

APLOG_USE_MODULE(scep);

const char *scep_set_admin_require(cmd_parms *cmd, void *dir, const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    if (error != NULL) {
        return error;
    }
    conf->admin_require =
        ap_expr_parse_cmd(cmd, value, AP_EXPR_FLAG_DONT_VARY, &error, NULL);
    if (error != NULL) {
        return scep_bad_value(
            cmd, value,
            apr_psprintf(cmd->pool,
                         "an expression as httpd's <If> has it is wanted: %s",
                         error));
    }
    return NULL;
}
