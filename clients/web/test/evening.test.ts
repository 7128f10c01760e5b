/** An evening, simulated: what the service knows of it, moment by moment, beside what is on the screen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../src/clock.js';
import { RequestTimeout } from '../src/http.js';
import { Spacing } from '../src/sender.js';
import { Device, Film } from './device.js';
import { chance, World } from './fakes.js';
import { TestService } from './service.js';

const Quarter = 250;
const Duration = 3 * 3_600;
const RoundTrip = 120;
const Hour = 3_600_000;

/** A network that loses requests: half of what it loses never arrives, of the other half the answer is lost. One in ten hangs. */
class Network {
  lost = 0;
  carried = 0;
  /** Reports lost in a row, the last ones. */
  inARow = 0;

  constructor(readonly service: TestService, readonly random: () => number, readonly loss: number) {}

  readonly fetch = async (device: () => Device, input: unknown, init: RequestInit): Promise<Response> => {
    const { random } = this;
    const fate = random();
    const hangs = random() < 0.1;
    const later = (milliseconds: number) => new Promise<void>(resolve => device().clock.setTimeout(resolve, milliseconds));
    await later(RoundTrip / 2);
    init.signal?.throwIfAborted();
    const fail = async (): Promise<never> => {
      this.lost++;
      if (init.body) this.inARow++;
      if (hangs) await new Promise((_, reject) => init.signal!.addEventListener('abort', () => reject(init.signal!.reason)));
      throw new TypeError('Failed to fetch');
    };
    if (fate < this.loss / 2 || !device().online) return fail();
    const answer = await this.service.fetch(String(input), init);
    await later(RoundTrip / 2);
    if (fate < this.loss) return fail();
    this.carried++;
    if (init.body) this.inARow = 0;
    return answer;
  };
}

/** What so many losses in a row may cost: for each its time to be found out, and the longest pause before the next try, 1 s, 2 s, 4 s, up to 30 s. */
const costOf = (losses: number): number =>
  Array.from({ length: losses }, (_, index) => RequestTimeout + Math.min(30_000, 1_000 * 2 ** index)).reduce((sum, cost) => sum + cost, 0);

/** Plays an hour and judges it, quarter by quarter; tells how far behind the service was. */
async function anHour(seed: number): Promise<{ behind: number[]; network: Network }> {
  const random = chance(seed);
  const world = new World();
  const service = new TestService(world);
  const network = new Network(service, random, 0.05);
  const tv: Device = new Device(service, { fetch: (input, init) => network.fetch(() => tv, input, init!) });
  tv.clock.random = random;
  const { video, clock } = tv;
  const row = tv.client.continueWatching();
  tv.client.track(video, { contentId: Film });
  video.load(Duration);
  await world.pass(1_000);

  const cadence = service.cadence * 1_000;
  // One report on its way, and one that has to keep its distance behind it.
  const slack = 2 * RoundTrip + 2 * Quarter + Spacing;
  // Where the video has been, moment by moment: the only places that the service may ever name.
  const shown = new Set<number>([0]);
  const behind: number[] = [];
  let awake = 0;
  // Since when the video is elsewhere than the service can know: a seek, or what the phone did. Until a report of the television says so.
  let movedAt: number | undefined;
  const move = () => movedAt = awake;
  const check = () => {
    const known = service.resumePoint(Film);
    if (!known) return;
    const ahead = video.currentTime - known.position;
    if (movedAt !== undefined) {
      const time = awake - movedAt;
      if (known.deviceId === 'tv' && ahead >= 0 && ahead * 1_000 <= time + Quarter) movedAt = undefined;
      else return assert.ok(time <= slack + costOf(network.inARow + 1), `${time} ms behind a move, after ${network.inARow} losses`);
    }

    assert.ok(shown.has(known.position), `${known.position} was never on the screen`);
    const lag = Math.abs(ahead) * 1_000;
    behind.push(lag);
    assert.ok(lag <= cadence + slack + costOf(network.inARow), `${lag} ms behind, after ${network.inARow} losses`);
  };
  const quarter = async () => {
    await world.pass(Quarter);
    awake += Quarter;
    video.run(Quarter / 1_000);
    shown.add(Math.round(video.currentTime * 1_000) / 1_000);
    check();
  };
  const goTo = (seconds: number) => {
    video.currentTime = seconds;
    shown.add(seconds);
    video.arrive();
    move();
  };

  video.play();
  while (awake < Hour) {
    await quarter();
    const what = random();
    if (what < 0.0006) {
      // The device's clock is set, by up to two hours either way.
      clock.wrongBy = Math.round((random() - 0.5) * 4 * Hour);
    } else if (what < 0.0012) {
      // It sleeps for up to twenty minutes, in the middle of the film, with or without a word.
      video.pause();
      if (random() < 0.5) tv.page.tell('leaving');
      clock.sleep();
      await world.pass(Math.round(random() * 1_200_000));
      clock.wake();
      tv.page.tell('back');
      video.play();
    } else if (what < 0.0018) {
      goTo(Math.round(random() * (Duration - 1_000) * 1_000) / 1_000 + 1);
    } else if (what < 0.0024) {
      // Meanwhile the viewer goes on on the phone; the television, in another room without a network, was paused before.
      video.pause();
      tv.setOnline(false);
      await world.pass(60_000);
      const phone = Math.round(random() * Duration);
      service.report({ contentId: Film, deviceId: 'phone', resumeFrom: phone, duration: Duration });
      tv.setOnline(true);
      await world.pass(60_000);
      const known = service.resumePoint(Film)!;
      assert.deepEqual([known.deviceId, known.position], ['phone', phone], 'what waited on the television is older');
      // Back at the television, they take the offer, if it came.
      move();
      if (tv.heard.elsewhere.at(-1)?.place.resumeFrom === phone) goTo(phone);
      video.play();
    }
  }

  video.pause();
  await world.pass(120_000);
  assert.equal(service.resumePoint(Film)!.position, Math.round(video.currentTime * 1_000) / 1_000, 'in the end it is exact');
  row.close();
  return { behind: behind.sort((left, right) => left - right), network };
}

for (const seed of [1, 2, 3, 4, 5]) {
  test(`Through an hour of lost requests, sleep and clocks that are set, the service is never more than a cadence behind, and never wrong (${seed})`, async context => {
    const { behind, network } = await anHour(seed);
    const part = (share: number) => behind[Math.floor((behind.length - 1) * share)]!;
    context.diagnostic(`${network.lost} of ${network.carried + network.lost} requests lost; behind: median ${part(0.5)} ms, 99 % ${part(0.99)} ms, at most ${part(1)} ms`);
    assert.ok(behind.length > 5_000, `judged ${behind.length} times`);
    assert.ok(part(0.5) <= 6_000 && part(0.95) <= 10_500, 'it is rarely late at all');
  });
}

for (const [what, next] of [
  ['a minute after each loss', () => 60_000],
  ['up to five minutes after each loss', function (this: Backoff) { return this.clock.random() * 300_000; }],
] satisfies [string, (this: Backoff) => number][]) {
  test(`A client that waits ${what} does not pass`, async () => {
    const { next: real } = Backoff.prototype;
    Backoff.prototype.next = next;
    try {
      await assert.rejects(anHour(1), { name: 'AssertionError', message: /ms behind/ });
    } finally {
      Backoff.prototype.next = real;
    }
  });
}
