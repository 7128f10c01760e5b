/** What can go wrong, told apart by what helps. */

/** The service, or the way to it, did not do what it was asked. */
export class ServiceError extends Error {
  override readonly name: string = 'ServiceError';

  /**
   * @param message What happened.
   * @param status The HTTP status; 0 when there was no answer.
   * @param retryAfter Milliseconds before which it need not be tried again.
   */
  constructor(message: string, readonly status: number, readonly retryAfter = 0) {
    super(message);
  }

  /** Whether the same request may succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /** Whether the viewer has to sign in anew. */
  get signedOut(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

// Who asks for more has not thought of viewers; and what a timer cannot hold it lets go at once.
const LongestRetryAfter = 3_600_000;

/** The error that an answer stands for: the problem's detail, where its text tells one. */
export function errorOf({ status, statusText, headers }: Response, text: string): ServiceError {
  const after = headers.get('Retry-After') ?? '';
  // Seconds, or a date: which is one of the answer's clock, whatever the device's says.
  const wait = Number(after) * 1000 || Date.parse(after) - Date.parse(headers.get('Date') ?? after) || 0;
  return new ServiceError(detailOf(text) ?? `${status} ${statusText}`, status, Math.min(LongestRetryAfter, Math.max(0, wait)));
}

function detailOf(text: string): string | undefined {
  try {
    const problem = JSON.parse(text);
    return problem?.detail ?? problem?.title;
  } catch (notJson) {
    if (notJson instanceof SyntaxError) return undefined; // Something on the way answered in its own words.
    throw notJson;
  }
}
