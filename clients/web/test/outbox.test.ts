import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageOf, Backoff, momentOf, OldestAge } from '../src/clock.js';
import { MaxWaiting, Outbox } from '../src/outbox.js';
import { aDevice, Device, Film, Other } from './device.js';
import { chance, DeviceClock, MemoryStorage, World } from './fakes.js';

function anOutbox(storage: MemoryStorage | null = new MemoryStorage(), user = '123') {
  const clock = new DeviceClock(new World());
  return { clock, storage, outbox: new Outbox(clock, storage, user, 'tv') };
}

const places = (outbox: Outbox) => outbox.all().map(({ contentId, resumeFrom }) => [contentId, resumeFrom]);

test('A title waits once, with its last place', () => {
  const { outbox } = anOutbox();
  outbox.put(Film, 10, 100);
  outbox.put(Other, 20, 100);
  outbox.put(Film, 5, 100);
  assert.deepEqual(new Set(places(outbox).map(String)), new Set([`${Film},5`, `${Other},20`]));
});

test('What waits survives the page, and is kept apart by user and device', () => {
  const { outbox, clock, storage } = anOutbox();
  outbox.put(Film, 10, 100);
  assert.deepEqual(places(new Outbox(clock, storage, '123', 'tv')), [[Film, 10]]);
  assert.deepEqual(places(new Outbox(clock, storage, '1234', 'tv')), []);
  assert.deepEqual(places(new Outbox(clock, storage, '123', 'phone')), []);
});

test('So many titles wait and no more; the oldest makes room', async () => {
  const { outbox, clock } = anOutbox();
  for (let title = 0; title < MaxWaiting + 20; title++) {
    outbox.put(`title-${title}`, 10, 100);
    await clock.world.pass(10);
  }

  assert.equal(outbox.all().length, MaxWaiting);
  assert.equal(outbox.all()[0]!.contentId, 'title-20');
});

test('What is confirmed goes, but for what was put meanwhile, here or by another tab', async () => {
  const { outbox, clock, storage } = anOutbox();
  const tab = new Outbox(clock, storage, '123', 'tv');
  outbox.put(Film, 10, 100);
  outbox.put(Other, 20, 100);
  const sent = outbox.all();
  await clock.world.pass(10);
  tab.put(Film, 11, 100);
  outbox.settle(sent);
  assert.deepEqual(places(outbox), [[Film, 11]]);
  assert.deepEqual(places(tab), [[Film, 11]]);
});

test('Without a storage, or with a full one, what waits is in memory', () => {
  for (const storage of [null, Object.assign(new MemoryStorage(), { full: true })]) {
    const { outbox } = anOutbox(storage);
    outbox.put(Film, 10, 100);
    assert.deepEqual(places(outbox), [[Film, 10]]);
    outbox.settle(outbox.all());
    assert.deepEqual(places(outbox), []);
  }
});

test('A storage that has become full leaves no older place behind, for this page or the next', () => {
  const { outbox, clock, storage } = anOutbox();
  outbox.put(Film, 10, 100);
  storage!.full = true;
  outbox.put(Film, 20, 100);
  assert.deepEqual(places(outbox), [[Film, 20]]);
  assert.deepEqual(places(new Outbox(clock, storage, '123', 'tv')), []);
  // Where it takes nothing and gives nothing up.
  storage!.full = false;
  outbox.put(Film, 30, 100);
  Object.assign(storage!, { full: true, removeItem: () => { throw new DOMException('No.', 'InvalidStateError'); } });
  outbox.put(Film, 40, 100);
  assert.deepEqual(places(outbox), [[Film, 40]]);
});

test('What others have written under its keys is left alone', () => {
  const { outbox, storage } = anOutbox();
  for (const strange of ['', '{', '5', 'null', '[1]', '["1",2,3]', '[1,2,null]', '[5,100,-1e300]', '[5,100,1e300]', '<img src=x>'])
    storage!.setItem(`continue-watching/123/tv/${strange}`, strange);
  storage!.setItem('of-the-app', '[1,2,3]');
  assert.deepEqual(places(outbox), []);
});

