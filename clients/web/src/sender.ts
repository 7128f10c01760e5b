/** Sends what waits in the outbox: one request at a time, and again when it is lost. */
import { ageOf, Backoff } from './clock.js';
import type { ServiceError } from './errors.js';
import type { Http } from './http.js';
import { type Outbox, same, type Waiting } from './outbox.js';
import type { Clock, Locks, ReportResult } from './types.js';

/** Reports are sent no closer to each other than this: 500 ms, so that who drags the slider does not use up what a user may ask. */
export const Spacing = 500;

/** A place that had to wait for nothing is told as of now; who waited longer is told with its age, so that nothing done meanwhile is undone. */
const FreshFor = 100;

/**
 * What `sentAt` says. The service moves a journal by the difference between `sentAt` and its own clock, and leaves out a difference under
 * 5 s. So that it never does, this client's journals are written by a clock that is years slow: a place is told by its age alone.
 */
const SentAt = Date.UTC(2020, 0, 1);

/** What the answers say, in one form. */
interface Answers {
  readonly results: readonly ReportResult[];
  readonly nextReportInSeconds?: number | null;
}

/** What the sender tells. */
export interface Telling {
  report(result: ReportResult): void;
  error(error: Error): void;
}

/** Sends the places of one user and device. */
export class Sender {
  /** How often the service wants to hear from a playing video, in milliseconds. */
  cadence = 10_000;

  readonly #tried = new WeakSet<Waiting>();
  readonly #backoff: Backoff;
  #current: AbortController | undefined;
  #leaving = false;
  #batch: readonly Waiting[] = [];
  #run: Promise<void> = Promise.resolve();
  #timer: unknown;
  #notBefore = 0;
  #failed: ServiceError | undefined;
  #closed = false;

  constructor(
    readonly http: Http,
    readonly outbox: Outbox,
    readonly clock: Clock,
    readonly locks: Locks | null,
    readonly userId: string,
    readonly deviceId: string,
    readonly tell: Telling,
  ) {
    this.#backoff = new Backoff(clock);
  }

  /** Keeps a place, and sends it as soon as it may. With `leaving` only keeps it: {@link leave} comes next. */
  put(contentId: string, resumeFrom: number, duration: number, leaving = false): void {
    this.outbox.put(contentId, resumeFrom, duration);
    if (!leaving) this.#kick();
  }

  /** Sends what waits, also behind a request that is under way, if it is not known that it cannot be sent now. */
  async flush(): Promise<void> {
    if (this.#current) await this.#run;
    if (!this.#current && !this.#failed) this.#start(false);
    return this.#run;
  }

  /** The network is back. What the service itself has put off stays put off. */
  online(): void {
    if (!this.#failed?.retryAfter) this.#notBefore = 0;
    this.#backoff.reset();
    this.#kick();
  }

  /** The page goes: what waits is sent now or when it comes back. */
  leave(): void {
    const all = this.outbox.all();
    // A page that goes is told so twice; what is already under way for it is all that can be done.
    if (this.#current && this.#leaving && all.every(waiting => this.#batch.some(sent => same(sent, waiting))) || !all.length) return;
    // Two on the way may overtake each other; and what this one would have told waits still.
    this.#current?.abort();
    this.#start(true);
  }

  close(): void {
    this.#closed = true;
    this.clock.clearTimeout(this.#timer);
  }

  #kick(): void {
    if (this.#closed || this.#current || !this.outbox.all().length) return;
    const wait = this.#notBefore - this.clock.monotonic();
    this.clock.clearTimeout(this.#timer);
    if (wait > 0) this.#timer = this.clock.setTimeout(() => this.#kick(), wait);
    else this.#start(false);
  }

  #start(leaving: boolean): void {
    const controller = this.#current = new AbortController();
    this.#leaving = leaving;
    this.#run = this.#send(controller.signal, leaving).finally(() => {
      if (this.#current !== controller) return;
      this.#current = undefined;
      this.#kick();
    });
  }

  async #send(signal: AbortSignal, leaving: boolean): Promise<void> {
    const batch = this.#batch = this.outbox.all();
    if (!batch.length) return;
    try {
      const answers = await this.#post(batch, signal, leaving);
      if (!answers) return this.#wait(); // Another tab sends what waits.
      const results = [...answers.results];
      this.outbox.settle(batch);
      this.#failed = undefined;
      this.#backoff.reset();
      this.#notBefore = this.clock.monotonic() + Spacing;
      if (answers.nextReportInSeconds) this.cadence = answers.nextReportInSeconds * 1000;
      for (const result of results) this.tell.report(result);
    } catch (error) {
      // Whatever it is, also an answer that makes no sense: without a pause it would be met again at once. If it was aborted, another has taken over.
      if (!signal.aborted) this.#fail(error as Error, batch);
    }
  }

  #fail(error: Error, batch: readonly Waiting[]): void {
    const { status, retryAfter } = error as ServiceError;
    // What the service cannot read now it cannot read later either. Everything else may pass: a sign-in, a deployment, an outage.
    if ([400, 413, 415].includes(status)) this.outbox.settle(batch);
    else this.#failed = error as ServiceError;
    this.#wait(retryAfter);
    this.tell.error(error);
  }

  #wait(atLeast?: number): void {
    this.#notBefore = this.clock.monotonic() + this.#backoff.next(atLeast);
  }

  async #post(batch: readonly Waiting[], signal: AbortSignal, leaving: boolean): Promise<Answers | undefined> {
    const [first] = batch;
    const live = batch.length === 1 && first!.at.mono !== undefined && !this.#tried.has(first!) && ageOf(this.clock, first!.at) < FreshFor;
    for (const waiting of batch) this.#tried.add(waiting);
    if (live) {
      const { contentId, resumeFrom, duration } = first!;
      const body = { userId: this.userId, contentId, resumeFrom, duration, deviceId: this.deviceId };
      const answer = await this.http.json<ReportResult & Answers>('PUT', '/updateWatchStatus', { body, signal, leaving });
      return { results: [answer], nextReportInSeconds: answer.nextReportInSeconds ?? null };
    }

    const journal = (): Promise<Answers> => this.http.json<Answers>('POST', `/users/${encodeURIComponent(this.userId)}/reports`, {
      body: this.#journal(batch), signal, leaving,
    });
    if (!this.locks || leaving) return journal();
    let answers: Answers | undefined;
    try {
      await this.locks.request(`continue-watching/${this.userId}/${this.deviceId}`, { ifAvailable: true }, async lock => {
        if (lock) answers = await journal();
      });
      return answers;
    } catch (refused) {
      // A frame in a sandbox may ask for no lock: two tabs then send the same, which does no harm.
      if (refused instanceof DOMException) return journal();
      throw refused;
    }
  }

  #journal(batch: readonly Waiting[]): object {
    return {
      sentAt: new Date(SentAt).toISOString(),
      reports: batch.map(({ contentId, resumeFrom, duration, at }) => ({
        contentId, resumeFrom, duration, deviceId: this.deviceId, watchedAt: new Date(SentAt - ageOf(this.clock, at)).toISOString(),
      })),
    };
  }
}
