/** Sends what waits in the outbox: one request at a time, and again when it is lost. */
import { ageOf, Backoff } from './clock.js';
import { ServiceError } from './errors.js';
import type { Http } from './http.js';
import type { Outbox, Waiting } from './outbox.js';
import type { Clock, Locks, ReportResult } from './types.js';

/** Reports are sent no closer to each other than this: 500 ms, so that who drags the slider does not use up what a user may ask. */
export const Spacing = 500;

/** A place of the last second that was never sent is told as of now. */
const FreshFor = 1_000;

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
  error(error: ServiceError): void;
}

/** Sends the places of one user and device. */
export class Sender {
  /** How often the service wants to hear from a playing video, in milliseconds. */
  cadence = 10_000;

  readonly #tried = new WeakSet<Waiting>();
  readonly #backoff: Backoff;
  #current: AbortController | undefined;
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

  /** Sends what waits, if it is not known that it cannot be sent now. */
  flush(): Promise<void> {
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
    if (!this.outbox.all().length) return;
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
    this.#run = this.#send(controller.signal, leaving).finally(() => {
      if (this.#current !== controller) return;
      this.#current = undefined;
      this.#kick();
    });
  }

  async #send(signal: AbortSignal, leaving: boolean): Promise<void> {
    const batch = this.outbox.all();
    if (!batch.length) return;
    try {
      const answers = await this.#post(batch, signal, leaving);
      this.outbox.settle(batch);
      this.#failed = undefined;
      this.#backoff.reset();
      this.#notBefore = this.clock.monotonic() + Spacing;
      if (answers.nextReportInSeconds) this.cadence = answers.nextReportInSeconds * 1000;
      for (const result of answers.results) this.tell.report(result);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (!signal.aborted) this.#fail(error, batch); // Else another has taken over.
    }
  }

  #fail(error: ServiceError, batch: readonly Waiting[]): void {
    // What the service cannot read now it cannot read later either. Everything else may pass: a sign-in, a deployment, an outage.
    if ([400, 413, 415].includes(error.status)) this.outbox.settle(batch);
    else this.#failed = error;
    this.#notBefore = this.clock.monotonic() + this.#backoff.next(error.retryAfter);
    this.tell.error(error);
  }

  async #post(batch: readonly Waiting[], signal: AbortSignal, leaving: boolean): Promise<Answers> {
    const [first] = batch;
    const live = batch.length === 1 && first!.at.mono !== undefined && !this.#tried.has(first!) && ageOf(this.clock, first!.at) < FreshFor;
    for (const waiting of batch) this.#tried.add(waiting);
    if (live) {
      const { contentId, resumeFrom, duration } = first!;
      const body = { userId: this.userId, contentId, resumeFrom, duration, deviceId: this.deviceId };
      const answer = await this.http.json<ReportResult & Answers>('PUT', '/updateWatchStatus', { body, signal, leaving });
      return { results: [answer], nextReportInSeconds: answer.nextReportInSeconds ?? null };
    }

    let answers: Answers | undefined;
    const journal = async () => {
      answers = await this.http.json<Answers>('POST', `/users/${encodeURIComponent(this.userId)}/reports`, {
        body: this.#journal(batch), signal, leaving,
      });
    };
    if (!this.locks || leaving) await journal();
    else await this.locks.request(`continue-watching/${this.userId}/${this.deviceId}`, { ifAvailable: true }, async lock => {
      if (lock) await journal();
    });
    if (!answers) throw new ServiceError('Another tab sends what waits.', 0);
    return answers;
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
