/** One screen of the page: what a streaming app shows at home, on a device of its own. */
import { deviceName, filmOf, films, nameOf, posterOf } from './catalogue.js';
import { Device } from './device.js';
import { el, fill, icon, iconButton, time } from './dom.js';
import { Watch } from './watch.js';

const ToastFor = 12_000;

/** A screen, its rows, and its player. */
export class Screen {
  row = [];
  list = [];
  places = new Map();
  #cards = new Map();

  constructor(spec, common) {
    Object.assign(this, { spec, ...common });
    this.#build();
    this.#open(this.user);
  }

  get client() {
    return this.device.client;
  }

  /** Says something for a while, with something to do about it. */
  say(text, action, run) {
    clearTimeout(this.toastTimer);
    const button = action && el('button', { type: 'button', className: 'link', onclick: () => { this.toast.replaceChildren(); run(); } }, action);
    this.toast.replaceChildren(el('div', { className: 'toast' }, el('span', {}, text), button));
    const leave = () => {
      // Who is about to press it is not hurried.
      if (this.toast.matches(':hover, :focus-within')) this.toastTimer = setTimeout(leave, ToastFor / 4);
      else this.toast.replaceChildren();
    };
    this.toastTimer = setTimeout(leave, ToastFor);
    button?.focus();
  }

  /** Does what needs the service, and says so when it cannot be done. */
  async attempt(work) {
    try {
      await work();
      return true;
    } catch (failed) {
      if (failed.name !== 'ServiceError') throw failed;
      this.say(!this.device.online ? 'You are offline. That needs the network.'
        : failed.status ? failed.message : 'The service does not answer just now. Try again in a moment.');
      return false;
    }
  }

  isListed(contentId) {
    return this.list.some(item => item.contentId === contentId);
  }

  async toggleListed(contentId) {
    const yes = !this.isListed(contentId);
    if (await this.attempt(() => this.client.putAside(contentId, yes))) {
      await this.#readList();
      this.say(yes ? `${nameOf(contentId)} is on your list.` : `${nameOf(contentId)} is off your list.`);
    }
  }

  /** The last known place of a title, here or elsewhere. */
  placeOf(contentId) {
    return this.places.get(contentId);
  }

  #build() {
    const { id, name } = this.spec;
    this.live = el('span', { className: 'live', role: 'status' }, 'Signing in');
    this.viewer = el('select', { id: `${id}-viewer`, onchange: () => this.#open(this.viewer.value) },
      ...Object.entries(this.users).map(([value, text]) => el('option', { value, selected: value === this.user }, text)));
    this.offline = el('button', { type: 'button', role: 'switch', 'aria-checked': 'false', className: 'switch', onclick: () => this.#toggleOffline() },
      el('span', { className: 'knob' }), 'Offline');
    const [eyebrow, heroName, about] = ['eyebrow', 'hero-name', 'about'].map(className => el('p', { className }));
    const [picture, label] = [el('img', { alt: '', width: 960, height: 540 }), el('span')];
    const play = el('button', { type: 'button', className: 'solid', onclick: () => this.watch.open(this.heroFilm) }, icon('play'), label);
    this.heroParts = { picture, eyebrow, name: heroName, about, play, label };
    this.hero = el('div', { className: 'hero' }, picture, el('div', { className: 'hero-text' }, eyebrow, heroName, about, play));
    this.lists = Object.fromEntries([['row', 'Continue watching'], ['list', 'My list'], ['all', 'All films']].map(([key, title]) => {
      const cards = el('ul', { className: 'cards', 'data-list': key, onkeydown: event => this.#arrows(event) });
      const section = el('section', { 'aria-label': title }, el('h3', {}, title), cards);
      return [key, { section, cards }];
    }));
    this.home = el('div', { className: 'home', tabIndex: -1 }, this.hero, ...Object.values(this.lists).map(({ section }) => section));
    this.watch = new Watch(this);
    this.toast = el('div', { className: 'toasts', role: 'status' });
    this.element = el('section', { className: `device ${id}`, 'aria-label': name, onpointerenter: () => this.#takeUp(), onfocusin: () => this.#takeUp() },
      el('div', { className: 'bar' },
        el('h2', {}, name),
        el('label', { for: `${id}-viewer`, className: 'sr' }, `Viewer on ${this.spec.a}`), this.viewer, this.live, this.offline),
      el('div', { className: 'case' }, el('div', { className: 'glass' }, this.home, this.watch.element, this.toast)));
  }

  // Another viewer signs in: everything anew.
  #open(user) {
    this.watch.close();
    this.device?.close();
    this.toast.replaceChildren(); // It was said to another.
    Object.assign(this, { user, row: [], list: [], places: new Map() });
    this.device = new Device({ ...this.spec, user }, this.requests);
    this.device.online = this.offline.getAttribute('aria-checked') === 'false';
    const { client } = this.device;
    client.on('row', items => {
      this.row = items;
      void this.#readPlaces();
      this.#draw();
    });
    client.on('position', status => {
      this.places.set(status.contentId, status);
      // The row itself is told when its titles or their order change; how far they are is told here.
      this.row = this.row.map(item => item.contentId === status.contentId
        ? { ...item, ...status, progress: status.duration ? status.resumeFrom / status.duration : item.progress } : item);
      this.#draw();
    });
    client.on('live', live => {
      this.#showLive(live);
      if (live) void this.watch.retry();
    });
    client.on('elsewhere', offer => this.watch.offer(offer));
    this.#showLive(false);
    this.#draw();
    client.continueWatching();
  }

  #showLive(live = this.isLive) {
    this.isLive = live;
    this.live.textContent = !this.device.online ? 'Offline' : live ? 'Live' : 'Connecting';
    this.live.dataset.state = !this.device.online ? 'offline' : live ? 'live' : 'waiting';
  }

  #toggleOffline() {
    const offline = this.device.online;
    this.device.online = !offline;
    this.offline.setAttribute('aria-checked', `${offline}`);
    this.#showLive();
    if (!offline && this.watch.movedOffline) this.step('offline');
    this.watch.movedOffline = false;
  }

  // Whoever takes a device up finds their list as it is now: the stream tells of places alone.
  #takeUp() {
    if (!this.isLive || performance.now() - (this.tookUp ?? 0) < 1_000) return;
    this.tookUp = performance.now();
    void this.#readList();
  }

