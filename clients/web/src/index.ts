/** Keeps a viewer's place in a video: the player's side of Continue Watching. */
export { createClient } from './client.js';
export { browserClock, browserPage } from './clock.js';
export { ServiceError } from './errors.js';
export type * from './types.js';
