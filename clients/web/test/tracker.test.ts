import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Patience } from '../src/tracker.js';
import { aDevice, Device, Film, Other } from './device.js';
import { cutOff, json } from './service.js';

const Hour = 3_600;

/** A film at which the phone has stood, open on the television. */
async function opened(place: number, options: object = {}) {
  const made = aDevice();
  made.service.report({ contentId: Film, deviceId: 'phone', resumeFrom: place, duration: Hour });
  const tracker = made.device.client.track(made.device.video, { contentId: Film, ...options });
  await made.world.pass(10);
  return { ...made, tracker, video: made.device.video };
}

test('A video goes on where the phone was', async () => {
  const { video, tracker } = await opened(1325.412);
  video.load(Hour);
  video.arrive();
  assert.equal(await tracker.ready, 1325.412);
  assert.deepEqual(video.sentTo, [1325.412]);
});

test('A rewind finds the way in, and does not move the place back', async () => {
  const { video, device, world, service } = await opened(1000, { rewind: 10 });
  video.load(Hour);
  assert.deepEqual(video.sentTo, [990]);
  video.arrive();
  await device.play(5);
  device.page.tell('leaving');
  await world.pass(1_000);
  assert.equal(service.resumePoint(Film)!.position, 1000);
  await device.play(6);
  video.pause();
  await world.pass(1_000);
  assert.equal(service.resumePoint(Film)!.position, 1001, 'what is shown is stored as it is');
});

test('Nothing is reported before the video has landed at its place', async () => {
  const { video, device, service, world } = await opened(1325);
  video.load(Hour);
  // The player shows its first frames, is paused and hidden, while it still seeks.
  video.say('timeupdate');
  video.pause();
  device.page.tell('leaving');
  await world.pass(60_000);
  assert.deepEqual(service.reports, []);
  assert.equal(service.resumePoint(Film)!.position, 1325);
});

test('A player that starts at 0:00 while the place cannot be asked for wipes nothing, and goes there when it can', async () => {
  const { world, service, device } = aDevice();
  service.report({ contentId: Film, deviceId: 'phone', resumeFrom: 1325, duration: Hour });
  device.setOnline(false);
  device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await device.play(8);
  device.setOnline(true);
  await world.pass(30_000);
  assert.deepEqual(device.video.sentTo, [1325]);
  assert.deepEqual(service.reports, []);
});

test('Without a network a viewer who is well into it is believed', async () => {
  const { world, service, device } = aDevice();
  device.setOnline(false);
  device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await device.play(45);
  device.video.pause();
  device.setOnline(true);
  await world.pass(30_000);
  assert.equal(service.resumePoint(Film)!.position, 45);
});

test('A viewer who goes somewhere before the place is known is believed', async () => {
  const { world, service, device } = aDevice();
  service.report({ contentId: Film, deviceId: 'phone', resumeFrom: 1325, duration: Hour });
  await world.pass(60_000);
  service.instead.push(() => new Promise(() => {}));
  device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  device.video.currentTime = 600;
  device.video.arrive();
  await world.pass(60_000);
  assert.deepEqual(device.video.sentTo, [600]);
  assert.equal(service.resumePoint(Film)!.position, 600);
});

test('A finished film starts anew, and an unknown one at its start', async () => {
  const { video, tracker } = await opened(Hour - 10);
  video.load(Hour);
  assert.equal(await tracker.ready, 0);
  assert.deepEqual(video.sentTo, []);
});

test('A playing video reports at the cadence that the service asks for', async () => {
  const { service, device } = aDevice();
  device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await device.play(25);
  assert.deepEqual(service.reports, [`PUT ${Film} 10`, `PUT ${Film} 20`]);
  service.cadence = 30;
  await device.play(70);
  assert.deepEqual(service.reports.slice(2), [`PUT ${Film} 30`, `PUT ${Film} 60`, `PUT ${Film} 90`]);
});

