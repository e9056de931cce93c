-- Run once, by the superuser, when the data folder is made. psql reads the passwords from the mounted Secret itself, so
-- they are in no argument and no environment.
\set owner_password `cat /run/secrets/postgresql/owner-password`
\set monitor_password `cat /run/secrets/postgresql/monitor-password`
-- The service and its migrations. It owns its database and nothing else.
create role todo login password :'owner_password';
create database todo owner todo;
-- What postgres-exporter reads with: statistics of all databases, no rows.
create role monitor login password :'monitor_password' in role pg_monitor;
