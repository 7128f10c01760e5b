/** Requests with a token: bounded in time, and sent again once with a new token when the old one is refused. */
import { errorOf, ServiceError } from './errors.js';
import type { Clock, TokenSource } from './types.js';

/** How long an answer may take until it counts as lost: 8 s, so that another try falls within the usual cadence of reports. */
export const RequestTimeout = 8_000;

/** What a request may have beside its method and path. */
export interface RequestInit {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The page may go while it is under way: it does not wait for a token, but takes the last one. */
  readonly leaving?: boolean;
  /** Ends it, and the body that is being read. */
  readonly signal?: AbortSignal;
}

/** The way to the service. */
export class Http {
  #token = '';
  #refreshing: Promise<string> | undefined;

  constructor(readonly url: string, readonly source: TokenSource, readonly fetch: typeof globalThis.fetch, readonly clock: Clock) {}

  /**
   * The answer, its body not read yet.
   * @throws {ServiceError} There is none, or it is a refusal.
   */
  send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    return this.#bounded(init.signal, signal => this.#request(method, path, { ...init, signal }));
  }

  /**
   * What the answer says, as JSON.
   * @throws {ServiceError} There is none, or it is a refusal.
   */
  async json<T>(method: string, path: string, init: RequestInit = {}): Promise<T> {
    return (await this.read<T>(method, path, init)).value!;
  }

  /**
   * The answer, and what it says as JSON; without a value when it is that nothing has changed.
   * @throws {ServiceError} There is none, or it is a refusal.
   */
  read<T>(method: string, path: string, init: RequestInit = {}): Promise<{ response: Response; value?: T }> {
    return this.#bounded(init.signal, async signal => {
      const response = await this.#request(method, path, { ...init, signal });
      return response.status === 304 ? { response } : { response, value: await noAnswer(`${method} ${path}`, signal, response.json() as Promise<T>) };
    });
  }

  async #request(method: string, path: string, init: RequestInit & { signal: AbortSignal }): Promise<Response> {
    const token = init.leaving && this.#token ? this.#token : await this.#ask(false, init.signal);
    let response = await this.#once(method, path, token, init);
    if (response.status === 401) response = await this.#once(method, path, await this.#refresh(token, init.signal), init);
    if (response.ok || response.status === 304) return response;
    // A text that breaks off or never comes explains nothing; that it is a refusal, and for how long, is known by then.
    throw errorOf(response, await noAnswer(path, init.signal, response.text()).catch((_: ServiceError) => ''));
  }

  #once(method: string, path: string, token: string, { body, headers, leaving, signal }: RequestInit & { signal: AbortSignal }): Promise<Response> {
    // Called without a receiver: the browser's fetch takes no other.
    const { fetch } = this;
    return noAnswer(`${method} ${path}`, signal, fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...(body ? { 'Content-Type': 'application/json' } : {}), ...headers },
      body: body ? JSON.stringify(body) : null,
      keepalive: leaving ?? false,
      signal,
    }));
  }

  // The caller's signal goes on to count after the work: it ends a body that is being read.
  async #bounded<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const bound = new AbortController();
    const end = () => bound.abort();
    const timer = this.clock.setTimeout(end, RequestTimeout);
    if (signal?.aborted) end();
    signal?.addEventListener('abort', end);
    try {
      return await work(bound.signal);
    } finally {
      this.clock.clearTimeout(timer);
    }
  }

  // Many requests find out at once that the token has expired: one asks for another.
  async #refresh(refused: string, signal: AbortSignal): Promise<string> {
    if (this.#token !== refused) return this.#token;
    this.#refreshing ??= this.#ask(true, signal).finally(() => this.#refreshing = undefined);
    return noAnswer('The token', signal, this.#refreshing);
  }

  // Whoever gives the tokens may be away as the service may be, or never answer.
  async #ask(refresh: boolean, signal: AbortSignal): Promise<string> {
    return this.#token = await noAnswer('The token', signal, (async () => this.source(refresh))());
  }
}

// However it fails that there is no answer (refused, cut off, garbled, late), it is worth another try.
async function noAnswer<T>(what: string, signal: AbortSignal, answer: Promise<T>): Promise<T> {
  try {
    return await Promise.race([answer, new Promise<never>((_, reject) => {
      const end = () => reject(signal.reason);
      if (signal.aborted) end();
      signal.addEventListener('abort', end);
    })]);
  } catch (failed) {
    throw failed instanceof ServiceError ? failed : new ServiceError(`${what}: ${failed instanceof Error ? failed.message : failed}`, 0);
  }
}
