-- Run by the administrator's role before the schema is brought up to date, each time: makes the role that owns the tables, once. Whoever may change
-- the tables is never an administrator.
\set ON_ERROR_STOP on
\getenv password ROLE_PASSWORD

-- The password is the first one. From then on the rotation changes it, here and in the secret, and by turns that of a twin, continue_watching_clone,
-- which it makes itself as a member of this role.
select format('create role continue_watching login password %L', :'password')
where not exists (select from pg_roles where rolname = 'continue_watching') \gexec

grant usage, create on schema public to continue_watching;
