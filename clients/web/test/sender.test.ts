import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestTimeout } from '../src/http.js';
import { aDevice, Film, Other } from './device.js';
import { cutOff, json } from './service.js';

const refuse = (status: number, headers: Record<string, string> = {}) => () => json({ title: 'No.', detail: `Not ${status}.` }, status, headers);

/** A film that plays, its place known. */
async function playing(options = {}) {
  const made = aDevice(options);
  made.device.client.track(made.device.video, { contentId: Film });
  made.device.video.load(3_600);
  await made.device.play(1);
  made.service.seen.length = 0;
  return made;
}

test('A report names user, title, device, place and duration, and carries no time', async () => {
  const { device, service } = await playing();
  await device.play(3);
  device.video.pause();
  await service.world.pass(100);
  const [{ method, path, token, body }] = service.seen as [typeof service.seen[0]];
  assert.deepEqual([method, path, token], ['PUT', '/updateWatchStatus', 'Bearer token']);
  assert.deepEqual(body, { userId: '123', contentId: Film, resumeFrom: 4, duration: 3_600, deviceId: 'tv' });
});

test('A report that was refused for the moment is sent again, not before Retry-After, with its age', async () => {
  const { device, service, world } = await playing();
  service.instead.push(refuse(503, { 'Retry-After': '7' }));
  device.video.pause();
  await world.pass(6_900);
  assert.equal(service.seen.length, 1);
  device.page.tell('online');
  await world.pass(50);
  assert.equal(service.seen.length, 1, 'the service has asked for time, whatever the network does');
  await world.pass(2_000);
  assert.equal(service.seen.length, 2);
  const { sentAt, reports } = service.seen[1]!.body;
  assert.equal(Date.parse(sentAt) - Date.parse(reports[0].watchedAt), 7_500);
  assert.equal(service.resumePoint(Film)!.position, 1);
});

test('Who cannot reach the service tries again, ever less often, and at once when the network is back', async () => {
  const { device, service, world } = await playing();
  let tries = 0;
  const failing = () => {
    tries++;
    throw new TypeError('Failed to fetch');
  };
  service.instead.push(...Array.from({ length: 100 }, () => failing));
  device.video.pause();
  await world.pass(60_000);
  const first = tries;
  await world.pass(60_000);
  assert.ok(first >= 6 && first <= 9 && tries - first <= 5, `${first} tries, then ${tries - first}`);
  service.instead.length = 0;
  device.page.tell('online');
  await world.pass(10);
  assert.equal(service.resumePoint(Film)!.position, 1);
});

test('An answer that does not come is not waited for longer than its time', async () => {
  const { device, service, world } = await playing();
  service.instead.push(() => new Promise(() => {}));
  device.video.pause();
  await world.pass(RequestTimeout - 100);
  assert.equal(service.seen.length, 1);
  await world.pass(1_000);
  assert.equal(service.resumePoint(Film)!.position, 1);
});

test('An answer that breaks off within its body is no answer', async () => {
  const { device, service, world } = await playing();
  service.instead.push(() => new Response('{"contentId": "', { status: 200 }));
  device.video.pause();
  await world.pass(2_000);
  assert.equal(service.resumePoint(Film)!.position, 1);
});

test('What the service cannot read is given up, and told', async () => {
  const { device, service, world } = await playing();
  service.instead.push(refuse(400));
  device.video.pause();
  await world.pass(120_000);
  assert.equal(service.seen.length, 1);
  assert.deepEqual(device.heard.error.map(error => error.message), ['Not 400.']);
  assert.equal(device.storage.length, 0);
});

test('A token that is refused is exchanged once, for all who ask with it', async () => {
  const asked: boolean[] = [];
  let token = 'old';
  const { device, service, world } = await playing({
    token: async (refresh: boolean) => {
      asked.push(refresh);
      return refresh ? token = 'new' : token;
    },
  });
  asked.length = 0;
  const late = () => new Promise<Response>(resolve => device.clock.setTimeout(() => resolve(refuse(401)()), 50));
  service.instead.push(refuse(401), refuse(401), late);
  device.video.pause();
  void device.client.places([Other]);
  void device.client.places([Film]);
  await world.pass(100);
  assert.deepEqual(asked, [false, false, false, true]);
  assert.deepEqual(service.seen.map(request => request.token), ['Bearer old', 'Bearer old', 'Bearer old', 'Bearer new', 'Bearer new', 'Bearer new']);
  assert.equal(service.resumePoint(Film)!.position, 1);
});

