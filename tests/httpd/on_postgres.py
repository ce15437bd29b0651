# Licensed under the Apache License, Version 2.0; see LICENSE.
"""With SCEP_TEST_DATABASE=pgsql the servers of the tests keep their record in
PostgreSQL: each in a database of its own, of one PostgreSQL for the run."""
import atexit
import itertools
import json

import httpdserver
from postgres import Postgres

NUMBERS = itertools.count()


def quoted(value):
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("'", "''") + "'"


class OnPostgres(httpdserver.Server):
    """A Server without a database file."""
    postgres = None

    def __init__(self, *positional, extra="", **arguments):
        cls = OnPostgres
        if cls.postgres is None:
            cls.postgres = Postgres()
            atexit.register(cls.postgres.close)
        self.database = cls.postgres.another(f"test{next(NUMBERS)}")
        super().__init__(
            *positional,
            extra=f'ScepDatabase pgsql "{self.database.params}"\n{extra}',
            **arguments)

    def query(self, sql):
        rows = self.database.sql(f"SELECT row_to_json(q) FROM ({sql}) q",
                                 whole=True)
        return [tuple(json.loads(row).values()) for row in rows]

    def change(self, sql, *values):
        parts = sql.split("?")
        assert len(parts) == len(values) + 1
        text = parts[0] + "".join(quoted(value) + part
                                  for value, part in zip(values, parts[1:]))
        self.database.sql(text)
