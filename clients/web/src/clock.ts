/** Time, chance and the page, as the browser has them; and what is made of them. */
import type { Clock, PageEvents } from './types.js';

/** The browser's clocks and timers. */
export const browserClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: timer => clearTimeout(timer as number),
  random: () => Math.random(),
};

/** The browser's page. */
export const browserPage: PageEvents = {
  on(event, listener) {
    const hidden = () => (document.visibilityState === 'hidden') === (event === 'leaving') && listener();
    const [target, name] = event === 'online' ? [window, 'online'] : event === 'leaving' ? [window, 'pagehide'] : [window, 'pageshow'];
    target.addEventListener(name, listener);
    if (event !== 'online') document.addEventListener('visibilitychange', hidden);
    return () => {
      target.removeEventListener(name, listener);
      document.removeEventListener('visibilitychange', hidden);
    };
  },
};

/** A moment by both clocks. */
export interface Moment {
  readonly wall: number;
  /** Absent where it came from storage: each page counts from a start of its own. */
  readonly mono?: number;
}

/** The moment now. */
export const momentOf = (clock: Clock): Moment => ({ wall: clock.now(), mono: clock.monotonic() });

/** No place is told to be older than this, and no sleep is longer: 30 days. A wall clock that says so was set, as by a television that starts in 1970. */
export const OldestAge = 30 * 86_400_000;

/**
 * How long ago a moment was: the greater of what the two clocks say. The wall clock may have been set back, the monotonic one may have stood
 * while the device slept; and a place that is taken for younger than it is could win over another screen's.
 */
export const ageOf = (clock: Clock, { wall, mono }: Moment): number => {
  const byWall = clock.now() - wall;
  const byMono = mono === undefined ? undefined : clock.monotonic() - mono;
  return Math.min(OldestAge, Math.max(0, byMono ?? 0, byMono !== undefined && byWall > byMono + OldestAge ? 0 : byWall));
};

/** How long to wait before trying again: at chance up to a limit that doubles, so that many do not come back at once. */
export class Backoff {
  #tries = 0;

  constructor(readonly clock: Clock, readonly first = 1_000, readonly longest = 30_000) {}

  /** Milliseconds until the next try, not less than the service has asked for. */
  next(atLeast = 0): number {
    return atLeast + this.clock.random() * Math.min(this.longest, this.first * 2 ** this.#tries++);
  }

  /** It went well. */
  reset(): void {
    this.#tries = 0;
  }
}
