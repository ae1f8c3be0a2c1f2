import { InventoryEntry } from '@sentinel-forge/contracts';
import { waitFor } from '@sentinel-forge/testing';
import { MemoryKeyValueStore } from '../testing/memory-key-value-store.js';
import { SilentLog } from '../testing/silent-log.js';
import { SimulatedEngine } from '../testing/simulated-engine.js';
import { Inventory } from './inventory.js';
import { InventoryWriter } from './inventory.writer.js';

const host = 'testhost';

async function writerOver(store: MemoryKeyValueStore<InventoryEntry>, ids: readonly string[]) {
  const engine = new SimulatedEngine();
  for (const id of ids) {
    engine.add({ id, name: `web-${id}` });
  }
  const inventory = new Inventory();
  const writer = new InventoryWriter(store, inventory, host, new SilentLog());
  return { writer, read: async () => inventory.replaceAll(await engine.list()) };
}

async function keysOf(store: MemoryKeyValueStore<InventoryEntry>): Promise<readonly string[]> {
  return (await store.list()).map(({ key }) => key).sort();
}

describe('the inventory on record', () => {
  it('stays as it was until the engine is heard, and has what there is from then on', async () => {
    const store = new MemoryKeyValueStore(InventoryEntry);
    const before = await writerOver(store, ['a', 'b']);
    await before.writer.start();
    await before.read();
    before.writer.onResync();
    await waitFor(async () => (await keysOf(store)).length === 2, { description: 'both to be on record' });
    await before.writer.stop();

    const deaf = await writerOver(store, ['b', 'c']);
    await deaf.writer.start();
    await deaf.writer.stop();
    expect(await keysOf(store)).toEqual(['testhost.a', 'testhost.b']);

    const after = await writerOver(store, ['b', 'c']);
    await after.writer.start();
    await after.read();
    after.writer.onResync();
    await waitFor(async () => (await keysOf(store)).join() === 'testhost.b,testhost.c', { description: 'the change' });
    await after.writer.stop();
  });
});