test('Nothing is lost while the viewer is signed out', async () => {
  const { device, service, world } = await playing();
  service.instead.push(...Array.from({ length: 100 }, () => refuse(401)));
  device.video.pause();
  await world.pass(30_000);
  assert.ok(device.heard.error.length >= 3 && device.heard.error.every(error => 'signedOut' in error && error.signedOut));
  service.instead.length = 0;
  await world.pass(60_000);
  assert.equal(service.resumePoint(Film)!.position, 1);
});

test('Who gives no token is waited for like the service', async () => {
  let away = false;
  const { device, service, world } = await playing({ token: () => away ? Promise.reject(new Error('The sign-in is away.')) : 'token' });
  away = true;
  device.video.pause();
  await world.pass(1_000);
  assert.deepEqual(device.heard.error.map(error => error.message)[0], 'The token: The sign-in is away.');
  away = false;
  await world.pass(60_000);
  assert.equal(service.resumePoint(Film)!.position, 1);
});

test('A page that goes does not wait for a token, nor for the report under way', async () => {
  let slow = false;
  const { device, service, world } = await playing({ token: () => slow ? new Promise<string>(() => {}) : 'token' });
  await device.play(3);
  service.instead.push(() => new Promise(() => {}));
  device.video.pause();
  await world.pass(10);
  device.video.currentTime = 50;
  device.video.arrive();
  slow = true;
  device.page.tell('leaving');
  await world.pass(10);
  assert.deepEqual(service.seen.slice(-2).map(({ keepalive, signal }) => [keepalive, signal.aborted]), [[false, true], [true, false]]);
  assert.equal(service.resumePoint(Film)!.position, 50);
});

test('Who drags the slider sends two reports a second, and the last place arrives', async () => {
  const { device, service, world } = await playing();
  for (let step = 0; step < 50; step++) {
    device.video.currentTime = 100 + step;
    device.video.arrive();
    await world.pass(100);
  }

  await world.pass(1_000);
  assert.ok(service.reports.length >= 9 && service.reports.length <= 12, `${service.reports.length}`);
  assert.equal(service.resumePoint(Film)!.position, 149);
});

test('Many titles that waited go in one request', async () => {
  const { device, service, world } = await playing();
  device.setOnline(false);
  device.video.pause();
  const tracker = device.client.track(device.video, { contentId: Other, start: 5 });
  device.video.arrive();
  await device.play(12);
  tracker.stop();
  device.setOnline(true);
  await world.pass(1_000);
  const journals = service.seen.filter(request => request.path === '/users/123/reports');
  assert.deepEqual(journals.map(request => request.body.reports.length), [2]);
  assert.deepEqual(device.heard.report.map(report => report.outcome), ['applied', 'applied']);
});

test('A refusal whose body breaks off is a refusal: it is told, waited for, and tried again', async () => {
  const { device, service, world } = await playing();
  service.instead.push(...Array.from({ length: 200 }, () => cutOff(503)));
  device.video.pause();
  await world.pass(10_000);
  assert.ok(service.seen.length >= 3 && service.seen.length <= 6, `${service.seen.length} tries`);
  assert.equal((device.heard.error[0] as { status?: number }).status, 503);
  service.instead.length = 0;
  await world.pass(30_000);
  assert.equal(service.resumePoint(Film)!.position, 1);
});

test('An answer that makes no sense is told, and no confirmation', async () => {
  for (const strange of [null, 5]) {
    const { device, service, world } = await playing();
    device.setOnline(false);
    device.video.pause();
    await world.pass(10);
    service.instead.push(...Array.from({ length: 200 }, () => () => json(strange)));
    device.setOnline(true);
    await world.pass(10_000);
    assert.ok(service.seen.length >= 3 && service.seen.length <= 8, `${service.seen.length} tries`);
    service.instead.length = 0;
    await world.pass(30_000);
    assert.equal(service.resumePoint(Film)!.position, 1);
  }
});

test('A Retry-After that is a date counts by the clock of the answer, and no longer than an hour', async () => {
  const { device, service, world } = await playing();
  device.clock.wrongBy = 86_400_000;
  service.instead.push(
    refuse(503, { 'Retry-After': 'Sat, 31 Jan 2026 20:00:30 GMT', Date: 'Sat, 31 Jan 2026 20:00:20 GMT' }), refuse(503, { 'Retry-After': '99999999999' }));
  device.video.pause();
  await world.pass(9_900);
  assert.equal(service.seen.length, 1);
  await world.pass(1_000);
  assert.equal(service.seen.length, 2);
  await world.pass(3_590_000);
  assert.equal(service.seen.length, 2);
  await world.pass(20_000);
  assert.equal(service.resumePoint(Film)!.position, 1);
});

