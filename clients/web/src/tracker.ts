/** Keeps the place of one video: resumes it, and tells where the viewer is. */
import { ageOf, Backoff, type Moment, momentOf } from './clock.js';
import type { Clock, Elsewhere, Tracker, TrackOptions, Video, WatchStatus } from './types.js';

/** A place nearer than this to the last one told is no news: 250 ms, as the service has it. */
export const UnchangedWithin = 0.25;

/** How near the video must be to the second that it was sent to: 1 s. */
export const LandedWithin = 1;

/** So long a video may play elsewhere than at its place, or while that cannot be asked for, until what is seen counts: 30 s. Sooner, a start without a network would wipe the place. */
export const HeldFor = 30;

/** A place elsewhere nearer than this is not worth an offer: 3 s. */
export const ElsewhereFrom = 3;

/** Whoever waits to play waits no longer than this for the place: 2.5 s. */
export const Patience = 2_500;

/** The longest duration that the service takes, in seconds. Some players give a live stream a longer one. */
export const LongestDuration = 1_000_000;

/** A video that becomes longer by more than this while it plays is live: 1 s. Where parts are put together, it may be off by less. */
export const GrowsBy = 1;

// Between two moments that a playing video tells of lies no more: what is longer was gone to.
const LongestStep = 2;

// As soon as the video's metadata are there, it may be sent somewhere.
const HaveMetadata = 1;

/** What the tracker needs of the client. */
export interface Host {
  readonly clock: Clock;
  readonly deviceId: string;
  cadence(): number;
  put(contentId: string, resumeFrom: number, duration: number, leaving: boolean): void;
  /** Where to go on; undefined when the title was never watched. */
  place(contentId: string): Promise<WatchStatus | undefined>;
  elsewhere(offer: Elsewhere): void;
  error(error: Error): void;
}

/** The tracker of one video. */
export class VideoTracker implements Tracker {
  ready!: Promise<number>;
  #title!: TrackOptions;
  #resolve: (second: number) => void = () => {};
  #patience: unknown;
  // Ends the wait for another try.
  #wake = (): void => {};
  // Where the video is to be before a word is said of it; undefined while that is not known.
  #target: number | undefined;
  // Whether the tracker may send it there, and has.
  #maySend = true;
  #sent = false;
  #landed = false;
  // The viewer has not got past this yet: what is seen again after a rewind is behind the place.
  #floor = 0;
  #last = 0;
  #duration = NaN;
  #first = NaN;
  #live = false;
  #seen = 0;
  #played = 0;
  #told = NaN;
  #toldAt: Moment;
  #ownAt = 0;
  #offered = '';
  #stopped = false;
  readonly #handlers: readonly (readonly [string, () => void])[];