  async #readPlaces() {
    await this.attempt(async () => {
      const found = await this.client.places(films.map(({ contentId }) => contentId));
      this.places = new Map(found.map(status => [status.contentId, status]));
    });
    await this.#readList();
  }

  async #readList() {
    await this.attempt(async () => this.list = await this.client.watchlist());
    this.#draw();
  }

  #draw() {
    const shown = this.row.map(item => item.contentId);
    this.#drawList('row', shown);
    this.#drawList('list', this.list.map(item => item.contentId));
    this.#drawList('all', films.map(({ contentId }) => contentId));
    this.lists.row.section.hidden = !shown.length;
    this.lists.list.section.hidden = !this.list.length;
    this.#drawHero(this.row[0]);
    this.watch.draw();
  }

  // What is first in the row, else the first film. Changed in place: a button that is being pressed stays.
  #drawHero(item) {
    const film = filmOf(item?.contentId) ?? films[0];
    const { picture, eyebrow, name, about, play, label } = this.heroParts;
    const begun = item && item.resumeFrom >= 1;
    this.heroFilm = film.contentId;
    if (!picture.src.endsWith(posterOf(film))) picture.src = posterOf(film);
    eyebrow.textContent = !item ? 'New' : item.reason === 'nextEpisode' ? 'Next episode' : `Left on ${deviceName(item.deviceId)}`;
    name.textContent = film.name;
    about.textContent = film.about;
    label.textContent = begun ? `Go on at ${time(item.resumeFrom)}` : 'Play';
    play.setAttribute('aria-label', `${label.textContent}: ${nameOf(film.contentId)}`);
  }

  #drawList(key, contentIds) {
    fill(this.lists[key].cards, contentIds.map(contentId => {
      const id = `${key} ${contentId}`;
      if (!this.#cards.has(id)) this.#cards.set(id, this.#makeCard(key, contentId));
      const card = this.#cards.get(id);
      card.update();
      return card.element;
    }));
  }

  #makeCard(key, contentId) {
    const film = filmOf(contentId);
    const name = nameOf(contentId);
    const sub = el('span', { className: 'sub' });
    const fillBar = el('span', { className: 'fill' });
    const bar = el('span', { className: 'progress' }, fillBar);
    const badge = el('span', { className: 'next' }, 'Next episode');
    const picture = el('span', { className: 'picture' }, film ? el('img', { src: posterOf(film), alt: '', width: 960, height: 540, loading: 'lazy' }) : null, badge, bar);
    const open = el('button', { type: 'button', className: 'open', disabled: !film, onclick: () => this.watch.open(contentId) },
      picture, el('span', { className: 'name' }, film?.episode ? `${film.name} · E${film.episode}` : name), sub);
    const listed = iconButton('add', '', () => this.toggleListed(contentId), { className: 'round listed' });
    const element = el('li', { className: 'card', 'data-title': contentId }, open, el('span', { className: 'acts' },
      key === 'row' ? iconButton('hide', `Hide ${name}`, () => this.#hide(contentId)) : listed,
      iconButton('why', `Why? ${name}`, () => this.attempt(() => this.why(this.device, contentId)))));
    const update = () => {
      const item = key === 'row' ? this.row.find(entry => entry.contentId === contentId) : undefined;
      const place = item ?? this.placeOf(contentId);
      const duration = place?.duration ?? film?.duration ?? 0;
      const begun = place && !place.completed && place.resumeFrom >= 1;
      bar.hidden = !begun;
      if (begun) fillBar.style.width = `${Math.min(100, place.resumeFrom / duration * 100)}%`;
      badge.hidden = item?.reason !== 'nextEpisode';
      sub.textContent = begun ? `${time(place.resumeFrom)} of ${time(duration)} · on ${deviceName(place.deviceId)}`
        : place?.completed ? 'Watched' : film?.subtitle ?? (film ? time(duration) : 'Not in this catalogue');
      const on = this.isListed(contentId);
      const label = on ? `Take ${name} off my list` : `Put ${name} on my list`;
      if (listed.title === label) return;
      listed.title = label;
      listed.setAttribute('aria-label', label);
      listed.replaceChildren(icon(on ? 'added' : 'add'));
    };
    return { element, update };
  }

  async #hide(contentId) {
    const { client } = this; // Another viewer may sign in before it is taken back.
    if (!await this.attempt(() => client.hide(contentId)) || this.client !== client) return;
    this.say(`${nameOf(contentId)} is hidden.`, 'Undo', async () => {
      await this.attempt(() => client.restore(contentId));
      this.home.focus();
    });
  }

  // A remote control has arrows: they go along a row.
  #arrows(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const cards = [...event.currentTarget.children];
    const at = cards.findIndex(card => card.contains(event.target));
    if (!step || at < 0) return;
    event.preventDefault();
    cards[at + step]?.querySelector('.open').focus();
  }
}
