/** The panel of what goes between the devices and the service. */
import { nameOf, readable } from './catalogue.js';
import { el } from './dom.js';

const MaxEntries = 60;

/** Shows requests and events, the newest first. */
export class Requests {
  constructor(list) {
    this.list = list;
  }

  /** A request that goes out; tell what became of it. */
  request(device, method, path, body) {
    const sent = performance.now();
    const status = el('span', { className: 'status' }, '…');
    const details = el('dl', {});
    const line = this.#add(device, method, brief(path, body), status, details);
    this.#detail(details, 'Request', `${method} ${path}`, body);
    const done = (text, kind) => {
      status.textContent = text;
      status.dataset.kind = kind;
    };
    return {
      answered: async answer => {
        const took = Math.round(performance.now() - sent);
        done(`${answer.status}`, answer.ok || answer.status === 304 ? 'good' : 'bad');
        line.dataset.took = took;
        if (answer.headers.get('Content-Type')?.startsWith('text/event-stream')) {
          done('live', 'good');
          return;
        }

        // The device reads the answer itself: this is a copy. One that breaks off in the middle is the device's to tell.
        const text = path === '/dev/token' ? '(a token)' : await answer.clone().text().catch(() => '');
        this.#detail(details, `${answer.status} after ${took} ms`, text);
        const told = outcome(text);
        if (told) line.querySelector('.what').append(el('em', {}, ` ${told}`));
      },
      failed: reason => done(reason, 'bad'),
    };
  }

  /** An event that came in over a device's stream. */
  event(device, name, value) {
    const what = name === 'row' ? `row: ${value.items.map(item => nameOf(item.contentId)).join(', ') || 'empty'}`
      : `position: ${nameOf(value.contentId)} ${value.resumeFrom.toFixed(1)} s`;
    const details = el('dl', {});
    this.#detail(details, `event: ${name}`, JSON.stringify(value));
    this.#add(device, 'event', what, el('span', { className: 'status' }, 'pushed'), details);
  }

  #add(device, method, what, status, details) {
    const line = el('li', { className: 'entry', 'data-method': method },
      el('details', {},
        el('summary', {},
          el('span', { className: `badge ${device.id}` }, device.name), el('span', { className: 'method' }, method),
          el('span', { className: 'what' }, what), status),
        details));
    this.list.prepend(line);
    while (this.list.children.length > MaxEntries) this.list.lastElementChild.remove();
    return line;
  }

  #detail(details, title, ...texts) {
    const shown = texts.filter(Boolean).map(pretty).join('\n');
    if (shown) details.append(el('dt', {}, title), el('dd', {}, el('pre', { tabIndex: 0, role: 'group', 'aria-label': title }, shown)));
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (notJson) {
    if (notJson instanceof SyntaxError) return undefined; // A path, or an empty answer: shown as it is.
    throw notJson;
  }
}

const pretty = text => {
  const value = parsed(text);
  return value === undefined ? text : JSON.stringify(value, null, 2);
};

function brief(path, body) {
  const sent = body && parsed(body);
  const place = sent?.contentId && sent.resumeFrom !== undefined ? ` ${nameOf(sent.contentId)} at ${sent.resumeFrom.toFixed(1)} s`
    : sent?.reports ? ` ${sent.reports.map(report => `${nameOf(report.contentId)} at ${report.resumeFrom.toFixed(1)} s`).join(', ')}` : '';
  const [route, query] = path.split('?');
  const asked = query ? new URLSearchParams(query).getAll('contentId') : [];
  const about = asked.length > 1 ? ` ${asked.length} titles` : asked.length ? ` ${nameOf(asked[0])}` : '';
  return readable(route) + (place || about);
}

function outcome(text) {
  const value = parsed(text);
  const outcomes = value?.outcome ? [value.outcome] : value?.results?.map(result => result.outcome);
  return outcomes?.length ? `→ ${[...new Set(outcomes)].join(', ')}` : '';
}
