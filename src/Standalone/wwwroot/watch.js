/** The player of a screen: a plain video with controls, kept by the tracker of the client. */
import { deviceName, filmOf, nameOf, posterOf } from './catalogue.js';
import { el, icon, iconButton, time } from './dom.js';

const types = { mp4: 'video/mp4; codecs="avc1.4d401e"', webm: 'video/webm; codecs="vp9"' };
const NextAfter = 4;
// Who is offline is not asked to wait for a place that nobody can tell.
const Patience = 2_500;

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
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** Shows a film from the viewer's place on. */
  async open(contentId) {
    const film = filmOf(contentId);
    clearInterval(this.counting);
    this.banner.replaceChildren();
    this.after.replaceChildren();
    this.contentId = contentId;
    this.title.textContent = nameOf(contentId);
    this.about.textContent = film.about;
    this.element.hidden = false;
    this.screen.home.inert = true;
    this.video.poster = posterOf(film);
    await this.#load(film);
    if (this.contentId !== contentId) return;
    if (this.tracker) this.tracker.change({ contentId });
    else this.tracker = this.screen.client.track(this.video, { contentId });
    this.draw();
    this.play.focus();
    const { tracker } = this;
    const from = await Promise.race([tracker.ready, new Promise(resolve => setTimeout(resolve, Patience))]);
    if (this.tracker !== tracker || this.contentId !== contentId) return;
    if (this.screen.spec.id === 'phone' && from > 1) this.screen.step('resume');
    await this.#start();
  }

  /** Goes home. */
  close(focus = false) {
    const { contentId } = this;
    clearInterval(this.counting);
    this.tracker?.stop();
    this.hls?.destroy();
    Object.assign(this, { tracker: undefined, hls: undefined, contentId: undefined });
    this.video.removeAttribute('src');
    this.video.load();
    this.element.hidden = true;
    this.screen.home.inert = false;
    if (focus) (this.screen.home.querySelector(`[data-title="${contentId}"] .open`) ?? this.screen.home).focus();
  }

  toggle() {
    if (this.video.paused) void this.#start();
    else this.video.pause();
  }

  /** The viewer has gone on elsewhere with what is open here. */
  offer({ contentId, place }) {
    if (contentId !== this.contentId) return;
    const where = deviceName(place.deviceId);
    const ahead = place.resumeFrom > this.video.currentTime;
    this.banner.replaceChildren(
      el('span', {}, ahead ? `You are ahead on ${where}, at ${time(place.resumeFrom)}.` : `You are at ${time(place.resumeFrom)} on ${where}.`),
      el('span', { className: 'choices' },
        el('button', { type: 'button', className: 'solid small', onclick: () => this.#jump(place.resumeFrom) }, 'Jump there'),
        el('button', { type: 'button', className: 'link', onclick: () => this.#dismiss() }, 'Stay')));
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

  async #start() {
    try {
      await this.video.play();
    } catch (refused) {
      // Taken away by another film in the meantime, or not allowed to start by itself: the button is there.
      if (!(refused instanceof DOMException)) throw refused;
    }
  }

  async #load(film) {
    this.hls?.destroy();
    this.hls = undefined;
    if (film.hls) {
      await import('./vendor/hls.light.min.js');
      const { Hls } = globalThis;
      if (this.contentId !== film.contentId) return;
      // Its worker would come from a blob, which this page's policy does not take.
      this.hls = new Hls({ enableWorker: false });
      this.hls.loadSource(`films/${film.file}/index.m3u8`);
      this.hls.attachMedia(this.video);
      return;
    }

    const format = this.screen.spec.codecs.find(codec => this.video.canPlayType(types[codec]));
    this.video.src = `films/${film.file}.${format}`;
  }

  #jump(seconds) {
    this.tracker?.jump(seconds);
    this.screen.step('jump');
    this.#dismiss();
  }

  #dismiss() {
    this.banner.replaceChildren();
    this.play.focus();
  }

  // The next episode comes by itself, if nobody says otherwise.
  #ended() {
    const { nextContentId } = filmOf(this.contentId);
    if (!nextContentId) {
      this.after.replaceChildren(el('p', {}, `That was ${nameOf(this.contentId)}.`),
        el('button', { type: 'button', className: 'solid small', onclick: () => this.close(true) }, 'Back home'));
      return;
    }

    let left = NextAfter;
    const count = el('span', { 'aria-hidden': 'true' });
    const go = () => this.open(nextContentId);
    const stay = () => {
      clearInterval(this.counting);
      this.after.replaceChildren();
    };
    const tick = () => {
      count.textContent = ` in ${left} s`;
      if (left-- <= 0) void go();
    };
    this.after.replaceChildren(
      el('img', { src: posterOf(filmOf(nextContentId)), alt: '', width: 960, height: 540 }),
      el('p', {}, `Next: ${nameOf(nextContentId)}`, count),
      el('span', { className: 'choices' },
        el('button', { type: 'button', className: 'solid small', onclick: go }, 'Play now'),
        el('button', { type: 'button', className: 'link', onclick: stay }, 'Stay here')));
    tick();
    this.counting = setInterval(tick, 1_000);
  }

  #key(event) {
    if (event.key === 'Escape') this.close(true);
    else if (event.key === ' ' && event.target === this.video) this.toggle();
    else return;
    event.preventDefault();
  }
}
