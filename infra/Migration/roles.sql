-- Run by the administrator's role before the schema is brought up to date, each time: makes the role that owns the tables, and the one that only calls
-- grains, once. Whoever may change the tables is never an administrator.
--
-- The passwords are the first ones. From then on the rotation changes them, here and in the secrets, and by turns those of twins, …_clone, which it makes
-- itself as members of these roles.
do $$
declare
  which text;
begin
  foreach which in array array['owner', 'caller'] loop
    if not exists (select from pg_roles where rolname = 'continue_watching_' || which) then
      execute format('create role %I login password %L', 'continue_watching_' || which, current_setting('roles.' || which));
    end if;
  end loop;
end
$$;

-- Who made a role may give it away, and is not yet a member: without this a person could not read its tables. (Since Postgres 16; before, it is needed as well.)
grant continue_watching_owner to current_user;

grant usage, create on schema public to continue_watching_owner;
