import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LongestSilence, messages } from '../src/row.js';
import { aDevice, Film } from './device.js';
import { cutOff, json } from './service.js';

const item = (contentId: string) => ({ contentId, resumeFrom: 10, watchedAt: '2026-01-31T20:00:00Z', reason: 'inProgress' });
const rowEvent = (...titles: string[]) => `event: row\nid: ${titles.join('-')}\ndata: ${JSON.stringify({ items: titles.map(item) })}\n\n`;

/** A device whose row is open. */
async function opened() {
  const made = aDevice();
  const row = made.device.client.continueWatching();
  await made.world.pass(10);
  const titles = () => made.device.heard.row.map(items => items.map(({ contentId }) => contentId));
  return { ...made, row, titles };
}

test('The row comes, and whenever it changes', async () => {
  const { service, world, row, device, titles } = await opened();
  service.send(rowEvent('a'));
  await world.pass(10);
  service.send(rowEvent('b', 'a'));
  await world.pass(10);
  assert.deepEqual(titles(), [['a'], ['b', 'a']]);
  assert.deepEqual(row.items?.map(({ contentId }) => contentId), ['b', 'a']);
  assert.deepEqual(device.heard.live, [true]);
  row.close();
});

test('Events are read however they are cut, also within a letter', async () => {
  const text = `: \n\nevent: row\nid: 1\ndata: {"title":"Über"}\n\n: \n\nevent: position\nid: 2\ndata: {}\n\n`;
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size <= bytes.length; size++) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
        controller.close();
      },
    });
    const found = [];
    for await (const message of messages(new Response(body), () => {})) found.push(message);
    assert.deepEqual(found, [{ event: 'row', id: '1', data: '{"title":"Über"}' }, { event: 'position', id: '2', data: '{}' }]);
  }
});

test('A stream that ends or breaks is come back to, and what was told before is not told again', async () => {
  const { service, world, row, device, titles } = await opened();
  service.send(rowEvent('a'));
  await world.pass(10);
  service.streams.shift()!.close();
  await world.pass(2_000);
  service.send(rowEvent('a'));
  await world.pass(10);
  service.streams.shift()!.error(new TypeError('terminated'));
  await world.pass(2_000);
  service.send(rowEvent('b'));
  await world.pass(10);
  assert.deepEqual(titles(), [['a'], ['b']]);
  assert.deepEqual(device.heard.live, [true, false, true, false, true]);
  row.close();
});

test('A stream that falls silent is left for another', async () => {
  const { service, world, row } = await opened();
  service.send(': \n\n');
  await world.pass(LongestSilence - 1_000);
  assert.equal(service.streams.length, 1);
  await world.pass(2_000);
  assert.equal(service.streams.length, 2);
  row.close();
});

test('Where no stream is to be had, the row is asked for, and comes once', async () => {
  const { service, world, device } = aDevice();
  const etag = { ETag: '"1"' };
  service.instead.push(
    () => json({ detail: 'Too many streams.' }, 429, { 'Retry-After': '60' }), () => json({ items: [item('a')] }, 200, etag),
    () => json({ detail: 'Too many streams.' }, 429, { 'Retry-After': '60' }), () => new Response(null, { status: 304, headers: etag }));
  const row = device.client.continueWatching();
  await world.pass(59_000);
  assert.equal(service.seen.length, 2, 'not before Retry-After');
  await world.pass(3_000);
  assert.equal(service.seen.length, 4);
  assert.equal(service.seen[3]!.headers.get('If-None-Match'), '"1"');
  assert.equal(device.heard.row.length, 1);
  row.close();
});

test('A hidden page has no stream, and one again when it is back', async () => {
  const { service, world, row, device } = await opened();
  service.send(rowEvent('a'));
  await world.pass(10);
  device.page.tell('leaving');
  await world.pass(600_000);
  assert.deepEqual([service.streams.length, device.heard.live.at(-1), device.heard.error.length], [1, false, 0]);
  device.page.tell('back');
  await world.pass(10);
  assert.equal(service.streams.length, 2);
  row.close();
});

test('Whoever closes the row asks for nothing more', async () => {
  const { service, world, row, device } = await opened();
  row.close();
  await world.pass(600_000);
  assert.equal(service.seen.length, 1);
  assert.equal(device.clock.waiting, 0);
});

test('After the stream was away, the title that is open is asked for', async () => {
  const { service, world, row, device } = await opened();
  device.client.track(device.video, { contentId: Film });
  device.video.load(3_600);
  await device.play(2);
  device.video.pause();
  service.send(rowEvent());
  await world.pass(1_000);
  service.streams.shift()!.close();
  await world.pass(1);
  service.report({ contentId: Film, deviceId: 'phone', resumeFrom: 300, duration: 3_600 });
  await world.pass(2_000);
  service.send(rowEvent());
  await world.pass(10);
  assert.equal(device.heard.elsewhere[0]?.place.resumeFrom, 300);
  row.close();
});

test('When the stream is back, what waits is sent at once', async () => {
  const { service, world, row, device } = await opened();
  device.client.track(device.video, { contentId: Film });
  device.video.load(3_600);
  await device.play(2);
  device.clock.random = () => 1;
  service.send(rowEvent());
  await world.pass(1_000);
  // No report comes through, until the next try is far off; the stream goes on.
  device.online = false;
  device.video.pause();
  for (let second = 0; second < 200; second++) {
    service.send(': \n\n');
    await world.pass(1_000);
  }

  const failed = device.heard.error.length;
  while (device.heard.error.length === failed) await world.pass(1_000);
  device.online = true;
  service.streams.shift()!.close();
  await world.pass(1_500);
  assert.equal(service.resumePoint(Film), undefined);
  service.send(rowEvent());
  await world.pass(100);
  assert.equal(service.resumePoint(Film)?.position, 2);
  row.close();
});

