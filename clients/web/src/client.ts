/** The client: composes outbox, sender, row and trackers for one user on one device. */
import { browserClock, browserPage } from './clock.js';
import { Http } from './http.js';
import { Outbox } from './outbox.js';
import { LiveRow } from './row.js';
import { Sender } from './sender.js';
import { VideoTracker } from './tracker.js';
import type {
  Client, ClientOptions, Clock, Events, KeyValueStorage, Locks, Row, Tracker, TrackOptions, Video, WatchlistItem, WatchStatus, Why,
} from './types.js';

/** The most titles that one question may name. */
const MaxTitles = 100;

/** A title is seen to its end within this part of it, or this many seconds if that is less: as the service has it, for when it cannot be asked. */
const Tail = { part: 0.05, seconds: 300 };

/** Makes a client. One per user and page is enough: all its trackers and its row share it. */
export function createClient(options: ClientOptions): Client {
  const { userId } = options;
  const clock = options.clock ?? browserClock;
  const page = options.page ?? browserPage;
  const storage = options.storage === undefined ? browserStorage() : options.storage;
  const locks = options.locks === undefined ? browserLocks() : options.locks;
  const deviceId = options.deviceId ?? madeUpDevice(storage, clock);
  const user = `/users/${encodeURIComponent(userId)}`;
  const http = new Http(options.url, options.token, options.fetch ?? fetch, clock);
  const outbox = new Outbox(clock, storage, userId, deviceId);
  const trackers = new Set<VideoTracker>();
  const rows = new Set<Row>();
  const listeners: { [K in keyof Events]?: Set<(value: Events[K]) => void> } = {};

  const emit = <K extends keyof Events>(event: K, value: Events[K]): void => {
    listeners[event]?.forEach(listener => {
      try {
        listener(value);
      } catch (thrown) {
        // The app's own fault, and told as such; what the client is in the middle of goes on.
        queueMicrotask(() => { throw thrown; });
      }
    });
    if (event === 'position' || event === 'report') trackers.forEach(tracker => tracker.consider(value as Partial<WatchStatus>));
    if (event === 'live' && value) {
      // Whoever can be heard can be reached: what waits need not wait for its next try.
      sender.online();
      trackers.forEach(tracker => void tracker.ask());
    }
  };
  const sender = new Sender(http, outbox, clock, locks, userId, deviceId, {
    report: result => emit('report', result),
    error: error => emit('error', error),
  });

  const places = async (contentIds: readonly string[]): Promise<WatchStatus[]> => {
    const found: WatchStatus[] = [];
    for (let index = 0; index < contentIds.length; index += MaxTitles) {
      const query = contentIds.slice(index, index + MaxTitles).map(id => `&contentId=${encodeURIComponent(id)}`).join('');
      found.push(...await http.json<WatchStatus[]>('GET', `/getWatchStatus?userId=${encodeURIComponent(userId)}${query}`));
    }

    return found;
  };

  // What waits here is newer than what the service knows, or the service says so when it is sent.
  const place = async (contentId: string): Promise<WatchStatus | undefined> => {
    await sender.flush();
    const waiting = outbox.find(contentId);
    if (!waiting) return (await places([contentId]))[0];
    const { resumeFrom, duration, at } = waiting;
    const completed = duration - resumeFrom <= Math.min(duration * Tail.part, Tail.seconds);
    return { contentId, resumeFrom, duration, completed, deviceId, watchedAt: new Date(at.wall).toISOString() };
  };

  const off = [
    page.on('leaving', () => {
      trackers.forEach(tracker => tracker.tell(true));
      sender.leave();
    }),
    page.on('online', () => sender.online()),
    page.on('back', () => sender.online()),
  ];
  sender.online(); // What an earlier page has left.

  const path = (list: string, contentId: string): string => `${user}/${list}/${encodeURIComponent(contentId)}`;
  const call = async (method: string, to: string): Promise<void> => void await http.send(method, to);
  return {
    deviceId,
    places,
    on(event, listener) {
      const set: Set<typeof listener> = listeners[event] ??= new Set<never>() as never;
      set.add(listener);
      return () => void set.delete(listener);
    },
    track(video: Video, title: TrackOptions): Tracker {
      const tracker = new VideoTracker(video, title, {
        clock,
        deviceId,
        cadence: () => sender.cadence,
        put: (...told) => sender.put(...told),
        place,
        elsewhere: offer => emit('elsewhere', offer),
        error: error => emit('error', error),
      }, () => trackers.delete(tracker));
      trackers.add(tracker);
      return tracker;
    },
    continueWatching(): Row {
      const row: Row = new LiveRow(http, clock, page, userId, emit, () => rows.delete(row));
      rows.add(row);
      return row;
    },
    // A place that arrived after it would undo it.
    hide: id => sender.flush().then(() => call('DELETE', path('continue-watching', id))),
    restore: id => call('POST', `${path('continue-watching', id)}/restore`),
    watched: (id, yes = true) => sender.flush().then(() => call(yes ? 'PUT' : 'DELETE', path('watched', id))),
    putAside: (id, yes = true) => call(yes ? 'PUT' : 'DELETE', path('watchlist', id)),
    why: id => http.json<Why>('GET', path('continue-watching/why', id)),
    watchlist: async () => (await http.json<{ items: WatchlistItem[] }>('GET', `${user}/watchlist`)).items,
    flush: () => sender.flush(),
    close() {
      trackers.forEach(tracker => tracker.stop());
      rows.forEach(row => row.close());
      off.forEach(end => end());
      sender.close();
    },
  };
}

// Where the viewer forbids it, asking for it throws.
function browserStorage(): KeyValueStorage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch (forbidden) {
    if (forbidden instanceof DOMException) return null;
    throw forbidden;
  }
}

const browserLocks = (): Locks | null => globalThis.navigator?.locks as Locks | undefined ?? null;

function madeUpDevice(storage: KeyValueStorage | null, clock: Clock): string {
  const key = 'continue-watching/device';
  const name = `web-${Math.floor(clock.random() * 2 ** 48).toString(36)}`;
  try {
    const known = storage?.getItem(key);
    if (!known) storage?.setItem(key, name);
    return known || name;
  } catch (refused) {
    // Full or forbidden: the page is a device of its own for as long as it lives.
    if (refused instanceof DOMException) return name;
    throw refused;
  }
}
