/** One device of the page: its sign-in, its network, and its client of the service. */
import { browserPage, createClient } from './player.js';

/** Asks Standalone for a token. Only a development machine gives one for the asking. */
export async function signIn(fetch, claims) {
  const answer = await fetch('/dev/token', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(claims),
  });
  if (!answer.ok) throw new Error(`No token: ${answer.status}`);
  return (await answer.json()).access_token;
}

/** A device that a viewer is signed in on. */
export class Device {
  #online = true;
  #listeners = new Set();
  #token;

  /**
   * @param id how the service knows it
   * @param name how people know it
   * @param user who is signed in
   * @param log hears of each request
   */
  constructor({ id, name, user }, log) {
    [this.id, this.name, this.user, this.log] = [id, name, user, log];
    this.client = createClient({
      url: '',
      userId: user,
      deviceId: id,
      token: async refresh => refresh || !this.#token ? this.#token = await signIn(this.fetch, { userId: user, deviceId: id }) : this.#token,
      fetch: this.fetch,
      page: { on: (event, listener) => this.#on(event, listener) },
    });
    this.client.on('position', status => log.event(this, 'position', status));
    this.client.on('row', items => log.event(this, 'row', { items }));
  }

  get online() {
    return this.#online;
  }

  /** Takes the device off the network, or puts it back. What it plays is on it. */
  set online(online) {
    this.#online = online;
    if (!online) this.cut?.abort();
    if (online) for (const { event, listener } of this.#listeners) if (event === 'online') listener();
  }

  /** The device's network: the page's, with a switch and a log. */
  fetch = async (path, init = {}) => {
    const entry = this.log.request(this, init.method ?? 'GET', path, init.body);
    try {
      if (!this.#online) throw new TypeError(`${this.name} is offline`);
      this.cut ??= new AbortController();
      if (this.cut.signal.aborted) this.cut = new AbortController();
      const signal = init.signal ? AbortSignal.any([init.signal, this.cut.signal]) : this.cut.signal;
      const answer = await fetch(path, { ...init, signal });
      entry.answered(answer);
      return answer;
    } catch (failed) {
      entry.failed(this.#online ? 'no answer' : 'offline');
      throw failed;
    }
  };

  close() {
    this.client.close();
    this.cut?.abort();
  }

  #on(event, listener) {
    const entry = { event, listener };
    const off = browserPage.on(event, listener);
    this.#listeners.add(entry);
    return () => {
      off();
      this.#listeners.delete(entry);
    };
  }
}
