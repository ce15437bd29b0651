/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_config.c: which driver and database the configuration names,
 * before anything is opened. (store layer)
 */
#include "scep_store_p.h"

#include <string.h>

#include "scep_pgsql.h"
#include "scep_sqlite.h"

const scep_sql_driver_t *scep_store_driver_of(const char *name)
{
    const scep_sql_driver_t *pgsql = SCEP_PGSQL_DRIVER;

    if (strcmp(name, scep_sqlite_driver.name) == 0) {
        return &scep_sqlite_driver;
    }
    return pgsql != NULL && strcmp(name, pgsql->name) == 0 ? pgsql : NULL;
}

scep_status_e scep_store_no_driver(const scep_store_config_t *config,
                                   scep_result_t *res)
{
    return scep_fail(
        res, SCEP_R_SETUP,
        "no database driver is called \"%s\"; use " SCEP_STORE_DRIVERS,
        config->driver);
}

bool scep_store_driver_known(const char *driver)
{
    return scep_store_driver_of(driver) != NULL;
}

bool scep_store_driver_shared(const char *driver)
{
    const scep_sql_driver_t *found = scep_store_driver_of(driver);

    /* it is one, too, where it was left out of the build */
    return found != NULL ? found->shared : strcmp(driver, "pgsql") == 0;
}

bool scep_store_config_secret(const scep_store_config_t *config,
                              apr_pool_t *pool)
{
    const scep_sql_driver_t *driver = scep_store_driver_of(config->driver);

    return driver != NULL && driver->secret(config->params, pool);
}

const char *scep_store_config_open(const scep_store_config_t *config,
                                   apr_pool_t *pool)
{
    const scep_sql_driver_t *driver = scep_store_driver_of(config->driver);

    return driver != NULL ? driver->open_params(config->params, pool) : "";
}

bool scep_store_config_same(const scep_store_config_t *config,
                            const scep_store_config_t *other, apr_pool_t *pool)
{
    const scep_sql_driver_t *driver = scep_store_driver_of(config->driver);

    return driver != NULL && strcmp(config->driver, other->driver) == 0 &&
           driver->same(config->params, other->params, pool);
}

const char *scep_store_config_name(const scep_store_config_t *config,
                                   apr_pool_t *pool)
{
    const scep_sql_driver_t *driver = scep_store_driver_of(config->driver);

    return driver != NULL ? driver->display(config->params, pool)
                          : config->driver;
}

scep_status_e scep_store_check(const scep_store_config_t *config,
                               apr_pool_t *pool, scep_result_t *res)
{
    const scep_sql_driver_t *driver = scep_store_driver_of(config->driver);

    return driver != NULL ? driver->check(config->params, pool, res)
                          : scep_store_no_driver(config, res);
}

scep_status_e scep_store_look(const scep_store_config_t *config, uid_t uid,
                              apr_pool_t *pool, scep_result_t *res)
{
    const scep_sql_driver_t *driver = scep_store_driver_of(config->driver);

    if (driver == NULL) {
        return scep_store_no_driver(config, res);
    }
    return driver->look != NULL ? driver->look(config->params, uid, pool, res)
                                : SCEP_OK;
}