test('A pause, a seek, the end and a page that goes are reported at once', async () => {
  const { service, device, world } = aDevice();
  device.client.track(device.video, { contentId: Film });
  device.video.load(100);
  await device.play(3);
  device.video.pause();
  await world.pass(600);
  device.video.currentTime = 50;
  device.video.arrive();
  await world.pass(600);
  await device.play(2);
  device.page.tell('leaving');
  await world.pass(600);
  await device.play(60);
  assert.deepEqual(service.reports.filter((_, index) => [0, 1, 2].includes(index)), [`PUT ${Film} 3`, `PUT ${Film} 50`, `PUT ${Film} 52`]);
  assert.equal(service.reports.at(-1), `PUT ${Film} 100`);
  assert.deepEqual(service.seen.filter(request => request.body).map(request => request.keepalive).slice(0, 3), [false, false, true]);
});

test('A paused video is silent', async () => {
  const { service, device, world } = aDevice();
  device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await device.play(12);
  device.video.pause();
  await world.pass(600_000);
  device.video.say('timeupdate');
  device.page.tell('leaving');
  await world.pass(1_000);
  assert.deepEqual(service.reports, [`PUT ${Film} 10`, `PUT ${Film} 12`]);
});

test('The title is the one at the tick, not at sending', async () => {
  const { service, device, world } = aDevice();
  const tracker = device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await device.play(1);
  device.setOnline(false);
  await device.play(11);
  // The source changes first, then the app says so.
  device.video.empty();
  tracker.change({ contentId: Other });
  device.video.load(Hour);
  device.setOnline(true);
  await world.pass(5_000);
  assert.equal(service.resumePoint(Film)!.position, 12);
  assert.equal(service.resumePoint(Other), undefined);
  await device.play(4);
  device.video.pause();
  await world.pass(1_000);
  assert.equal(service.resumePoint(Other)!.position, 4);
});

test('A title that is changed before its source is reported as what it was', async () => {
  const { service, device, world } = aDevice();
  const tracker = device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await device.play(12);
  tracker.change({ contentId: Other });
  device.video.empty();
  await world.pass(5_000);
  device.video.load(Hour);
  await world.pass(5_000);
  assert.equal(service.resumePoint(Film)!.position, 12);
  assert.equal(service.resumePoint(Other), undefined);
});

test('A source that is exchanged under a title is no new place until the video is back where it was', async () => {
  const { service, device, world } = aDevice();
  device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await device.play(100);
  device.video.empty();
  device.video.load(Hour);
  await device.play(3);
  device.page.tell('leaving');
  await world.pass(20_000);
  assert.equal(service.resumePoint(Film)!.position, 100);
  device.video.currentTime = 100.2;
  device.video.arrive();
  await device.play(15);
  assert.equal(service.resumePoint(Film)!.position, 110.2);
});

for (const [what, duration] of [['A live stream', Infinity], ['A live stream as Shaka has it', 2 ** 32], ['A video of unknown duration', NaN]] as const) {
  test(`${what} sends nothing`, async () => {
    const { service, device } = aDevice();
    device.client.track(device.video, { contentId: Film, start: 0 });
    device.video.load(duration);
    device.video.duration = duration;
    await device.play(60);
    device.video.currentTime = 20;
    device.video.arrive();
    device.video.pause();
    device.page.tell('leaving');
    await device.play(1);
    assert.deepEqual(service.reports, []);
  });
}

test('An app may say where to begin', async () => {
  const { device, service } = aDevice();
  const tracker = device.client.track(device.video, { contentId: Film, start: 42 });
  device.video.load(Hour);
  device.video.arrive();
  assert.equal(await tracker.ready, 42);
  assert.equal(service.seen.length, 0);
});

test('A stopped tracker has told its last place, and says no more', async () => {
  const { device, service, world } = aDevice();
  const tracker = device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await device.play(7);
  tracker.stop();
  await device.play(30);
  device.page.tell('leaving');
  await world.pass(1_000);
  assert.deepEqual(service.reports, [`PUT ${Film} 7`]);
});

