/** The continue-watching row, live: a stream of server-sent events over fetch, come back to whenever it ends. */
import { Backoff } from './clock.js';
import type { ServiceError } from './errors.js';
import type { Http } from './http.js';
import type { Clock, Events, PageEvents, Row, RowItem, WatchStatus } from './types.js';

/** A stream that is silent for so long is dead: 40 s. The service writes something every 15 s. */
export const LongestSilence = 40_000;

// The row has one id for all its titles.
const RowKey = 'row ';

// More ids than a viewer's titles: forgotten together, which costs repeats and nothing else.
const MaxIds = 500;

/** One server-sent event. */
interface Message {
  event: string;
  id: string;
  data: string;
}

type Emit = <K extends keyof Events>(event: K, value: Events[K]) => void;

/** Follows the row of one user. */
export class LiveRow implements Row {
  items: readonly RowItem[] | undefined;
  readonly #ids = new Map<string, string>();
  readonly #backoff: Backoff;
  readonly #path: string;
  readonly #off: (() => void)[];
  #etag = '';
  #live = false;
  #hidden = false;
  #heard = false;
  #closed = false;
  #stream: AbortController | undefined;
  #wake: () => void = () => {};

  constructor(readonly http: Http, readonly clock: Clock, page: PageEvents, userId: string, readonly emit: Emit, readonly closed: () => void) {
    this.#path = `/users/${encodeURIComponent(userId)}/`;
    this.#backoff = new Backoff(clock);
    const back = () => {
      this.#hidden = false;
      this.#wake();
    };
    this.#off = [
      page.on('back', back),
      page.on('online', back),
      // A hidden page shows nothing; its stream would be one of the few that a browser and a user may have.
      page.on('leaving', () => {
        this.#hidden = true;
        this.#stream?.abort();
      }),
    ];
    void this.#follow();
  }

  async refresh(): Promise<void> {
    const init = this.#etag ? { headers: { 'If-None-Match': this.#etag } } : {};
    const { response, value } = await this.http.read<{ items: readonly RowItem[] }>('GET', `${this.#path}continue-watching`, init);
    if (!value) return;
    this.#etag = response.headers.get('ETag') ?? '';
    // What the stream told before is not what is shown any more, and may be told again.
    this.#ids.delete(RowKey);
    this.#show(value);
  }

  close(): void {
    this.#closed = true;
    this.#off.forEach(off => off());
    this.#stream?.abort();
    this.#wake();
    this.closed();
  }

  async #follow(): Promise<void> {
    while (!this.#closed) {
      let wait = 0;
      this.#heard = false;
      try {
        await this.#read();
      } catch (error) {
        // Whatever it is, also an event that makes no sense: the row goes on.
        if (this.#isShown) this.emit('error', error as Error);
        wait = (error as ServiceError).retryAfter ?? 0;
      }

      // No stream, but perhaps an answer: too many streams, or something on the way that lets none through.
      if (!this.#heard && this.#isShown) await this.refresh().catch((alsoFailed: Error) => this.emit('error', alsoFailed));
      this.#setLive(false);
      if (!this.#closed) await this.#pause(this.#hidden ? Infinity : this.#backoff.next(wait));
    }
  }

  get #isShown(): boolean {
    return !this.#hidden && !this.#closed;
  }

  // Until the time is over, the page is back, or the row is closed.
  #pause(milliseconds: number): Promise<void> {
    return new Promise(resolve => {
      const timer = milliseconds === Infinity ? undefined : this.clock.setTimeout(resolve, milliseconds);
      this.#wake = () => {
        this.clock.clearTimeout(timer);
        resolve();
      };
    });
  }

  async #read(): Promise<void> {
    const stream = this.#stream = new AbortController();
    let timer: unknown;
    const heard = () => {
      this.clock.clearTimeout(timer);
      timer = this.clock.setTimeout(() => stream.abort(), LongestSilence);
    };
    try {
      const response = await this.http.send('GET', `${this.#path}events`, { signal: stream.signal });
      for await (const message of messages(response, heard)) this.#hear(message);
    } finally {
      this.clock.clearTimeout(timer);
      stream.abort(); // Whatever ended it: it is one of few.
    }
  }

  #hear({ event, id, data }: Message): void {
    const value = JSON.parse(data);
    const key = `${event} ${value.contentId ?? ''}`;
    this.#backoff.reset();
    this.#heard = true;
    const repeated = id && this.#ids.get(key) === id;
    if (this.#ids.size > MaxIds) this.#ids.clear();
    this.#ids.set(key, id);
    if (!repeated && event === 'row') {
      this.#etag = ''; // It is of another answer than this.
      this.#show(value);
    }

    if (!repeated && event === 'position') this.emit('position', value as WatchStatus);
    this.#setLive(true);
  }

  #show({ items }: { items: readonly RowItem[] }): void {
    this.items = items;
    this.emit('row', items);
  }

  #setLive(live: boolean): void {
    if (this.#live === live) return;
    this.#live = live;
    this.emit('live', live);
  }
}

/** The events of a body, however it is cut into pieces. */
export async function* messages(response: Response, heard: () => void): AsyncGenerator<Message> {
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let message: Message = { event: '', id: '', data: '' };
  for (;;) {
    heard();
    // A body that breaks off ends the stream as its end does.
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    if (done) return;
    const lines = (text + decoder.decode(value, { stream: true })).split('\n');
    text = lines.pop()!;
    for (const line of lines) {
      const [, name, rest] = /^(event|id|data): ?(.*)$/.exec(line) ?? [];
      if (name) message[name as keyof Message] += rest;
      else if (line === '' && message.data) {
        yield message;
        message = { event: '', id: '', data: '' };
      }
    }
  }
}
