# Run by the image when it makes the database, and never again: makes the role that the service logs in as, which owns its database and nothing else.
# The superuser has no password from then on: it comes in by the socket inside the container only (docker compose exec).
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --set password="$POSTGRES_PASSWORD" <<'SQL'
create role continue_watching login password :'password';
create database continue_watching owner continue_watching;
alter role postgres password null;
SQL