  constructor(readonly video: Video, options: TrackOptions, readonly host: Host, readonly stopped: () => void) {
    this.#toldAt = momentOf(host.clock);
    this.#handlers = [
      ['timeupdate', () => this.#progress()],
      ['pause', () => this.tell()],
      ['ended', () => this.tell()],
      ['seeking', () => this.#seeking()],
      ['seeked', () => this.#landed ? this.tell() : this.#land()],
      ['loadedmetadata', () => this.#goOn()],
      ['durationchange', () => this.#goOn()],
      ['emptied', () => this.#emptied()],
    ];
    for (const [event, handler] of this.#handlers) video.addEventListener(event, handler);
    this.#begin(options);
  }

  get contentId(): string {
    return this.#title.contentId;
  }

  change(options: TrackOptions): void {
    this.tell();
    this.#begin(options);
  }

  jump(seconds: number): void {
    this.video.currentTime = seconds;
  }

  stop(): void {
    this.tell();
    this.#stopped = true;
    this.#wake();
    this.#settle();
    for (const [event, handler] of this.#handlers) this.video.removeEventListener(event, handler);
    this.stopped();
  }

  /** Tells where the viewer is, if that is news. */
  tell(leaving = false): void {
    if (!this.#landed || this.#stopped || this.#live) return;
    // A source that was taken away has no place any more; its last one stands.
    const position = round(this.video.readyState < HaveMetadata ? this.#last : this.video.currentTime);
    if (!isDuration(this.#duration)) return;
    if (position < this.#floor || Math.abs(position - this.#told) < UnchangedWithin) return;
    this.#told = position;
    this.#floor = 0;
    this.#toldAt = momentOf(this.host.clock);
    this.host.put(this.contentId, position, this.#duration, leaving);
  }

  /** A place that the service tells of a title: perhaps a newer one than here. */
  consider({ contentId, deviceId, resumeFrom, watchedAt }: Partial<WatchStatus>): void {
    if (contentId !== this.contentId || !this.#landed || this.#stopped || this.#live || !watchedAt || resumeFrom === undefined) return;
    const at = Date.parse(watchedAt);
    if (deviceId === this.host.deviceId) this.#ownAt = Math.max(this.#ownAt, at);
    const offer = `${deviceId} ${resumeFrom}`;
    if (deviceId === this.host.deviceId || at <= this.#ownAt || offer === this.#offered) return;
    if (Math.abs(resumeFrom - this.video.currentTime) < ElsewhereFrom) return;
    this.#offered = offer;
    this.host.elsewhere({ contentId, place: { deviceId: deviceId ?? null, resumeFrom, watchedAt } });
  }

  /** Asks whether something was missed while nothing was heard. */
  async ask(): Promise<void> {
    const { contentId } = this;
    try {
      const status = await this.host.place(contentId);
      if (status) this.consider(status);
    } catch (error) {
      this.host.error(error as Error); // It is asked with the next stream.
    }
  }

  #begin(options: TrackOptions): void {
    this.#wake();
    this.#settle();
    const title = this.#title = { ...options };
    this.#landed = this.#sent = false;
    this.#maySend = true;
    this.#live = !!title.live;
    this.#target = undefined;
    this.#told = this.#duration = this.#first = NaN;
    this.#floor = this.#last = this.#ownAt = this.#played = 0;
    this.ready = new Promise(resolve => this.#resolve = resolve);
    this.#patience = this.host.clock.setTimeout(() => this.#settle(), Patience);
    if (this.#live || this.#stopped) this.#settle();
    else if (typeof title.start === 'number') this.#aim(title.start);
    else void this.#resume(title);
  }

  // Whoever waits to play may.
  #settle(): void {
    this.host.clock.clearTimeout(this.#patience);
    this.#resolve(this.video.currentTime);
  }

  async #resume(title: TrackOptions): Promise<void> {
    const { clock } = this.host;
    const backoff = new Backoff(clock);
    const isOver = () => this.#title !== title || this.#landed || this.#stopped;
    while (!isOver()) {
      try {
        const status = await this.host.place(title.contentId);
        if (isOver()) return;
        const place = !status || status.completed ? 0 : status.resumeFrom;
        this.#ownAt = status?.watchedAt ? Date.parse(status.watchedAt) : 0;
        const target = Math.max(0, place - (title.rewind ?? 0));
        this.#aim(target);
        this.#floor = target < place ? place : 0;
        return;
      } catch (error) {
        // Whatever it is, also an answer that makes no sense: it is asked again.
        this.host.error(error as Error);
        await new Promise<void>(resolve => {
          const timer = clock.setTimeout(resolve, backoff.next());
          this.#wake = () => {
            clock.clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  }

  #aim(seconds: number): void {
    this.#target = seconds;
    this.#goOn();
  }

  // Sends the video to where it is to begin, as soon as both are known. A live stream has no place to go on from.
  #goOn(): void {
    const { video } = this;
    const { duration } = video;
    if (!Number.isNaN(duration)) this.#duration = duration;
    if (this.#landed && !video.paused && duration > this.#first + GrowsBy) this.#live = true;
    if (Number.isNaN(this.#first)) this.#first = duration;
    if (duration > LongestDuration && video.readyState >= HaveMetadata) this.#settle();
    if (this.#landed || this.#stopped || this.#target === undefined || !this.#hasPlaces()) return;
    const target = this.#target = Math.min(this.#target, duration);
    if (target < LandedWithin) this.#land();
    else if (this.#maySend && !this.#sent) {
      this.#sent = true;
      video.currentTime = target;
    }
  }

  // Neither a live stream has places, nor what is not loaded yet.
  #hasPlaces(): boolean {
    return this.video.readyState >= HaveMetadata && isDuration(this.video.duration);
  }

  #land(): void {
    const { video } = this;
    if (this.#target === undefined || this.video.seeking || !this.#hasPlaces()) return;
    // What a player shows while it loads is no place; but who began at the start may have got anywhere since.
    if (this.#target >= LandedWithin && Math.abs(video.currentTime - this.#target) >= LandedWithin) return;
    this.#told = this.#target >= LandedWithin ? video.currentTime : NaN;
    this.#arrive();
  }

  #arrive(): void {
    this.#landed = true;
    this.#last = this.video.currentTime;
    this.#duration = this.video.duration;
    this.#toldAt = momentOf(this.host.clock);
    this.#settle();
  }

  #progress(): void {
    const { video } = this;
    if (!this.#landed) {
      this.#land();
      const step = video.currentTime - this.#seen;
      this.#seen = video.currentTime;
      if (!video.seeking && step > 0 && step < LongestStep) this.#played += step;
      // Nobody could be asked, or the video went elsewhere; and the viewer is well into it: what is seen counts.
      if (!this.#landed && this.#played >= HeldFor && this.#hasPlaces()) this.#arrive();
      return;
    }

    if (video.seeking) return;
    this.#last = video.currentTime;
    if (!video.paused && ageOf(this.host.clock, this.#toldAt) >= this.host.cadence()) this.tell();
  }

  // The viewer goes somewhere before the place is known or reached: they know better. Also to the start, once the video was sent elsewhere.
  #seeking(): void {
    const { video } = this;
    const own = this.#sent && Math.abs(video.currentTime - this.#target!) < LandedWithin;
    if (this.#landed) this.#floor = 0;
    else if (!own && (this.#sent || video.currentTime >= LandedWithin) && this.#hasPlaces()) {
      this.#floor = 0;
      this.#arrive();
    }
  }

  // The source is taken away. What comes next is this title again, near where it was, or another one that the app will name.
  #emptied(): void {
    this.#sent = false;
    this.#first = NaN;
    if (!this.#landed) return;
    this.tell();
    this.#played = 0;
    this.#landed = this.#maySend = false;
    this.#target = this.#last;
  }
}

const isDuration = (seconds: number): boolean => seconds > 0 && seconds <= LongestDuration;

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
