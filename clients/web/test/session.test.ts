/** An evening, simulated: what the service knows of it, moment by moment, beside what is on the screen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Device, Film } from './device.js';
import { chance, World } from './fakes.js';
import { TestService } from './service.js';

const Quarter = 250;
const Duration = 3 * 3_600;
const RoundTrip = 120;

/** A network that loses requests: half of what it loses never arrives, of the other half the answer is lost. One in ten hangs. */
class Network {
  lost = 0;
  carried = 0;
  /** Since when no report has come through. */
  failingSince: number | undefined;

  constructor(readonly world: World, readonly service: TestService, readonly random: () => number, readonly loss: number) {}

  readonly fetch = async (device: () => Device, input: unknown, init: RequestInit): Promise<Response> => {
    const { world, random } = this;
    const fate = random();
    const hangs = random() < 0.1;
    const later = (milliseconds: number) => new Promise<void>(resolve => device().clock.setTimeout(resolve, milliseconds));
    await later(RoundTrip / 2);
    init.signal?.throwIfAborted();
    const fail = async (): Promise<never> => {
      this.lost++;
      if (init.body) this.failingSince ??= world.time;
      if (hangs) await new Promise((_, reject) => init.signal!.addEventListener('abort', () => reject(init.signal!.reason)));
      throw new TypeError('Failed to fetch');
    };
    if (fate < this.loss / 2 || !device().online) return fail();
    const answer = await this.service.fetch(String(input), init);
    await later(RoundTrip / 2);
    if (fate < this.loss) return fail();
    this.carried++;
    if (init.body) this.failingSince = undefined;
    return answer;
  };
}

for (const seed of [1, 2, 3, 4, 5]) {
  test(`Through an hour of lost requests, sleep and clocks that are set, the service is never more than a cadence behind, and never wrong (${seed})`, async context => {
    const random = chance(seed);
    const world = new World();
    const service = new TestService(world);
    const network = new Network(world, service, random, 0.05);
    const tv: Device = new Device(service, { fetch: (input, init) => network.fetch(() => tv, input, init!) });
    tv.clock.random = random;
    const { video, clock } = tv;
    const row = tv.client.continueWatching();
    tv.client.track(video, { contentId: Film });
    video.load(Duration);
    await world.pass(1_000);

    const cadence = service.cadence * 1_000;
    // Where the video has been, moment by moment: the only places that the service may ever name.
    const shown = new Set<number>([0]);
    let [worst, phone] = [0, undefined as number | undefined];
    const behind: number[] = [];
    const check = () => {
      const known = service.resumePoint(Film);
      if (!known) return;
      assert.ok(phone !== undefined ? known.position === phone : shown.has(known.position), `${known.position} was never on the screen`);
      // After a seek the service is wherever the viewer was, until the report of it arrives.
      if (phone !== undefined || jumped !== undefined) return;
      const lag = Math.abs(video.currentTime - known.position) * 1_000;
      behind.push(lag);
      // What the network has swallowed since it last let a report through is no cadence's fault.
      const excused = network.failingSince === undefined ? 0 : world.time - network.failingSince;
      assert.ok(lag <= cadence + RoundTrip + Quarter + excused, `${lag} ms behind, ${excused} ms of them without a network`);
      worst = Math.max(worst, lag - excused);
    };
    let jumped: number | undefined;

    video.play();
    for (let elapsed = 0; elapsed < 3_600_000; elapsed += Quarter) {
      await world.pass(Quarter);
      video.run(Quarter / 1_000);
      shown.add(Math.round(video.currentTime * 1_000) / 1_000);
      if (jumped !== undefined && service.resumePoint(Film)?.position === jumped) jumped = undefined;
      check();
      const what = random();
      if (what < 0.0006) {
        // The device's clock is set, by up to two hours either way.
        clock.wrongBy = Math.round((random() - 0.5) * 4 * 3_600_000);
      } else if (what < 0.0012) {
        // It sleeps for up to twenty minutes, in the middle of the film, with or without a word, and the network is gone when it wakes.
        video.pause();
        if (random() < 0.5) tv.page.tell('leaving');
        clock.sleep();
        await world.pass(Math.round(random() * 1_200_000));
        clock.wake();
        network.failingSince ??= world.time;
        tv.page.tell('back');
        video.play();
      } else if (what < 0.0018) {
        const target = Math.round(random() * (Duration - 1_000) * 1_000) / 1_000 + 1;
        video.currentTime = jumped = target;
        shown.add(target);
        video.arrive();
      } else if (what < 0.0024) {
        // Meanwhile the viewer goes on on the phone; the television, in another room without a network, was paused before.
        video.pause();
        tv.setOnline(false);
        await world.pass(60_000);
        phone = Math.round(random() * Duration);
        service.report({ contentId: Film, deviceId: 'phone', resumeFrom: phone, duration: Duration });
        tv.setOnline(true);
        await world.pass(60_000);
        check();
        assert.equal(service.resumePoint(Film)!.deviceId, 'phone', 'what waited on the television is older');
        // Back at the television, they take the offer.
        const offer = tv.heard.elsewhere.at(-1);
        if (offer && offer.place.resumeFrom === phone) {
          video.currentTime = jumped = phone;
          shown.add(phone);
          video.arrive();
        }

        phone = undefined;
        video.play();
        jumped = video.currentTime;
        await tv.play(15);
        for (let second = 0; second <= 60; second++) shown.add(Math.round((video.currentTime - second / 4) * 1_000) / 1_000);
        await world.pass(20_000);
        jumped = undefined;
        network.failingSince = world.time - 40_000;
      }
    }

    video.pause();
    await world.pass(120_000);
    const end = Math.round(video.currentTime * 1_000) / 1_000;
    assert.equal(service.resumePoint(Film)!.position, end, 'in the end it is exact');
    row.close();
    behind.sort((left, right) => left - right);
    context.diagnostic(`${network.lost} of ${network.carried + network.lost} requests lost; behind: median ${behind[behind.length >> 1]} ms, at most ${Math.round(worst)} ms beside outages`);
  });
}
