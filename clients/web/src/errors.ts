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

/** The error that an answer stands for: the problem's detail, where it tells one. */
export async function errorOf(response: Response): Promise<ServiceError> {
  const text = await response.text();
  const seconds = Number(response.headers.get('Retry-After'));
  return new ServiceError(detailOf(text) ?? `${response.status} ${response.statusText}`, response.status, seconds > 0 ? seconds * 1000 : 0);
}

function detailOf(text: string): string | undefined {
  try {
    const { detail, title } = JSON.parse(text);
    return detail ?? title;
  } catch (notJson) {
    if (notJson instanceof SyntaxError) return undefined; // Something on the way answered in its own words.
    throw notJson;
  }
}
