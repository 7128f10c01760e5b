/** The player of a screen: a plain video with controls, kept by the tracker of the client. */
import { deviceName, filmOf, nameOf, posterOf } from './catalogue.js';
import { el, icon, iconButton, time } from './dom.js';

const types = { mp4: 'video/mp4; codecs="avc1.4d401e"', webm: 'video/webm; codecs="vp9"' };
const NextAfter = 10;
// Who stays is not asked again while the other screen plays on, which it does as long as it tells of itself at least so often.
const PlaysOn = 30_000;
// A decoder that fails again so soon does not come round by itself.
const Recovering = 5_000;
// A browser remembers a module that it could not load: the next try is of another name.
let tries = 0;

/** Shows a film, and the next one. */
export class Watch {
  movedOffline = false;

  constructor(screen) {
    this.screen = screen;
    const { name } = screen.spec;
    this.title = el('p', { className: 'watch-name' });
    this.about = el('p', { className: 'watch-about' });
    // The films are drawn, and have neither sound nor speech.
    this.video = el('video', { playsInline: true, muted: true, preload: 'auto', 'aria-label': `Video on ${screen.spec.a}`, tabIndex: -1 });
    this.play = iconButton('play', 'Play', () => this.toggle(), { className: 'round big' });
    this.seek = el('input', { type: 'range', min: 0, step: 0.1, className: 'seek', 'aria-label': `Place on ${screen.spec.a}`, oninput: () => this.video.currentTime = Number(this.seek.value) });
    this.clock = el('span', { className: 'clock' });
    this.listed = iconButton('add', '', () => screen.toggleListed(this.contentId));
    this.next = iconButton('next', 'Next episode', () => this.open(filmOf(this.contentId).nextContentId));
    this.banner = el('div', { className: 'banner', role: 'status' });
    this.offerText = el('span');
    this.choices = el('span', { className: 'choices' },
      el('button', { type: 'button', className: 'solid small', onclick: () => this.#jump(this.offered.resumeFrom) }, 'Jump there'),
      el('button', { type: 'button', className: 'link', onclick: () => this.#stay() }, 'Stay'));
    this.after = el('div', { className: 'after', role: 'status' });
    this.element = el('div', { className: 'watch', role: 'group', 'aria-label': `Player on ${name}`, hidden: true, onkeydown: event => this.#key(event) },
      this.video,
      el('div', { className: 'top' }, iconButton('back', 'Back', () => this.close(true)), this.title),
      this.about, this.banner, this.after,
      el('div', { className: 'controls' }, this.play, this.seek, this.clock, this.next, this.listed));
    for (const event of ['timeupdate', 'play', 'pause', 'durationchange', 'seeking']) this.video.addEventListener(event, () => this.draw());
    this.video.addEventListener('timeupdate', () => this.movedOffline ||= !screen.device.online && !this.video.paused);
    this.video.addEventListener('playing', () => screen.spec.id === 'tv' && screen.step('play'));
    this.video.addEventListener('ended', () => this.#ended());
    this.video.addEventListener('error', () => this.hls || this.#miss());
    // Who goes somewhere or on has moved: an offer is made anew, and what was to come next does not.
    for (const event of ['seeking', 'play']) this.video.addEventListener(event, () => {
      this.stayed = undefined;
      this.#cancel();
    });
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** Shows a film from the viewer's place on. Takes the focus only if it was the viewer who opened it, or if it is here already. */
  async open(contentId, byViewer = true) {
    const film = filmOf(contentId);
    const focus = byViewer || this.element.contains(document.activeElement);
    this.#cancel();
    this.banner.replaceChildren();
    this.contentId = contentId;
    this.stayed = undefined;
    this.title.textContent = nameOf(contentId);
    this.about.textContent = film.about;
    this.element.hidden = false;
    this.screen.home.inert = true;
    this.video.poster = posterOf(film);
    if (focus) this.play.focus();
    await this.#begin(film);
  }

  /** The network is back: what did not come is asked for again. */
  async retry() {
    if (!this.missing) return;
    this.missing = false;
    if (this.hls?.levels.length) this.hls.startLoad();
    else await this.#begin(filmOf(this.contentId), !this.video.paused);
  }

  /** Goes home. */
  close(focus = false) {
    const { contentId } = this;
    this.#cancel();
    this.tracker?.stop();
    this.hls?.destroy();
    Object.assign(this, { tracker: undefined, hls: undefined, contentId: undefined, missing: false });
    this.video.removeAttribute('src');
    this.video.load();
    this.element.hidden = true;
    this.screen.home.inert = false;
    if (focus) (this.screen.home.querySelector(`[data-title="${contentId}"] .open`) ?? this.screen.home).focus();
  }

  toggle() {
    if (this.video.paused || this.missing) void this.#start();
    else this.video.pause();
  }

  /** The viewer has gone on elsewhere with what is open here. An offer that stands is kept up, in its place. */
  offer({ contentId, place }) {
    if (contentId !== this.contentId) return;
    const now = performance.now();
    if (this.stayed?.deviceId === place.deviceId && now - this.stayed.heard < PlaysOn) {
      this.stayed.heard = now;
      return;
    }

    this.offered = place;
    const where = deviceName(place.deviceId);
    const ahead = place.resumeFrom > this.video.currentTime;
    this.offerText.textContent = ahead ? `You are ahead on ${where}, at ${time(place.resumeFrom)}.` : `You are at ${time(place.resumeFrom)} on ${where}.`;
    if (!this.banner.firstChild) this.banner.append(this.offerText, this.choices);
  }

  draw() {
    if (!this.isOpen) return;
    const { currentTime, duration, paused } = this.video;
    const label = paused ? 'Play' : 'Pause';
    if (this.play.title !== label) {
      this.play.title = label;
      this.play.setAttribute('aria-label', label);
      this.play.replaceChildren(icon(paused ? 'play' : 'pause'));
    }

    const known = Number.isFinite(duration);
    const film = filmOf(this.contentId);
    this.seek.disabled = !known;
    this.seek.max = known ? duration : film?.duration ?? 0;
    this.seek.value = currentTime;
    this.seek.style.setProperty('--seen', `${known ? currentTime / duration * 100 : 0}%`);
    this.seek.setAttribute('aria-valuetext', `${time(currentTime)} of ${time(known ? duration : film?.duration ?? 0)}`);
    this.clock.textContent = `${time(currentTime)} / ${time(known ? duration : film?.duration ?? 0)}`;
    this.next.hidden = !film?.nextContentId;
    const on = this.screen.isListed(this.contentId);
    const list = on ? 'Take it off my list' : 'Put it on my list';
    if (this.listed.title === list) return;
    this.listed.title = list;
    this.listed.setAttribute('aria-label', list);
    this.listed.replaceChildren(icon(on ? 'added' : 'add'));
  }

  async #begin(film, plays = true) {
    const { contentId } = film;
    await this.#load(film);
    if (this.contentId !== contentId) return;
    if (this.tracker) this.tracker.change({ contentId });
    else this.tracker = this.screen.client.track(this.video, { contentId });
    this.draw();
    const { tracker } = this;
    const from = await tracker.ready;
    if (this.tracker !== tracker || this.contentId !== contentId) return;
    if (this.screen.spec.id === 'phone' && from > 1) this.screen.step('resume');
    if (plays) await this.#play();
  }

  async #start() {
    await this.retry();
    await this.#play();
  }

  async #play() {
    try {
      await this.video.play();
    } catch (refused) {
      // Taken away by another film in the meantime, or not allowed to start by itself: the button is there.
      if (!(refused instanceof DOMException)) throw refused;
    }
  }

  async #load(film) {
    this.hls?.destroy();
    Object.assign(this, { hls: undefined, missing: false });
    if (!film.hls) {
      const format = this.screen.spec.codecs.find(codec => this.video.canPlayType(types[codec]));
      this.video.src = `films/${film.file}.${format}`;
      return;
    }

    const source = `films/${film.file}/index.m3u8`;
    const Hls = globalThis.Hls ?? await this.#fetchHls();
    if (this.contentId !== film.contentId) return;
    if (!Hls) this.#miss();
    else if (!Hls.isSupported()) this.video.src = source; // Safari on a phone plays it by itself.
    else {
      // Its worker would come from a blob, which this page's policy does not take.
      const hls = this.hls = new Hls({ enableWorker: false });
      hls.on(Hls.Events.ERROR, (_, { fatal, type }) => fatal && this.#failed(hls, type === Hls.ErrorTypes.MEDIA_ERROR));
      hls.loadSource(source);
      hls.attachMedia(this.video);
    }
  }

  async #fetchHls() {
    try {
      await import(`./vendor/hls.light.min.js${tries ? `?${tries}` : ''}`);
      return globalThis.Hls;
    } catch (failed) {
      // It did not come; whatever else it may be is a fault.
      if (!(failed instanceof TypeError)) throw failed;
      tries++;
      return undefined;
    }
  }

  // By itself hls.js has tried what it can: a decoder may be set up anew, and what did not come may come when the network is back.
  #failed(hls, inMedia) {
    if (hls !== this.hls) return;
    const now = performance.now();
    if (!inMedia || now - hls.recovered < Recovering) return this.#miss();
    hls.recovered = now;
    hls.recoverMediaError();
  }

  #miss() {
    if (!this.contentId || this.missing) return;
    this.missing = true;
    this.screen.say(`${nameOf(this.contentId)} does not come just now. It is tried again when the network is back.`);
  }

  #jump(seconds) {
    this.tracker?.jump(seconds);
    this.screen.step('jump');
    this.#dismiss();
  }

  #stay() {
    this.stayed = { deviceId: this.offered.deviceId, heard: performance.now() };
    this.#dismiss();
  }

  #dismiss() {
    this.banner.replaceChildren();
    this.play.focus();
  }

