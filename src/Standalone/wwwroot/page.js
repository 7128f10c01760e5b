/** The page: two screens of one viewer, side by side, and what goes over the wire. */
import { nameOf, readable, titles } from './catalogue.js';
import { signIn } from './device.js';
import { el } from './dom.js';
import { Requests } from './requests.js';
import { Screen } from './screen.js';

const find = id => document.getElementById(id);
const requests = new Requests(find('requests'));
const users = { ada: 'Ada', ben: 'Ben', kim: 'Kim' };
const asked = new URLSearchParams(location.search).get('user');
const user = asked ?? 'ada';
users[user] ??= user;

/** Ticks off one of the steps at the top. */
const step = name => find('steps').querySelector(`[data-step="${name}"]`)?.classList.add('done');

/** Tells why a title is, or is not, in the row. */
async function why(device, contentId) {
  const { code, sentence } = await device.client.why(contentId);
  find('why-title').textContent = `Why is ${nameOf(contentId)} ${code === 'inProgress' || code === 'nextEpisode' ? '' : 'not '}in the row?`;
  find('why-text').textContent = readable(sentence);
  find('why-code').textContent = code;
  find('why').showModal();
}

// The catalogue's own sign-in: a CMS tells the service what it streams, as often as it likes.
async function tellTitles() {
  const cms = { id: 'cms', name: 'CMS' };
  const logged = async (path, init) => {
    const entry = requests.request(cms, init.method, path, init.body);
    try {
      const answer = await fetch(path, init);
      entry.answered(answer);
      return answer;
    } catch (failed) {
      entry.failed('no answer');
      throw failed;
    }
  };
  const token = await signIn(logged, { userId: 'cms', scope: 'continue-watching.catalog' });
  await logged('/titles', {
    method: 'PUT', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }, body: JSON.stringify({ titles: titles() }),
  });
}

async function open() {
  try {
    await tellTitles();
  } catch (failed) {
    // Without a sign-in there is nothing to show but why.
    if (!(failed instanceof Error)) throw failed;
    find('stage').append(el('p', { role: 'alert' }, `Nobody can sign in here. ${failed.message}. Open the page under the name localhost, on the machine that runs it.`));
    return;
  }

  const common = { users, user, requests, step, why };
  const tv = new Screen({ id: 'tv', name: 'TV', a: 'the TV', codecs: ['mp4', 'webm'] }, common);
  const phone = new Screen({ id: 'phone', name: 'Phone', a: 'the phone', codecs: ['webm', 'mp4'] }, common);
  find('stage').append(tv.element, phone.element);
  document.documentElement.dataset.ready = '';
}

await open();
