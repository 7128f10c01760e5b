import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestTimeout } from '../src/http.js';
import { aDevice, Film, Other } from './device.js';
import { json } from './service.js';

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
  let signedIn = false;
  const { device, service, world } = await playing();
  service.instead.push(...Array.from({ length: 100 }, () => () => refuse(401)()));
  device.video.pause();
  await world.pass(30_000);
  assert.ok(device.heard.error.every(error => 'signedOut' in error && error.signedOut));
  signedIn = true;
  service.instead.length = 0;
  await world.pass(60_000);
  assert.ok(signedIn);
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
