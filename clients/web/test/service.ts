/** The service as its players see it: the rules of a report in memory, behind a network that the test holds. */
import type { World } from './fakes.js';

interface Register {
  readonly at: number;
  readonly position: number;
  readonly duration: number | undefined;
  readonly deviceId: string;
}

interface Report {
  contentId: string;
  resumeFrom: number;
  duration?: number;
  deviceId: string;
  watchedAt?: string;
}

/** A request as it came. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly token: string | null;
  readonly body: any;
  readonly keepalive: boolean;
  readonly headers: Headers;
  readonly signal: AbortSignal;
}

type Answer = () => Response | Promise<Response>;

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });

const aborted = (signal: AbortSignal | null | undefined): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));

// Nothing was watched before.
const Earliest = Date.UTC(2000, 0, 1);

/** An answer that breaks off within its body. */
export const cutOff = (status: number, headers: Record<string, string> = {}) => (): Response =>
  new Response(new ReadableStream({ start: body => body.error(new TypeError('terminated')) }), { status, headers });

/** The service's rules, as docs and README tell them. */
export class TestService {
  readonly seen: Seen[] = [];
  cadence = 10;
  /** Answers the next requests instead of the rules, one each. */
  readonly instead: Answer[] = [];
  /** The open event streams. */
  readonly streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  readonly #titles = new Map<string, Map<string, Register & { seen: number }>>();

  constructor(readonly world: World) {}

  /** The reports among the requests, one line each: `PUT film 12.5`. */
  get reports(): string[] {
    return this.seen.flatMap(({ method, body }) => (body?.reports ?? (body?.contentId ? [body] : []))
      .map((report: Report) => `${method} ${report.contentId} ${report.resumeFrom}`));
  }

  resumePoint(contentId: string): Register | undefined {
    return [...this.#titles.get(contentId)?.values() ?? []].sort((left, right) => right.at - left.at || right.position - left.position)[0];
  }

  /** The way of one device to it. */
  readonly fetch: typeof fetch = async (input, init = {}) => {
    const url = new URL(String(input), 'http://service');
    init.signal?.throwIfAborted();
    const headers = new Headers(init.headers);
    const body = init.body ? JSON.parse(String(init.body)) : undefined;
    this.seen.push({
      method: init.method!, path: url.pathname + url.search, token: headers.get('Authorization'), body, keepalive: init.keepalive ?? false, headers,
      signal: init.signal!,
    });
    const instead = this.instead.shift();
    if (instead) return Promise.race([instead(), aborted(init.signal)]);
    return this.#answer(init.method!, url, body, init.signal ?? undefined);
  };

  /** Writes to every open stream. */
  send(text: string): void {
    for (const stream of this.streams) stream.enqueue(new TextEncoder().encode(text));
  }

  report(report: Report, moment = this.world.time): object {
    const { contentId, deviceId, resumeFrom: position, duration } = report;
    const title = this.#titles.get(contentId) ?? new Map<string, Register & { seen: number }>();
    this.#titles.set(contentId, title);
    const at = Math.min(moment, this.world.time);
    const own = title.get(deviceId);
    const newer = !own || at > own.seen || at === own.seen && position > own.position;
    let outcome = 'ignored';
    if (position >= 1) {
      outcome = !newer ? 'stale' : own && Math.abs(own.position - position) <= 0.25 ? 'unchanged' : 'applied';
      if (outcome === 'unchanged') own!.seen = at;
      if (outcome === 'applied') {
        title.set(deviceId, { at, seen: at, position, duration, deviceId });
        if (this.resumePoint(contentId)!.deviceId !== deviceId) outcome = 'superseded';
      }
    }

    return { ...this.status(contentId), contentId, outcome };
  }

  status(contentId: string): object | undefined {
    const resume = this.resumePoint(contentId);
    return resume && {
      contentId,
      resumeFrom: resume.position,
      duration: resume.duration,
      completed: resume.duration !== undefined && resume.duration - resume.position <= Math.min(resume.duration * 0.05, 300),
      watchedAt: new Date(resume.at).toISOString(),
      deviceId: resume.deviceId,
    };
  }

  #answer(method: string, url: URL, body: any, signal?: AbortSignal): Response {
    if (url.pathname === '/updateWatchStatus') return json({ ...this.report(body), nextReportInSeconds: this.cadence });
    if (url.pathname.endsWith('/reports')) {
      // The rule: a journal is moved as a whole by the error of its device's clock, if that is 5 s or more.
      const error = this.world.time - Date.parse(body.sentAt);
      const moved = Math.abs(error) < 5_000 ? 0 : error;
      return json({
        results: body.reports.map((report: Report) => {
          const at = Date.parse(report.watchedAt!);
          return Math.min(at, at + error) < Earliest ? { contentId: report.contentId, outcome: 'invalid' } : this.report(report, at + moved);
        }),
        nextReportInSeconds: this.cadence,
      });
    }

    if (url.pathname === '/getWatchStatus') return json(url.searchParams.getAll('contentId').map(id => this.status(id)).filter(Boolean));
    if (url.pathname.endsWith('/events')) {
      return new Response(new ReadableStream<Uint8Array>({
        start: controller => {
          this.streams.push(controller);
          signal?.addEventListener('abort', () => controller.error(signal.reason));
        },
      }));
    }

    return method === 'GET' ? json({ items: [] }) : new Response(null, { status: 204 });
  }
}
