/** The words of the client: what an app gives it, and what it tells. All places are seconds, all times ISO-8601 in UTC. */

/** A place on some device. */
export interface Place {
  /** The screen; absent for one that never named itself. */
  readonly deviceId?: string | null;
  /** Seconds from the start. */
  readonly resumeFrom: number;
  readonly watchedAt: string;
}

/** Where the viewer is in a title. */
export interface WatchStatus {
  readonly contentId: string;
  /** Seconds from the start; 0 when the title was forgotten. */
  readonly resumeFrom: number;
  readonly duration?: number | null;
  /** Whether the title was seen to its end: it starts anew. */
  readonly completed: boolean;
  readonly completedAt?: string | null;
  readonly playCount?: number;
  /** Absent when there is no place. */
  readonly watchedAt?: string;
  readonly deviceId?: string | null;
  /** Other devices' places, newest first, where they differ. */
  readonly elsewhere?: readonly Place[];
}

/** One entry of the continue-watching row. */
export interface RowItem {
  readonly contentId: string;
  readonly resumeFrom: number;
  readonly duration?: number | null;
  /** 0 to 1; absent while the duration is unknown. */
  readonly progress?: number | null;
  readonly watchedAt: string;
  readonly deviceId?: string | null;
  readonly seriesId?: string | null;
  readonly reason: 'inProgress' | 'nextEpisode' | (string & {});
}

/** One title of the watchlist, and where the viewer is in it. */
export interface WatchlistItem {
  readonly contentId: string;
  readonly addedAt: string;
  readonly status?: WatchStatus | null;
}

/** Why a title is, or is not, in the row. */
export interface Why {
  readonly contentId: string;
  readonly inRow: boolean;
  readonly code: string;
  readonly sentence: string;
}

/** What became of a report: `applied`, `superseded`, `unchanged`, `stale`, `ignored`, `paused` or `invalid`. */
export type Outcome = 'applied' | 'superseded' | 'unchanged' | 'stale' | 'ignored' | 'paused' | 'invalid' | (string & {});

/** The service's answer to one report, and the title's place after it. */
export interface ReportResult extends Partial<Omit<WatchStatus, 'contentId'>> {
  readonly contentId: string;
  readonly outcome: Outcome;
}

/** A place elsewhere that is newer than this device's own: an app may offer to jump there. */
export interface Elsewhere {
  readonly contentId: string;
  readonly place: Place;
}

/** What a client tells, by the event's name. */
export interface Events {
  /** The row, whenever its titles or their order change. */
  row: readonly RowItem[];
  /** A title's place, wherever it changed. At most one per title and second. */
  position: WatchStatus;
  /** The viewer went on elsewhere with a title that is open here. Told again as they go on there: an offer that is shown is to be kept up. */
  elsewhere: Elsewhere;
  /** A report was answered. */
  report: ReportResult;
  /** Whether changes arrive as they happen. */
  live: boolean;
  /** Something that the app may want to tell or to log: a {@link ServiceError}. What is passing is tried again all the same. */
  error: Error;
}

/** Adds a listener; what it returns takes it away. */
export type On = <K extends keyof Events>(event: K, listener: (value: Events[K]) => void) => () => void;

/**
 * Gives a bearer token of the user. Asked before every request: remember it until it expires. `refresh` is true after the service
 * has refused the last one: get another.
 */
export type TokenSource = (refresh: boolean) => string | Promise<string>;

/** What the client needs of `localStorage`. */
export type KeyValueStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

/** What the client needs of `navigator.locks`: one tab at a time sends what has waited. */
export interface Locks {
  request(name: string, options: { ifAvailable: true }, work: (lock: unknown) => Promise<void>): Promise<void>;
}

/** Clocks, timers and chance. */
export interface Clock {
  /** Milliseconds since 1970, as the device believes. It may be wrong, and may be set. */
  now(): number;
  /** Milliseconds since some moment. It is never set, but may stand while the device sleeps. */
  monotonic(): number;
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
  /** 0 to 1. */
  random(): number;
}

/** What happens to the page. */
export interface PageEvents {
  /**
   * `leaving`: hidden or unloaded, the last chance to send; `back`: visible again; `online`: the network is back. What it returns takes the
   * listener away.
   */
  on(event: 'leaving' | 'back' | 'online', listener: () => void): () => void;
}