test('An age is never less than either clock says', async () => {
  const { clock } = anOutbox();
  const moment = momentOf(clock);
  await clock.world.pass(1_000);
  assert.equal(ageOf(clock, moment), 1_000);
  clock.wrongBy = -3_600_000;
  assert.equal(ageOf(clock, moment), 1_000, 'set back');
  clock.wrongBy = 0;
  clock.sleep();
  await clock.world.pass(60_000);
  clock.wake();
  assert.equal(ageOf(clock, moment), 61_000, 'slept');
  clock.wrongBy = -3_600_000;
  assert.equal(ageOf(clock, { wall: moment.wall }), 0, 'of an earlier page, and set back');
  clock.wrongBy = 50 * 365 * 86_400_000;
  assert.equal(ageOf(clock, moment), 1_000, 'set by years');
  assert.equal(ageOf(clock, { wall: moment.wall }), OldestAge, 'of an earlier page, and set by years');
});

test('Tries come back at chance, later and later up to a limit, and never before they may', () => {
  const clock = Object.assign(new DeviceClock(new World()), { random: chance(1) });
  const backoff = new Backoff(clock, 1_000, 30_000);
  const waits = Array.from({ length: 12 }, () => backoff.next(500));
  waits.forEach((wait, index) => assert.ok(wait >= 500 && wait <= 500 + Math.min(30_000, 1_000 * 2 ** index), `${wait}`));
  assert.ok(new Set(waits).size === 12);
  backoff.reset();
  assert.ok(backoff.next() <= 1_000);
});

for (const wrongBy of [7 * 86_400_000, 4_000, -4_000, 0]) {
  test(`What was watched offline arrives with its age, also by a clock that is ${wrongBy / 1_000} s wrong`, async () => {
    const { world, service, device } = aDevice();
    device.clock.wrongBy = wrongBy;
    device.client.track(device.video, { contentId: Film });
    device.video.load(3_600);
    await device.play(1);
    device.setOnline(false);
    await device.play(20);
    device.video.pause();
    const left = world.time;
    await world.pass(3_600_000);
    const next = device.reload();
    await world.pass(1_000);
    assert.equal(next.heard.report.at(-1)!.outcome, 'applied');
    assert.deepEqual([service.resumePoint(Film)!.position, service.resumePoint(Film)!.at], [21, left]);
  });
}

test('Two tabs of one screen send what waits once, and neither undoes the other', async () => {
  const { world, service, device } = aDevice();
  let held = false;
  const locks = {
    async request(_: string, __: object, work: (lock: unknown) => Promise<void>) {
      if (held) return work(null);
      held = true;
      await work({}).finally(() => held = false);
    },
  };
  const storage = new MemoryStorage();
  const [left, right] = [new Device(service, { locks }, device.clock, storage), new Device(service, { locks }, device.clock, storage)];
  for (const [tab, title] of [[left, Film], [right, Other]] as const) {
    tab.client.track(tab.video, { contentId: title });
    tab.video.load(3_600);
    await tab.play(1);
  }

  left.online = right.online = false;
  for (const tab of [left, right]) {
    await tab.play(tab === left ? 12 : 20);
    tab.video.pause();
  }

  left.online = right.online = true;
  left.page.tell('online');
  right.page.tell('online');
  await world.pass(10_000);
  assert.deepEqual([service.resumePoint(Film)!.position, service.resumePoint(Other)!.position], [13, 21]);
  const journals = service.seen.filter(request => request.path.endsWith('/reports'));
  assert.equal(journals.length, 1, JSON.stringify(journals.map(journal => journal.body)));
  assert.equal(storage.length, 0);
  // That the other one sends is no error.
  for (const { heard } of [left, right]) assert.ok(heard.error.every(error => error.message.includes('Failed to fetch')), `${heard.error}`);
});
