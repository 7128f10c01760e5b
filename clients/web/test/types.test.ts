/** What the compiler promises an app, by the declarations as they are shipped: tested by being compiled, and by not being. */
import { test } from 'node:test';
import { type Client, createClient, type RowItem, ServiceError } from '@continue-watching/player';

/** Never called. */
export function promises(video: HTMLVideoElement): void {
  const client: Client = createClient({ url: '', userId: '123', token: async refresh => refresh ? 'new' : 'old' });
  const tracker = client.track(video, { contentId: 'id', rewind: 5 });
  const off: () => void = client.on('row', items => items.map((item: RowItem) => item.progress?.toFixed(2)));
  client.on('elsewhere', ({ place }) => tracker.jump(place.resumeFrom));
  client.on('error', error => error instanceof ServiceError && error.signedOut);
  off();

  // @ts-expect-error a title is needed
  client.track(video, {});
  // @ts-expect-error only a video can be tracked
  client.track(document.createElement('canvas'), { contentId: 'id' });
  // @ts-expect-error there is no such event
  client.on('rows', () => {});
  // @ts-expect-error places are numbers
  tracker.jump('12');
  // @ts-expect-error a user is needed
  createClient({ url: '', token: () => 'token' });
  // @ts-expect-error what is told is not to be changed
  client.on('row', items => items.pop());
}

test('The types say what an app may do', () => {});
