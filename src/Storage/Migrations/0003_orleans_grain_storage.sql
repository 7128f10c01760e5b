-- Orleans' grain storage: small documents of grains with UUID keys, one row per grain and state name. For nothing keyed by a
-- user: the provider maps string keys that look like numbers or GUIDs onto each other ("1" and "01", "cafe" and "CAFE").
--
-- The primary key is the guard: without a unique key, two activations that both write a grain's first state leave two rows, and
-- the provider cannot read that grain again. A missing key extension is stored as '' because null is not equal to null in
-- a unique key; an extension is never empty, so nothing else is ''. (NULLS NOT DISTINCT would need Postgres 15.)
--
-- An ETag is the row's version, and each write is one statement that compares it: no answered row is a conflict, the
-- provider's InconsistentStateException, never an error of the database.

-- Rewritten in place: no changing column is indexed, and the free space keeps the updates HOT.
create table OrleansStorage (
  GrainIdHash int not null,
  GrainIdN0 bigint not null,
  GrainIdN1 bigint not null,
  GrainTypeHash int not null,
  GrainTypeString text collate "C" not null,
  GrainIdExtensionString text collate "C" not null default '',
  ServiceId text collate "C" not null,
  PayloadBinary bytea,
  ModifiedOn timestamptz not null default now(),
  Version int not null,
  primary key (GrainIdHash, GrainIdN0, GrainIdN1, GrainTypeHash, GrainTypeString, GrainIdExtensionString, ServiceId)
) with (fillfactor = 70);

-- Without a version it is a first write: the one of many that inserts the row wins, the others wait for it, insert nothing and
-- see a conflict. With a version it is an update from exactly that version. A row's first version is random, not 1: with
-- DeleteStateOnClear a row can go and come back, and a forgotten activation's old ETag must not fit the new row.
insert into OrleansQuery values ('WriteToStorageKey', $query$
with updated as (
  update OrleansStorage
  set PayloadBinary = @PayloadBinary, ModifiedOn = now(), Version = Version + 1
  where GrainIdHash = @GrainIdHash and GrainIdN0 = @GrainIdN0 and GrainIdN1 = @GrainIdN1
    and GrainTypeHash = @GrainTypeHash and GrainTypeString = @GrainTypeString
    and GrainIdExtensionString = coalesce(@GrainIdExtensionString, '') and ServiceId = @ServiceId
    and Version = @GrainStateVersion
  returning Version
), inserted as (
  insert into OrleansStorage
    (GrainIdHash, GrainIdN0, GrainIdN1, GrainTypeHash, GrainTypeString, GrainIdExtensionString, ServiceId, PayloadBinary, Version)
  select @GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeHash, @GrainTypeString, coalesce(@GrainIdExtensionString, ''),
    @ServiceId, @PayloadBinary, 1 + floor(random() * 1000000000)::int
  where @GrainStateVersion is null
  on conflict do nothing
  returning Version
)
select Version as NewGrainStateVersion from updated
union all
select Version from inserted;
$query$);

insert into OrleansQuery values ('ReadFromStorageKey', $query$
select PayloadBinary, Version
from OrleansStorage
where GrainIdHash = @GrainIdHash and GrainIdN0 = @GrainIdN0 and GrainIdN1 = @GrainIdN1
  and GrainTypeHash = @GrainTypeHash and GrainTypeString = @GrainTypeString
  and GrainIdExtensionString = coalesce(@GrainIdExtensionString, '') and ServiceId = @ServiceId;
$query$);

-- The row stays, empty, with the next version: a forgotten activation's ETag goes on not fitting.
insert into OrleansQuery values ('ClearStorageKey', $query$
update OrleansStorage
set PayloadBinary = null, ModifiedOn = now(), Version = Version + 1
where GrainIdHash = @GrainIdHash and GrainIdN0 = @GrainIdN0 and GrainIdN1 = @GrainIdN1
  and GrainTypeHash = @GrainTypeHash and GrainTypeString = @GrainTypeString
  and GrainIdExtensionString = coalesce(@GrainIdExtensionString, '') and ServiceId = @ServiceId
  and Version = @GrainStateVersion
returning Version as NewGrainStateVersion;
$query$);

-- For DeleteStateOnClear. The version answered is the next one, of a row that is gone: the provider takes its own ETag back for a
-- conflict.
insert into OrleansQuery values ('DeleteStorageKey', $query$
delete from OrleansStorage
where GrainIdHash = @GrainIdHash and GrainIdN0 = @GrainIdN0 and GrainIdN1 = @GrainIdN1
  and GrainTypeHash = @GrainTypeHash and GrainTypeString = @GrainTypeString
  and GrainIdExtensionString = coalesce(@GrainIdExtensionString, '') and ServiceId = @ServiceId
  and Version = @GrainStateVersion
returning Version + 1 as NewGrainStateVersion;
$query$);
