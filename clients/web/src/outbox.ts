/** Places that the service has not confirmed yet: in memory, and in a storage that survives the page. */
import { type Moment, momentOf } from './clock.js';
import type { Clock, KeyValueStorage } from './types.js';

/** A place that waits. */
export interface Waiting {
  readonly contentId: string;
  readonly resumeFrom: number;
  readonly duration: number;
  readonly at: Moment;
}

/** The most titles that wait; the oldest makes room. */
export const MaxWaiting = 100;

/**
 * One entry per title of one user and device, the last one put. Each has a key of its own in the storage: tabs that share it write side by
 * side, and none can undo what another has put.
 */
export class Outbox {
  readonly #memory = new Map<string, Waiting>();
  readonly #stored = new Set<string>();
  readonly #prefix: string;

  constructor(readonly clock: Clock, readonly storage: KeyValueStorage | null, userId: string, deviceId: string) {
    this.#prefix = `continue-watching/${encodeURIComponent(userId)}/${encodeURIComponent(deviceId)}/`;
  }

  /** Keeps a place until it is settled, instead of the title's last one. */
  put(contentId: string, resumeFrom: number, duration: number): void {
    const waiting = { contentId, resumeFrom, duration, at: momentOf(this.clock) };
    this.#memory.set(contentId, waiting);
    this.#stored.delete(contentId);
    const key = this.#prefix + contentId;
    const text = JSON.stringify([resumeFrom, duration, waiting.at.wall]);
    if (this.#store(storage => storage.setItem(key, text))) this.#stored.add(contentId);
    // Full: what it still has of the title is older, and would be what the next page finds.
    else this.#store(storage => storage.removeItem(key));
    const all = this.all();
    for (const { contentId: oldest } of all.slice(0, Math.max(0, all.length - MaxWaiting))) this.#remove(oldest);
  }

  /** All that waits, the oldest first: of this page, of those before it, and of other tabs. */
  all(): Waiting[] {
    const waiting = new Map(this.#memory);
    this.#store(storage => {
      // What was stored here and is there no more, another tab has seen confirmed.
      for (const contentId of this.#stored) if (storage.getItem(this.#prefix + contentId) === null) waiting.delete(contentId);
      for (let index = 0; index < storage.length; index++) {
        const key = storage.key(index)!;
        if (!key.startsWith(this.#prefix)) continue;
        const stored = read(key.slice(this.#prefix.length), storage.getItem(key));
        const own = stored && waiting.get(stored.contentId);
        // What was put here is known by both clocks. What differs was put by another tab, since a key has the last one that it could take.
        if (stored && !(own && (same(own, stored) || !this.#stored.has(own.contentId)))) waiting.set(stored.contentId, stored);
      }
    });
    return [...waiting.values()].sort((left, right) => left.at.wall - right.at.wall);
  }

  /** The title's place, if it waits. */
  find(contentId: string): Waiting | undefined {
    return this.all().find(waiting => waiting.contentId === contentId);
  }

  /** These are confirmed, or can never be: away with them, but for those that a newer place has taken the place of. */
  settle(sent: readonly Waiting[]): void {
    const now = new Map(this.all().map(waiting => [waiting.contentId, waiting]));
    for (const waiting of sent) {
      const current = now.get(waiting.contentId);
      if (current && same(current, waiting)) this.#remove(waiting.contentId);
    }
  }

  #remove(contentId: string): void {
    this.#memory.delete(contentId);
    this.#stored.delete(contentId);
    this.#store(storage => storage.removeItem(this.#prefix + contentId));
  }

  #store(use: (storage: KeyValueStorage) => void): boolean {
    try {
      if (this.storage) use(this.storage);
      return !!this.storage;
    } catch (refused) {
      // Full, or forbidden by the viewer: what waits is in memory, and lives as long as the page.
      if (!(refused instanceof DOMException)) throw refused;
      return false;
    }
  }
}

// The last moment that a date can be.
const LastMoment = 8.64e15;

/** Whether both are the same place of the same title. */
export const same = (left: Waiting, right: Waiting): boolean => left.contentId === right.contentId && left.at.wall === right.at.wall && left.resumeFrom === right.resumeFrom;

// Whatever is found under the key: other versions, other scripts and viewers write there too.
function read(contentId: string, text: string | null): Waiting | undefined {
  try {
    const [resumeFrom, duration, wall] = JSON.parse(text ?? '[]');
    return [resumeFrom, duration, wall].every(Number.isFinite) && wall >= 0 && wall <= LastMoment ? { contentId, resumeFrom, duration, at: { wall } } : undefined;
  } catch (broken) {
    // Not ours to mend, and no reason to lose the others.
    if (broken instanceof SyntaxError || broken instanceof TypeError) return undefined;
    throw broken;
  }
}