test('A token that never comes is waited for as long as an answer, and asked for anew', async () => {
  let [away, refreshes] = [false, 0];
  const never = new Promise<string>(() => {});
  const { device, service, world } = await playing({ token: (refresh: boolean) => refresh && ++refreshes === 1 || away ? never : refresh ? 'new' : 'old' });
  away = true;
  device.video.pause();
  await world.pass(RequestTimeout + 100);
  assert.equal(device.heard.error.length, 1);
  away = false;
  service.instead.push(refuse(401), refuse(401));
  await world.pass(60_000);
  assert.equal(refreshes, 2);
  assert.deepEqual(service.seen.map(({ token }) => token), ['Bearer old', 'Bearer old', 'Bearer new']);
  assert.equal(service.resumePoint(Film)!.position, 1);
});

test('Where locks are forbidden what waits is sent without', async () => {
  const locks = { request: () => Promise.reject(new DOMException('The frame is in a sandbox.', 'SecurityError')) };
  const { device, service, world } = await playing({ locks });
  device.setOnline(false);
  device.video.pause();
  await world.pass(100);
  device.setOnline(true);
  await world.pass(1_000);
  assert.equal(service.resumePoint(Film)!.position, 1);
  assert.equal(service.reports.length, 1);
});

test('What had to wait behind another is told with its age', async () => {
  const { device, service, world } = await playing();
  device.video.currentTime = 50;
  device.video.arrive();
  await world.pass(100);
  device.video.currentTime = 60;
  device.video.arrive();
  await world.pass(1_000);
  assert.deepEqual(service.reports, [`PUT ${Film} 50`, `POST ${Film} 60`]);
  const { sentAt, reports } = service.seen[1]!.body;
  assert.equal(Date.parse(sentAt) - Date.parse(reports[0].watchedAt), 400);
});

test('A title is hidden, and marked watched, after its last places have arrived', async () => {
  for (const act of ['hide', 'watched'] as const) {
    const { device, service, world } = await playing();
    const slow = json({ contentId: Film, outcome: 'applied' });
    service.instead.push(() => new Promise(resolve => device.clock.setTimeout(() => resolve(slow), 300)));
    device.video.currentTime = 50;
    device.video.arrive();
    await world.pass(100);
    device.video.currentTime = 60;
    device.video.arrive();
    const done = device.client[act](Film);
    await world.pass(2_000);
    await done;
    assert.deepEqual(service.seen.map(({ method }) => method), ['PUT', 'POST', act === 'hide' ? 'DELETE' : 'PUT']);
  }
});

test('A page that goes, and is told so twice, sends once; what is newer is sent as well', async () => {
  const { device, service, world } = await playing();
  await device.play(3);
  const never = () => new Promise<Response>(() => {});
  service.instead.push(never, never);
  device.page.tell('leaving');
  device.page.tell('leaving');
  await world.pass(10);
  assert.deepEqual(service.seen.map(({ keepalive, signal }) => [keepalive, signal.aborted]), [[true, false]]);
  await device.play(1);
  device.page.tell('leaving');
  await world.pass(10);
  assert.deepEqual(service.seen.map(({ keepalive, signal }) => [keepalive, signal.aborted]), [[true, true], [true, false]]);
});

for (const reload of [false, true]) {
  test(`A television that starts in 1970 loses nothing when its clock is set${reload ? ', nor when its page is another by then' : ''}`, async () => {
    const { world, service, device } = aDevice();
    device.clock.wrongBy = 60_000 - world.time;
    device.setOnline(false);
    device.client.track(device.video, { contentId: Film, start: 0 });
    device.video.load(3_600);
    await device.play(20);
    device.video.pause();
    const left = world.time;
    await world.pass(5_000);
    device.clock.wrongBy = 0;
    const now = reload ? device.reload() : device;
    now.setOnline(true);
    await world.pass(60_000);
    assert.equal(now.heard.report.at(-1)!.outcome, 'applied');
    assert.equal(service.resumePoint(Film)!.position, 20);
    if (!reload) assert.equal(service.resumePoint(Film)!.at, left);
  });
}
