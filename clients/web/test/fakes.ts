/** A device for tests: its clocks, its storage, its page and its video, all held by the test. */
import type { Clock, KeyValueStorage, PageEvents, Video } from '../src/types.js';

/** Lets everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise(resolve => setImmediate(resolve));
}

/** Numbers at chance that are the same in each run (mulberry32). */
export function chance(seed: number): () => number {
  return () => {
    seed = seed + 0x6D2B79F5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

/** The true time, which the world shares. */
export class World {
  time = Date.UTC(2026, 0, 31, 20);
  readonly clocks: DeviceClock[] = [];

  /** Lets time go by, and all that falls due in it happen in its order. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await settle();
    for (;;) {
      const due = this.clocks.flatMap(clock => clock.due()).filter(timer => timer.at <= end).sort((left, right) => left.at - right.at)[0];
      if (!due) break;
      this.time = Math.max(this.time, due.at);
      due.run();
      await settle();
    }

    this.time = end;
  }
}

interface Timer {
  readonly mono: number;
  readonly callback: () => void;
}

/** A device's clocks. The wall clock may be set; the monotonic one and the timers stand while the device sleeps. */
export class DeviceClock implements Clock {
  wrongBy = 0;
  random = (): number => 0.5;
  #slept = 0;
  #asleepSince: number | undefined;
  readonly #timers = new Map<number, Timer>();
  #next = 1;

  constructor(readonly world: World) {
    world.clocks.push(this);
  }

  now(): number {
    return this.world.time + this.wrongBy;
  }

  monotonic(): number {
    return (this.#asleepSince ?? this.world.time) - this.#slept - Date.UTC(2026, 0, 31);
  }

  setTimeout(callback: () => void, milliseconds: number): number {
    this.#timers.set(this.#next, { mono: this.monotonic() + Math.max(1, Math.ceil(milliseconds)), callback });
    return this.#next++;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as number);
  }

  sleep(): void {
    this.#asleepSince = this.world.time;
  }

  wake(): void {
    this.#slept += this.world.time - this.#asleepSince!;
    this.#asleepSince = undefined;
  }

  get asleep(): boolean {
    return this.#asleepSince !== undefined;
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  due(): { at: number; run: () => void }[] {
    if (this.asleep) return [];
    return [...this.#timers].map(([id, { mono, callback }]) => ({
      at: this.world.time + mono - this.monotonic(),
      run: () => {
        this.#timers.delete(id);
        callback();
      },
    }));
  }
}

/** What tabs of one browser share. */
export class MemoryStorage implements KeyValueStorage {
  readonly #items = new Map<string, string>();
  full = false;

  get length(): number {
    return this.#items.size;
  }

  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.full) throw new DOMException('It is full.', 'QuotaExceededError');
    this.#items.set(key, value);
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }
}

/** What happens to the page. */
export class TestPage implements PageEvents {
  readonly #target = new EventTarget();

  on(event: string, listener: () => void): () => void {
    this.#target.addEventListener(event, listener);
    return () => this.#target.removeEventListener(event, listener);
  }

  tell(event: 'leaving' | 'back' | 'online'): void {
    this.#target.dispatchEvent(new Event(event));
  }
}

/** A video element, as far as a tracker sees it. It plays when the test says so. */
export class TestVideo extends EventTarget implements Video {
  duration = NaN;
  paused = true;
  ended = false;
  readyState = 0;
  seeking = false;
  #currentTime = 0;
  /** Every second that it was sent to. */
  readonly sentTo: number[] = [];

  get currentTime(): number {
    return this.#currentTime;
  }

  set currentTime(seconds: number) {
    this.sentTo.push(seconds);
    this.#currentTime = seconds;
    this.seeking = true;
    this.say('seeking');
  }

  say(event: string): void {
    this.dispatchEvent(new Event(event));
  }

  /** Its metadata are there. */
  load(duration: number): void {
    this.duration = duration;
    this.readyState = 1;
    this.say('durationchange');
    this.say('loadedmetadata');
  }

  /** The source is taken away. */
  empty(): void {
    const hadDuration = !Number.isNaN(this.duration);
    [this.#currentTime, this.readyState, this.duration, this.paused, this.ended, this.seeking] = [0, 0, NaN, true, false, false];
    this.say('emptied');
    if (hadDuration) this.say('durationchange');
  }

  /** It has arrived where it was sent. */
  arrive(at = this.#currentTime): void {
    this.#currentTime = at;
    this.seeking = false;
    this.say('seeked');
    this.say('timeupdate');
  }

  play(): void {
    this.paused = false;
    this.say('play');
  }

  pause(): void {
    this.paused = true;
    this.say('pause');
  }

  /** It shows so many seconds. */
  run(seconds: number): void {
    this.#currentTime = Math.min(this.duration, this.#currentTime + seconds);
    this.say('timeupdate');
    if (this.#currentTime < this.duration) return;
    this.paused = true;
    this.say('pause');
    this.ended = true;
    this.say('ended');
  }
}
