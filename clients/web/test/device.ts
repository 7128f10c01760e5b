/** A device with a client, as tests use it. */
import { createClient } from '../src/index.js';
import type { Client, ClientOptions, Events } from '../src/types.js';
import { DeviceClock, MemoryStorage, TestPage, TestVideo, World } from './fakes.js';
import { TestService } from './service.js';

export const Film = '0b5f3a52-6c1d-4d8e-9f27-3f4f0c6f8a11';
export const Other = '7c9a1d0e-52b4-4f0a-8a52-6f3b1f1f0c21';

/** One device, or one tab of it. */
export class Device {
  readonly page = new TestPage();
  readonly video = new TestVideo();
  readonly heard: { [K in keyof Events]: Events[K][] } = { row: [], position: [], elsewhere: [], report: [], live: [], error: [] };
  readonly client: Client;
  online = true;

  constructor(
    readonly service: TestService,
    options: Partial<ClientOptions> = {},
    readonly clock = new DeviceClock(service.world),
    readonly storage = new MemoryStorage(),
  ) {
    this.client = createClient({
      url: '', userId: '123', token: () => 'token', deviceId: 'tv', page: this.page, clock, storage, locks: null,
      fetch: (...request) => this.online ? service.fetch(...request) : Promise.reject(new TypeError('Failed to fetch')),
      ...options,
    });
    for (const name of Object.keys(this.heard) as (keyof Events)[]) this.client.on(name, value => void this.heard[name].push(value as never));
  }

  /** The network goes, or comes back. */
  setOnline(online: boolean): void {
    this.online = online;
    if (online) this.page.tell('online');
  }

  /** The page goes, and its successor comes: the storage and the clock stay. */
  reload(options: Partial<ClientOptions> = {}): Device {
    this.page.tell('leaving');
    this.client.close();
    return new Device(this.service, options, this.clock, this.storage);
  }

  /** Plays for so many seconds, and tells so four times a second, as videos do. */
  async play(seconds: number): Promise<void> {
    if (this.video.paused) this.video.play();
    for (let quarter = 0; quarter < seconds * 4 && !this.video.ended; quarter++) {
      await this.service.world.pass(250);
      this.video.run(0.25);
    }

    await this.service.world.pass(0);
  }
}

/** A world with a service and a device. */
export function aDevice(options: Partial<ClientOptions> = {}): { world: World; service: TestService; device: Device } {
  const world = new World();
  const service = new TestService(world);
  return { world, service, device: new Device(service, options) };
}