test('That the viewer went on elsewhere is an offer, once for each place, and never their own', async () => {
  const { device, service, world } = aDevice();
  const row = device.client.continueWatching();
  device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await device.play(12);
  device.video.pause();
  await world.pass(1_000);
  const tell = (deviceId: string, resumeFrom: number, watchedAt = world.time) => service.send(
    `event: position\nid: ${deviceId}${resumeFrom}${watchedAt}\ndata: ${JSON.stringify({ contentId: Film, resumeFrom, deviceId, watchedAt: new Date(watchedAt) })}\n\n`);
  tell('phone', 5, world.time - 60_000); // Of before the television.
  tell('phone', 13); // As good as here.
  tell('tv', 500); // Another tab of this screen.
  await world.pass(1_000);
  tell('phone', 300);
  tell('phone', 300, world.time + 1);
  await world.pass(1_000);
  assert.deepEqual(device.heard.elsewhere.map(({ place }) => [place.deviceId, place.resumeFrom]), [['phone', 300]]);
  row.close();
});

test('A report that another device has overtaken brings the offer as well', async () => {
  const { device, service, world } = aDevice();
  device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await device.play(5);
  device.setOnline(false);
  await device.play(10);
  device.video.pause();
  await world.pass(60_000);
  service.report({ contentId: Film, deviceId: 'phone', resumeFrom: 900, duration: Hour });
  device.setOnline(true);
  await world.pass(2_000);
  assert.equal(device.heard.report.at(-1)!.outcome, 'superseded');
  assert.equal(device.heard.elsewhere.at(-1)!.place.resumeFrom, 900);
  assert.equal(service.resumePoint(Film)!.position, 900);
});

test('A jump there is this device\'s newest place', async () => {
  const { device, service, world } = aDevice();
  const tracker = device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await device.play(2);
  service.report({ contentId: Film, deviceId: 'phone', resumeFrom: 900, duration: Hour });
  await world.pass(1_000);
  tracker.jump(900);
  device.video.arrive();
  await world.pass(1_000);
  assert.deepEqual([service.resumePoint(Film)!.deviceId, service.resumePoint(Film)!.position], ['tv', 900]);
});

test('A reload in the middle goes on at the second of the last moment, though the answer never came', async () => {
  const { device, service, world } = aDevice();
  device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await device.play(13);
  service.instead.push(() => new Promise(() => {}));
  const next = device.reload();
  const tracker = next.client.track(next.video, { contentId: Film });
  next.video.load(Hour);
  await world.pass(10_000);
  next.video.arrive();
  assert.equal(await tracker.ready, 13);
});

test('A reload without a network goes on where this device was', async () => {
  const { device, world } = aDevice();
  device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await device.play(13);
  device.setOnline(false);
  const next: Device = device.reload();
  next.online = false;
  next.client.track(next.video, { contentId: Film });
  next.video.load(Hour);
  await world.pass(5_000);
  assert.deepEqual(next.video.sentTo, [13]);
});

test('A question for the place that is refused is told, and asked again', async () => {
  const { device, service, world } = aDevice();
  service.report({ contentId: Film, deviceId: 'phone', resumeFrom: 77, duration: Hour });
  service.instead.push(() => json({ detail: 'Not now.' }, 503));
  device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await world.pass(2_000);
  assert.deepEqual(device.heard.error.map(error => error.message), ['Not now.']);
  assert.deepEqual(device.video.sentTo, [77]);
});

test('A question that is refused with a body that breaks off is asked again', async () => {
  const { device, service, world } = aDevice();
  service.report({ contentId: Film, deviceId: 'phone', resumeFrom: 77, duration: Hour });
  service.instead.push(cutOff(503), () => json(null));
  device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await world.pass(10_000);
  assert.deepEqual(device.video.sentTo, [77]);
});

test('A video that was let go stays where its next tracker has it, whenever the answer for the last one comes', async () => {
  const { device, service, world } = aDevice();
  service.report({ contentId: Film, deviceId: 'phone', resumeFrom: 1325, duration: Hour });
  const known = json([service.status(Film)]);
  service.instead.push(() => new Promise(resolve => device.clock.setTimeout(() => resolve(known), 3_000)));
  const tracker = device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await world.pass(10);
  tracker.stop();
  device.client.track(device.video, { contentId: Other, start: 0 });
  await device.play(15);
  assert.deepEqual(device.video.sentTo, []);
  assert.equal(service.resumePoint(Other)!.position, 10);
});

