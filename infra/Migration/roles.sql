-- Run by the administrator's role before the schema is brought up to date, each time: makes the role that owns the tables, once. Whoever may change the
-- tables is never an administrator.
--
-- The password is the first one. From then on the rotation changes it, here and in the secret, and by turns that of a twin, continue_watching_owner_clone,
-- which it makes itself as a member of this role.
do $$
begin
  if not exists (select from pg_roles where rolname = 'continue_watching_owner') then
    execute format('create role continue_watching_owner login password %L', current_setting('roles.password'));
  end if;
end
$$;

-- Who made a role may give it away, and is not yet a member: without this a person could not read its tables. (Since Postgres 16; before, it is needed as well.)
grant continue_watching_owner to current_user;

grant usage, create on schema public to continue_watching_owner;