/** How to make a client. */
export interface ClientOptions {
  /** Where the service is: `https://watch.example.com`, without a slash at its end. Empty: where the page is from. */
  readonly url: string;
  /** The user, as the token's subject says. What waits on the device is kept apart by it. */
  readonly userId: string;
  readonly token: TokenSource;
  /** Names this screen; 1 to 64 printable ASCII characters. Left out, a name is made up once and kept in the storage. */
  readonly deviceId?: string;
  /** Left out: the browser's. */
  readonly fetch?: typeof fetch;
  /** Left out: the browser's. */
  readonly clock?: Clock;
  /** Where places wait until they are sent. Left out: `localStorage`; null: in memory alone. */
  readonly storage?: KeyValueStorage | null;
  /** Left out: the browser's. */
  readonly page?: PageEvents;
  /** Left out: `navigator.locks`, where there is one. */
  readonly locks?: Locks | null;
}

/** What the tracker needs of a video: any `HTMLVideoElement`, plain, of hls.js or of Shaka. */
export interface Video extends EventTarget {
  currentTime: number;
  readonly duration: number;
  readonly paused: boolean;
  readonly ended: boolean;
  readonly readyState: number;
  readonly seeking: boolean;
}

/** What is to be tracked. */
export interface TrackOptions {
  /** The title that the video shows, a UUID. */
  readonly contentId: string;
  /** Go on so many seconds before the place, to find one's way in: 0. */
  readonly rewind?: number;
  /** Where to begin: at the viewer's place (`resume`), or at a second of the app's. */
  readonly start?: 'resume' | number;
  /** A live stream has no place: none is asked for, and none reported. What players call its duration does not always tell. */
  readonly live?: boolean;
}

/** Keeps the place of one video. */
export interface Tracker {
  /** The title whose place is kept. */
  readonly contentId: string;
  /**
   * Settles with the second at which the video is, when it may be played: it is where it is to begin, or there is no place to go to, or it is
   * let go; or after 2.5 s all the same. The place is still asked for then, and the video goes there when it is known.
   */
  readonly ready: Promise<number>;
  /** The video shows another title from now on. The old one's last place is reported. Call it when the source is changed. */
  change(options: TrackOptions): void;
  /** Goes to a second that the service told, as after {@link Events.elsewhere}. */
  jump(seconds: number): void;
  /** Reports the last place, and lets go of the video. */
  stop(): void;
}

/** The row, live. */
export interface Row {
  /** What is known of it so far; undefined before the first answer. */
  readonly items: readonly RowItem[] | undefined;
  /** Asks for it now. With an ETag: nothing comes when nothing has changed. */
  refresh(): Promise<void>;
  /** Lets go of the stream. */
  close(): void;
}

/** The player's side of the service. */
export interface Client {
  /** The name of this screen. */
  readonly deviceId: string;
  readonly on: On;
  /** Resumes a video and keeps its place. */
  track(video: Video, options: TrackOptions): Tracker;
  /** Opens the row: what changes comes as the events `row` and `position`. */
  continueWatching(): Row;
  /** The places of titles, in the order asked; titles never watched are left out. */
  places(contentIds: readonly string[]): Promise<WatchStatus[]>;
  /** Takes a title out of the row, after what waits is sent. Its place stays, and watching on brings it back. */
  hide(contentId: string): Promise<void>;
  /** Takes {@link hide} back. */
  restore(contentId: string): Promise<void>;
  /** Marks a title watched; with false takes back that it ever was. */
  watched(contentId: string, yes?: boolean): Promise<void>;
  /** Why a title is, or is not, in the row. */
  why(contentId: string): Promise<Why>;
  /** The titles put aside, newest first. */
  watchlist(): Promise<WatchlistItem[]>;
  /** Puts a title aside; with false takes it from there. */
  putAside(contentId: string, yes?: boolean): Promise<void>;
  /** Sends what waits. Settles when it is sent, or will be tried later. */
  flush(): Promise<void>;
  /** Lets go of everything. What waits is sent when a client is made again. */
  close(): void;
}