test('Hide, restore, watched, watchlist and why are one request each', async () => {
  const { device, service } = aDevice({ userId: 'a:b' });
  const { client } = device;
  service.instead.push(() => json({ contentId: Film, inRow: true, code: 'inProgress', sentence: 'It was left at 10 s.' }));
  assert.equal((await client.why(Film)).sentence, 'It was left at 10 s.');
  await client.hide(Film);
  await client.restore(Film);
  await client.watched(Film);
  await client.watched(Film, false);
  await client.putAside(Film);
  await client.putAside(Film, false);
  await client.restore('a/../b');
  assert.deepEqual(await client.watchlist(), []);
  assert.deepEqual(service.seen.map(({ method, path }) => `${method} ${path.replace(Film, 'film')}`), [
    'GET /users/a%3Ab/continue-watching/why/film', 'DELETE /users/a%3Ab/continue-watching/film', 'POST /users/a%3Ab/continue-watching/film/restore',
    'PUT /users/a%3Ab/watched/film', 'DELETE /users/a%3Ab/watched/film', 'PUT /users/a%3Ab/watchlist/film', 'DELETE /users/a%3Ab/watchlist/film',
    'POST /users/a%3Ab/continue-watching/a%2F..%2Fb/restore',
    'GET /users/a%3Ab/watchlist',
  ]);
  service.instead.push(() => json({ title: 'Conflict', detail: 'The watchlist is full.' }, 409));
  await assert.rejects(client.putAside(Film), { name: 'ServiceError', message: 'The watchlist is full.', status: 409 });
});

test('Places are asked for a hundred at a time', async () => {
  const { device, service } = aDevice();
  await device.client.places(Array.from({ length: 201 }, (_, index) => `title-${index}`));
  assert.deepEqual(service.seen.map(({ path }) => path.split('&contentId=').length - 1), [100, 100, 1]);
});

test('A listener that throws is the app\'s own fault, told to the page, and stops nothing', async () => {
  const { service, world, row, device, titles } = await opened();
  const thrown: string[] = [];
  const { queueMicrotask } = globalThis;
  globalThis.queueMicrotask = work => queueMicrotask(() => {
    try {
      work();
    } catch (error) {
      thrown.push((error as Error).message);
    }
  });
  try {
    for (const event of ['row', 'report'] as const) device.client.on(event, () => { throw new Error(`the app's, at ${event}`); });
    service.send(rowEvent('a'));
    await world.pass(10);
    service.streams.shift()!.close();
    await world.pass(2_000);
    service.send(rowEvent('b'));
    await world.pass(10);
    device.client.track(device.video, { contentId: Film, start: 0 });
    device.video.load(3_600);
    await device.play(2);
    device.video.pause();
    await device.client.flush();
    await world.pass(10);
    assert.deepEqual(titles(), [['a'], ['b']]);
    assert.equal(service.resumePoint(Film)!.position, 2);
    assert.deepEqual(thrown, ["the app's, at row", "the app's, at row", "the app's, at report"]);
  } finally {
    globalThis.queueMicrotask = queueMicrotask;
  }

  row.close();
});

test('A stream whose refusal breaks off, or that says what makes no sense, is come back to', async () => {
  const { service, world, device } = aDevice();
  service.instead.push(cutOff(503), cutOff(503));
  const row = device.client.continueWatching();
  await world.pass(3_000);
  assert.equal(service.streams.length, 1);
  service.send('event: row\nid: 1\ndata: {"items":\n\n');
  await world.pass(3_000);
  assert.equal(service.streams.length, 2);
  assert.equal(service.seen.filter(({ path }) => path.endsWith('/events'))[1]!.signal.aborted, true, 'its connection is let go');
  service.streams.shift();
  service.send(rowEvent('a'));
  await world.pass(10);
  assert.deepEqual(row.items?.map(({ contentId }) => contentId), ['a']);
  row.close();
});

test('Behind something that lets no event through the row is asked for', async () => {
  for (const [what, passes] of [['no answer', 9_000], ['no event', LongestSilence + 1_000]] as const) {
    const { service, world, device } = aDevice();
    const silent = () => new Response(new ReadableStream({
      start: body => service.seen.at(-1)!.signal.addEventListener('abort', () => body.error(new TypeError('aborted'))),
    }));
    service.instead.push(what === 'no event' ? silent : () => new Promise(() => {}), () => json({ items: [item('a')] }));
    const row = device.client.continueWatching();
    await world.pass(passes);
    assert.deepEqual(row.items?.map(({ contentId }) => contentId), ['a'], what);
    row.close();
  }
});

test('What the stream tells after it was asked for is shown, though it was told before', async () => {
  const { service, world, row, titles } = await opened();
  service.send(rowEvent('x'));
  await world.pass(10);
  service.instead.push(() => json({ items: [item('y')] }, 200, { ETag: '"y"' }));
  await row.refresh();
  service.send(rowEvent('x'));
  await world.pass(10);
  assert.deepEqual(titles(), [['x'], ['y'], ['x']]);
  await row.refresh();
  assert.equal(service.seen.at(-1)!.headers.get('If-None-Match'), null, 'the ETag is of what is shown no more');
  row.close();
});
