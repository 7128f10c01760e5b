-- What a user has beside the places: marks on titles, the user's own settings, the watchlist, and the moment of an erasure.

-- Completion, hiding and forgetting of one title. One version of all four stands, the one last changed (changed_at, strictly growing):
-- an activation that did not know it was replaced loses against what its successor has written.
create table title_mark (
  user_id      text collate "C" not null,
  content_id   uuid             not null,
  completed_at timestamptz,
  play_count   int              not null,
  hidden_at    timestamptz,
  forgotten_at timestamptz,
  changed_at   timestamptz      not null,
  primary key (user_id, content_id)
);

-- created_at is the moment of the first report or other deed. paused_from without paused_until: the history is paused now.
create table users (
  user_id      text collate "C" not null primary key,
  created_at   timestamptz      not null,
  paused_from  timestamptz,
  paused_until timestamptz
);

create table watchlist (
  user_id    text collate "C" not null,
  content_id uuid             not null,
  added_at   timestamptz      not null,
  primary key (user_id, content_id)
);

-- Who was erased, without saying who: the SHA-256 of the user id. Nothing watched before erased_at comes back. Kept for 30 days.
create table tombstone (
  user_hash bytea       not null primary key,
  erased_at timestamptz not null
);

create index tombstone_age on tombstone (erased_at);
