import { ForgeError } from '@sentinel-forge/contracts';
import type { ContainerEvent, DockerEvent } from '@sentinel-forge/docker';
import { waitFor } from '@sentinel-forge/testing';
import { Inventory } from '../inventory/inventory.js';
import { SilentLog } from '../testing/silent-log.js';
import { SimulatedEngine } from '../testing/simulated-engine.js';
import { type EngineListener, EngineWatch } from './engine-watch.js';

const id = 'c'.repeat(64);

/** A watch over a simulated engine, whose events are told by hand. */
class Story {
  readonly engine = new SimulatedEngine();
  readonly inventory = new Inventory();
  readonly #events: DockerEvent[] = [];
  #next = Promise.withResolvers<void>();
  #isOver = false;
  readonly watch: EngineWatch;
  readonly followed: Promise<void>;

  constructor(listener: EngineListener = {}) {
    this.watch = new EngineWatch(this.engine, this.inventory, [listener], new SilentLog());
    this.followed = this.watch.follow(this.#tellAll());
  }

  tell(event: DockerEvent): void {
    this.#events.push(event);
    this.#next.resolve();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.#next.resolve();
    await this.followed;
  }

  async *#tellAll(): AsyncGenerator<DockerEvent> {
    while (!this.#isOver) {
      await this.#next.promise;
      this.#next = Promise.withResolvers();
      yield* this.#events.splice(0);
    }
  }
}

function happened(action: ContainerEvent['action']): ContainerEvent {
  return { kind: 'container', action, containerId: id, containerName: 'web', attributes: {}, timeMs: 0 };
}

describe('the watch over the engine', () => {
  it('reads everything again when an engine that is still heard was too slow to answer', async () => {
    const heard: string[] = [];
    const story = new Story({ onResync: () => void heard.push('resync') });
    story.engine.add({ id, name: 'web' });
    story.engine.before = async () => {
      throw new ForgeError('FORGE_DOCKER_TIMEOUT', 'no answer within 15000 ms');
    };
    story.tell({ kind: 'resync', reason: 'connected' });
    await waitFor(() => story.watch.away?.includes('no answer'), { description: 'the failure to be known' });
    story.engine.before = async () => undefined;
    await waitFor(() => heard.length === 1, { description: 'another look' });
    expect(story.watch.away).toBeUndefined();
    expect(story.inventory.byName('web')?.id).toBe(id);
    await story.end();
  });

  it('does not take for there what was removed while it was looked at', async () => {
    const heard: string[] = [];
    const story = new Story({ onEvent: ({ action }) => void heard.push(action) });
    const answer = Promise.withResolvers<void>();
    story.engine.add({ id, name: 'web' });
    const inspect = story.engine.inspect.bind(story.engine);
    story.engine.inspect = async (containerId) => {
      const container = await inspect(containerId);
      await answer.promise;
      return container;
    };
    story.tell(happened('create'));
    await waitFor(() => heard.includes('create'), { description: 'the new container to be looked at' });
    story.engine.remove(id);
    story.tell(happened('destroy'));
    await waitFor(() => heard.includes('destroy'), { description: 'its end to be heard' });
    answer.resolve();
    const other = 'o'.repeat(64);
    story.engine.add({ id: other });
    story.tell({ ...happened('create'), containerId: other });
    await waitFor(() => story.inventory.get(other), { description: 'a later one to be known' });
    expect(story.inventory.get(id)).toBeUndefined();
    await story.end();
  });
});
