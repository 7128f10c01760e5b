-- Orleans' membership: which silos there are, who suspects whom, and where clients find a gateway.
-- The AdoNet clustering provider ships no SQL: at start it reads the query texts from OrleansQuery by key and gives them
-- named @parameters. Keys, parameters and answered columns are its contract; the tables and the statements are ours. The
-- tables carry the names every Orleans operator knows, and no schema: all names resolve through the search_path.
--
-- The protocol stands on one compare-and-set: a silo row changes only together with the version of its cluster, and only
-- from the version the writer has read. So each of these writes is ONE statement: what its CTEs change is committed together
-- or not at all, without plpgsql and without settings such as plpgsql.check_asserts. READ COMMITTED is what it is made for.

create table OrleansQuery (
  QueryKey text collate "C" primary key,
  QueryText text not null
);

-- One row per cluster. Rewritten in place all the time, hence the free space for HOT updates; so is the silo's row.
create table OrleansMembershipVersionTable (
  DeploymentId text collate "C" primary key,
  Timestamp timestamptz not null default now(),
  Version int not null default 0
) with (fillfactor = 50);

-- One row per silo process that ever joined, until the dead ones are cleaned up. The foreign key cascades so that a silo which
-- joins while its cluster's entries are being deleted goes with them, and no row stays behind without a version.
create table OrleansMembershipTable (
  DeploymentId text collate "C" not null references OrleansMembershipVersionTable on delete cascade,
  Address text collate "C" not null,
  Port int not null,
  Generation int not null,
  SiloName text not null,
  HostName text not null,
  Status int not null,
  ProxyPort int not null,
  SuspectTimes text,
  StartTime timestamptz not null,
  IAmAliveTime timestamptz not null,
  primary key (DeploymentId, Address, Port, Generation)
) with (fillfactor = 70);

-- One boolean row, always: true if the version row was created here, false if it was there.
insert into OrleansQuery values ('InsertMembershipVersionKey', $query$
with created as (
  insert into OrleansMembershipVersionTable (DeploymentId)
  values (@DeploymentId)
  on conflict do nothing
  returning 1
)
select exists (select 1 from created);
$query$);

-- The version is raised only if it is still the one the writer read and the silo is not there yet; the silo is inserted only if
-- the version was raised. Whoever inserts a silo raises the version, so a silo that came after this statement's snapshot has
-- changed the version too: a writer that waited for the version row looks at it again and finds it gone. There is no ON CONFLICT
-- DO NOTHING: it would keep the raised version without the silo, where a unique violation takes both back.
insert into OrleansQuery values ('InsertMembershipKey', $query$
with raised as (
  update OrleansMembershipVersionTable
  set Version = Version + 1, Timestamp = now()
  where DeploymentId = @DeploymentId and Version = @Version
    and not exists (
      select 1 from OrleansMembershipTable
      where DeploymentId = @DeploymentId and Address = @Address and Port = @Port and Generation = @Generation)
  returning DeploymentId
), inserted as (
  insert into OrleansMembershipTable
    (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
  select DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
  from raised
  returning 1
)
select exists (select 1 from inserted);
$query$);

-- The silo's row is locked first: the cleanup deletes rows without touching the version, and one that is gone (also one that
-- went while this statement waited for it) must leave the version as it is. Heartbeats do not touch the version either; the
-- update finds the row as the last of them left it, by key. The joins are in FROM, not in EXISTS: that is what Postgres
-- evaluates again, without running the CTEs again, when a row has changed meanwhile. No votes are null, never '': the
-- provider reads both as none and the cleanup compares.
insert into OrleansQuery values ('UpdateMembershipKey', $query$
with silo as (
  select DeploymentId from OrleansMembershipTable
  where DeploymentId = @DeploymentId and Address = @Address and Port = @Port and Generation = @Generation
  for no key update
), raised as (
  update OrleansMembershipVersionTable v
  set Version = v.Version + 1, Timestamp = now()
  from silo
  where v.DeploymentId = silo.DeploymentId and v.Version = @Version
  returning v.DeploymentId
), updated as (
  update OrleansMembershipTable m
  set Status = @Status, SuspectTimes = nullif(@SuspectTimes, ''), IAmAliveTime = @IAmAliveTime
  from raised
  where m.DeploymentId = raised.DeploymentId and m.Address = @Address and m.Port = @Port and m.Generation = @Generation
  returning 1
)
select exists (select 1 from updated);
$query$);

-- The heartbeat. No version: it would make every silo's write lose to every other's.
insert into OrleansQuery values ('UpdateIAmAlivetimeKey', $query$
update OrleansMembershipTable
set IAmAliveTime = @IAmAliveTime
where DeploymentId = @DeploymentId and Address = @Address and Port = @Port and Generation = @Generation;
$query$);

-- From the version table, left join: the version comes back when there is no such silo, its columns null.
insert into OrleansQuery values ('MembershipReadRowKey', $query$
select v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes,
  m.StartTime, m.IAmAliveTime, v.Version
from OrleansMembershipVersionTable v
left join OrleansMembershipTable m
  on m.DeploymentId = v.DeploymentId and m.Address = @Address and m.Port = @Port and m.Generation = @Generation
where v.DeploymentId = @DeploymentId;
$query$);

-- Silos and version from one statement, so from one snapshot: a table nobody has written in parts.
insert into OrleansQuery values ('MembershipReadAllKey', $query$
select v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes,
  m.StartTime, m.IAmAliveTime, v.Version
from OrleansMembershipVersionTable v
left join OrleansMembershipTable m on m.DeploymentId = v.DeploymentId
where v.DeploymentId = @DeploymentId;
$query$);

-- A silo without a gateway has proxy port 0.
insert into OrleansQuery values ('GatewaysQueryKey', $query$
select Address, ProxyPort, Generation
from OrleansMembershipTable
where DeploymentId = @DeploymentId and Status = @Status and ProxyPort > 0;
$query$);

-- Both statements are one transaction. The silos go first because the update above takes its locks in this order too.
insert into OrleansQuery values ('DeleteMembershipTableEntriesKey', $query$
delete from OrleansMembershipTable where DeploymentId = @DeploymentId;
delete from OrleansMembershipVersionTable where DeploymentId = @DeploymentId;
$query$);

-- Only silos declared dead (status 6): a silo that merely stopped writing is for the others to vote on, not for the cleanup.
-- The provider uses this one only where the next is missing; it demands it in any case.
insert into OrleansQuery values ('CleanupDefunctSiloEntriesKey', $query$
delete from OrleansMembershipTable
where DeploymentId = @DeploymentId and Status = 6 and IAmAliveTime < @IAmAliveTime and StartTime < @IAmAliveTime;
$query$);

-- The provider has read the table, chosen a dead row by all its times, and names it with what it read: a row that has changed
-- since stays.
insert into OrleansQuery values ('CleanupDefunctSiloEntryKey', $query$
delete from OrleansMembershipTable
where DeploymentId = @DeploymentId and Address = @Address and Port = @Port and Generation = @Generation
  and Status = 6 and StartTime = @StartTime and IAmAliveTime = @IAmAliveTime
  and SuspectTimes is not distinct from nullif(@SuspectTimes, '');
$query$);
