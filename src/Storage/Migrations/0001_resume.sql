-- The registers: the newest report of one device for one title of one user.
--
-- user_id leads every key, so that the table distributes by user. Ids compare byte by byte (collate "C"). Positions and
-- durations are whole milliseconds; both end at 1 000 000 s, which an int holds.
--
-- A heartbeat rewrites position, duration and time, none of which is in an index, and finds room on its page (fillfactor): it is
-- a HOT update. The one index that finds a user's newest titles knows days only, so it changes once a day per title.
create table resume (
  user_id     text collate "C" not null,
  content_id  uuid             not null,
  device_id   text collate "C" not null,
  position_ms int              not null,
  duration_ms int,
  watched_at  timestamptz      not null,
  watched_on  date             not null generated always as ((watched_at at time zone 'UTC')::date) stored,
  primary key (user_id, content_id, device_id)
) with (fillfactor = 70);

create index resume_newest on resume (user_id, watched_on);
