-- Run by the superuser when the data folder is made; run again it adds what is missing, and sets the passwords. psql reads
-- those from the mounted Secret itself, so they are in no argument and no environment.
\set owner_password `cat /run/secrets/postgresql/owner-password`
\set service_password `cat /run/secrets/postgresql/service-password`
\set monitor_password `cat /run/secrets/postgresql/monitor-password`
select format('create role %I login', name) from unnest(array['todo', 'todo_api', 'monitor']) name
  where name not in (select rolname from pg_roles) \gexec
-- Migrations and backups. It owns its database and nothing else.
alter role todo password :'owner_password';
select 'create database todo owner todo' where 'todo' not in (select datname from pg_database) \gexec
-- The service, which a migration gives what it needs. It owns nothing.
alter role todo_api password :'service_password';
-- What postgres-exporter reads with: statistics of all databases, no rows.
alter role monitor password :'monitor_password';
grant pg_monitor to monitor;