test('Whoever waits to play waits 2.5 s at most; the place is asked for all the same', async () => {
  const { device, service, world } = aDevice();
  service.report({ contentId: Film, deviceId: 'phone', resumeFrom: 1325, duration: Hour });
  device.setOnline(false);
  const tracker = device.client.track(device.video, { contentId: Film });
  let ready = false;
  void tracker.ready.then(() => ready = true);
  device.video.load(Hour);
  await world.pass(Patience - 10);
  assert.equal(ready, false);
  await world.pass(20);
  assert.equal(ready, true);
  await device.play(3);
  device.setOnline(true);
  await world.pass(20_000);
  assert.deepEqual(device.video.sentTo, [1325]);
});

for (const [what, happens] of [
  ['stopped', ({ tracker }) => tracker.stop()],
  ['changed', ({ tracker }) => tracker.change({ contentId: Other })],
  ['live', ({ device }) => device.video.load(Infinity)],
] satisfies [string, (made: { device: Device; tracker: ReturnType<Device['client']['track']> }) => void][]) {
  test(`Nobody waits for the place of what is ${what}`, async () => {
    const { device, service, world } = aDevice();
    service.instead.push(() => new Promise(() => {}));
    const tracker = device.client.track(device.video, { contentId: Film });
    const { ready } = tracker;
    await world.pass(10);
    happens({ device, tracker });
    assert.equal(await ready, 0);
  });
}

test('What was let go asks for nothing more', async () => {
  const { device, world } = aDevice();
  device.setOnline(false);
  const tracker = device.client.track(device.video, { contentId: Film });
  await world.pass(10);
  assert.notEqual(device.clock.waiting, 0);
  tracker.stop();
  assert.equal(device.clock.waiting, 0);
});

test('What the app knows to be live is neither asked for nor reported, whatever its duration', async () => {
  const { device, service } = aDevice();
  const tracker = device.client.track(device.video, { contentId: Film, live: true });
  assert.equal(await tracker.ready, 0);
  device.video.load(Hour);
  await device.play(25);
  device.video.pause();
  tracker.stop();
  assert.deepEqual(service.seen, []);
});

test('A video that becomes longer while it plays is live', async () => {
  const { device, service } = aDevice();
  device.client.track(device.video, { contentId: Film });
  device.video.load(60);
  await device.play(1);
  for (let segment = 0; segment < 10; segment++) {
    device.video.duration += 4;
    device.video.say('durationchange');
    await device.play(4);
  }

  device.video.pause();
  device.page.tell('leaving');
  await device.play(1);
  assert.deepEqual(service.reports, []);
});

test('A film whose duration is put right by parts of a second is none', async () => {
  const { device, service } = aDevice();
  device.client.track(device.video, { contentId: Film });
  device.video.load(Hour);
  await device.play(1);
  device.video.duration += 0.3;
  device.video.say('durationchange');
  await device.play(10);
  assert.deepEqual(service.reports, [`PUT ${Film} 10`]);
});

test('Who goes back to the start while the video is still on its way to its place is believed', async () => {
  const { device, service, video, world } = await opened(1325);
  await world.pass(60_000);
  video.load(Hour);
  video.currentTime = 0;
  video.arrive();
  await device.play(15);
  assert.equal(service.resumePoint(Film)!.position, 10);
});

test('A player that goes elsewhere without a word is believed when much was watched there', async () => {
  const { device, service, video, world } = await opened(1325);
  video.load(Hour);
  video.arrive(0);
  await device.play(20);
  assert.equal(service.resumePoint(Film)!.position, 1325);
  await device.play(25);
  video.pause();
  await world.pass(1_000);
  assert.equal(service.resumePoint(Film)!.position, 45);
});