  // The next episode comes by itself, if nobody says otherwise.
  #ended() {
    this.#cancel();
    const { nextContentId } = filmOf(this.contentId);
    if (!nextContentId) {
      this.after.replaceChildren(el('p', {}, `That was ${nameOf(this.contentId)}.`),
        el('button', { type: 'button', className: 'solid small', onclick: () => this.close(true) }, 'Back home'));
      return;
    }

    let left = NextAfter;
    const count = el('span', { 'aria-hidden': 'true' });
    const stay = () => {
      this.#cancel();
      this.play.focus();
    };
    const tick = () => {
      count.textContent = ` in ${left} s`;
      if (left-- > 0) return;
      clearInterval(this.counting);
      void this.open(nextContentId, false);
    };
    this.after.replaceChildren(
      el('img', { src: posterOf(filmOf(nextContentId)), alt: '', width: 960, height: 540 }),
      el('p', {}, `Next: ${nameOf(nextContentId)}`, count),
      el('span', { className: 'choices' },
        el('button', { type: 'button', className: 'solid small', onclick: () => this.open(nextContentId) }, 'Play now'),
        el('button', { type: 'button', className: 'link', onclick: stay }, 'Stay here')));
    tick();
    this.counting = setInterval(tick, 1_000);
  }

  // What was to come next does not.
  #cancel() {
    clearInterval(this.counting);
    this.after.replaceChildren();
  }

  #key(event) {
    if (event.key === 'Escape') this.close(true);
    else if (event.key === ' ' && event.target === this.video) this.toggle();
    else return;
    event.preventDefault();
  }
}
