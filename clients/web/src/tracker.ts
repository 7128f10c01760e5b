/** Keeps the place of one video: resumes it, and tells where the viewer is. */
import { ageOf, Backoff, type Moment, momentOf } from './clock.js';
import { ServiceError } from './errors.js';
import type { Clock, Elsewhere, Tracker, TrackOptions, Video, WatchStatus } from './types.js';

/** A place nearer than this to the last one told is no news: 250 ms, as the service has it. */
export const UnchangedWithin = 0.25;

/** How near the video must be to the second that it was sent to: 1 s. */
export const LandedWithin = 1;

/** So long a video may run whose place cannot be asked for, until what is seen counts: 30 s. Sooner, a start without a network would wipe the place. */
export const HeldFor = 30;

/** A place elsewhere nearer than this is not worth an offer: 3 s. */
export const ElsewhereFrom = 3;

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
  #settle!: (second: number) => void;
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
    for (const [event, handler] of this.#handlers) this.video.removeEventListener(event, handler);
    this.stopped();
  }

  /** Tells where the viewer is, if that is news. */
  tell(leaving = false): void {
    if (!this.#landed || this.#stopped) return;
    // A source that was taken away has no place any more; its last one stands.
    const position = round(this.video.readyState < HaveMetadata ? this.#last : this.video.currentTime);
    if (!Number.isFinite(this.#duration) || this.#duration <= 0) return;
    if (position < this.#floor || Math.abs(position - this.#told) < UnchangedWithin) return;
    this.#told = position;
    this.#floor = 0;
    this.#toldAt = momentOf(this.host.clock);
    this.host.put(this.contentId, position, this.#duration, leaving);
  }

  /** A place that the service tells of a title: perhaps a newer one than here. */
  consider({ contentId, deviceId, resumeFrom, watchedAt }: Partial<WatchStatus>): void {
    if (contentId !== this.contentId || !this.#landed || this.#stopped || !watchedAt || resumeFrom === undefined) return;
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
      this.#passing(error);
    }
  }

  #begin(options: TrackOptions): void {
    this.#title = options;
    this.#landed = this.#sent = false;
    this.#maySend = true;
    this.#target = undefined;
    this.#told = this.#duration = NaN;
    this.#floor = this.#last = this.#ownAt = 0;
    this.ready = new Promise(resolve => this.#settle = resolve);
    if (typeof options.start === 'number') this.#aim(options.start);
    else void this.#resume(options);
  }

  async #resume(title: TrackOptions): Promise<void> {
    const backoff = new Backoff(this.host.clock);
    while (this.#title === title && !this.#landed && !this.#stopped) {
      try {
        const status = await this.host.place(title.contentId);
        if (this.#title !== title || this.#landed) return;
        const place = !status || status.completed ? 0 : status.resumeFrom;
        this.#ownAt = status?.watchedAt ? Date.parse(status.watchedAt) : 0;
        const target = Math.max(0, place - (title.rewind ?? 0));
        this.#aim(target);
        this.#floor = target < place ? place : 0;
        return;
      } catch (error) {
        this.#passing(error);
        await new Promise<void>(resolve => this.host.clock.setTimeout(resolve, backoff.next()));
      }
    }
  }

  #passing(error: unknown): void {
    if (!(error instanceof ServiceError)) throw error;
    this.host.error(error);
  }

  #aim(seconds: number): void {
    this.#target = seconds;
    this.#goOn();
  }

  // Sends the video to where it is to begin, as soon as both are known. A live stream has no place to go on from.
  #goOn(): void {
    const { video } = this;
    if (!Number.isNaN(video.duration)) this.#duration = video.duration;
    if (this.#landed || this.#target === undefined || !this.#hasPlaces()) return;
    const target = this.#target = Math.min(this.#target, video.duration);
    if (target < LandedWithin) this.#land();
    else if (this.#maySend && !this.#sent) {
      this.#sent = true;
      video.currentTime = target;
    }
  }

  // Neither a live stream has places, nor what is not loaded yet.
  #hasPlaces(): boolean {
    return this.video.readyState >= HaveMetadata && Number.isFinite(this.video.duration);
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
    this.#settle(this.#last);
  }

  #progress(): void {
    const { video } = this;
    if (!this.#landed) {
      this.#land();
      // Nobody could be asked, and the viewer is well into it: what is seen counts.
      if (!this.#landed && this.#target === undefined && video.currentTime >= HeldFor && this.#hasPlaces()) this.#arrive();
      return;
    }

    if (video.seeking) return;
    this.#last = video.currentTime;
    if (!video.paused && ageOf(this.host.clock, this.#toldAt) >= this.host.cadence()) this.tell();
  }

  // The viewer goes somewhere before the place is known or reached: they know better.
  #seeking(): void {
    const { video } = this;
    const own = this.#sent && Math.abs(video.currentTime - this.#target!) < LandedWithin;
    if (this.#landed) this.#floor = 0;
    else if (!own && video.currentTime >= LandedWithin && this.#hasPlaces()) {
      this.#floor = 0;
      this.#arrive();
    }
  }

  // The source is taken away. What comes next is this title again, near where it was, or another one that the app will name.
  #emptied(): void {
    this.#sent = false;
    if (!this.#landed) return;
    this.tell();
    this.#landed = this.#maySend = false;
    this.#target = this.#last;
  }
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
