-- The registers: the newest report of one device for one title of one user (placeholder of this branch).
create table resume (
  user_id text collate "C" not null,
  content_id uuid not null,
  device_id text collate "C" not null,
  position_ms int not null,
  duration_ms int,
  watched_at timestamptz not null,
  watched_on date not null generated always as ((watched_at at time zone 'UTC')::date) stored,
  primary key (user_id, content_id, device_id)
) with (fillfactor = 70);

create index resume_newest on resume (user_id, watched_on);
