"""The tables of the centre's store on PostgreSQL, and how they are written anew: as text, run by ``postgres_store``.

New tables are filled in id order by one transaction, and take the old ones' names with it: then every row has the same
xmin, no xmax, and a ctid that follows its id; what was deleted is gone with the old files. Nobody vacuums or analyses
them meanwhile, which would keep a time and a sample of the ids.

Between filling and dropping a new file of the log begins: pages of the catalogues keep their place in it (LSN), which
would else tell how many rows were filled in.

A row is kept inline, one a page: out of line (TOAST) its pieces would be numbered as they came.
"""

from __future__ import annotations

_SHELF = """
CREATE TABLE {0} (id bytea PRIMARY KEY, door text NOT NULL, "row" bytea NOT NULL) WITH (autovacuum_enabled = false);
ALTER TABLE {0} ALTER "row" SET STORAGE PLAIN;
"""
_BITMAPS = """
CREATE TABLE {0} (batch int NOT NULL, part int NOT NULL, bits bytea NOT NULL, PRIMARY KEY (batch, part))
  WITH (autovacuum_enabled = false);
ALTER TABLE {0} ALTER bits SET STORAGE PLAIN;
"""
TABLES = {"arrivals": _SHELF, "intake": _SHELF, "spent_codes": _BITMAPS}


def _new(schema: str, *names: str) -> str:
    return f"CREATE SCHEMA {schema};" + "".join(TABLES[name].format(f"{schema}.{name}") for name in names)


_BITMAPS_ANEW = """
INSERT INTO heard_anew.spent_codes SELECT batch, part, bits FROM heard.spent_codes ORDER BY batch, part;
"""
_ARRIVALS_ANEW = """
INSERT INTO heard_anew.arrivals SELECT id, door, "row" FROM heard.arrivals ORDER BY id;
SELECT pg_switch_wal();
ALTER TABLE heard.intake SET SCHEMA heard_anew;
DROP TABLE heard.arrivals, heard.spent_codes;
"""
_ALL_IN_THE_INTAKE = """
INSERT INTO heard_anew.intake
  SELECT id, door, "row" FROM heard.intake UNION ALL SELECT id, door, "row" FROM heard.arrivals
  ORDER BY id ON CONFLICT DO NOTHING;
SELECT pg_switch_wal();
DROP TABLE heard.arrivals, heard.intake, heard.spent_codes;
"""
_IN_PLACE = """
DROP SCHEMA heard;
ALTER SCHEMA heard_anew RENAME TO heard;
"""

EMPTY = _new("heard", *TABLES)
MERGED = _new("heard_anew", *TABLES) + _BITMAPS_ANEW + _ALL_IN_THE_INTAKE + _IN_PLACE
TICKED = _new("heard_anew", "arrivals", "spent_codes") + _BITMAPS_ANEW + _ARRIVALS_ANEW + _IN_PLACE
