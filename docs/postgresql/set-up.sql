-- Run once, by the server's administrator, as it stands: psql -f docs/postgresql/set-up.sql postgres
-- The role owns its database alone; it may begin a new file of the log and have the old ones deleted, no more.
CREATE ROLE heard LOGIN;
CREATE DATABASE heard OWNER heard;
GRANT pg_checkpoint TO heard;
\connect heard
REVOKE ALL ON DATABASE heard FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pg_switch_wal() TO heard;
