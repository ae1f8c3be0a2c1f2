import { IsText } from '@sentinel-forge/contracts';
import type { KeyValueStore, RecordChange } from '../records/key-value-store.port.js';

/** What the suite keeps. */
export class SuiteRecord {
  @IsText()
  readonly text!: string;
}

/**
 * What every {@link KeyValueStore} promises; run it against each implementation.
 *
 * @param makeStore an empty store, for one test
 */
export function describeKeyValueStore(name: string, makeStore: () => Promise<KeyValueStore<SuiteRecord>>): void {
  describe(`${name} as a key-value store`, () => {
    it('has nothing under a key that was never written', async () => {
      const store = await makeStore();
      expect(await store.get('host.nothing')).toBeUndefined();
      expect(await store.list()).toEqual([]);
    });

    it('gives back what was written, with the revision to change it by', async () => {
      const store = await makeStore();
      const revision = await store.create('host.a', { text: 'first' });
      expect(await store.get('host.a')).toEqual({ key: 'host.a', value: { text: 'first' }, revision });
      const later = await store.update('host.a', { text: 'second' }, revision);
      expect(later).toBeGreaterThan(revision);
      expect(await store.get('host.a')).toEqual({ key: 'host.a', value: { text: 'second' }, revision: later });
    });

    it('refuses to create what is there already', async () => {
      const store = await makeStore();
      await store.create('host.a', { text: 'mine' });
      await expect(store.create('host.a', { text: 'yours' })).rejects.toMatchObject({ code: 'FORGE_KV_CONFLICT' });
      expect((await store.get('host.a'))?.value).toEqual({ text: 'mine' });
    });

    it('refuses a change that names an old revision, and writes nothing', async () => {
      const store = await makeStore();
      const revision = await store.create('host.a', { text: 'one' });
      await store.update('host.a', { text: 'two' }, revision);
      await expect(store.update('host.a', { text: 'lost' }, revision)).rejects.toMatchObject({
        code: 'FORGE_KV_CONFLICT',
      });
      expect((await store.get('host.a'))?.value).toEqual({ text: 'two' });
    });

    it('lets exactly one of many win who create, or change, at the same time', async () => {
      const store = await makeStore();
      const racers = Array.from({ length: 20 }, (_, index) => ({ text: `racer ${index}` }));
      const created = await Promise.allSettled(racers.map((value) => store.create('host.race', value)));
      expect(created.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const start = await store.get('host.race');
      const changed = await Promise.allSettled(
        racers.map((value) => store.update('host.race', value, start?.revision ?? -1)),
      );
      expect(changed.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('forgets what was deleted, lets it be created again, and takes a second delete', async () => {
      const store = await makeStore();
      await store.create('host.a', { text: 'old' });
      await store.delete('host.a');
      await store.delete('host.a');
      expect(await store.get('host.a')).toBeUndefined();
      expect(await store.list()).toEqual([]);
      await store.create('host.a', { text: 'new' });
      expect((await store.get('host.a'))?.value).toEqual({ text: 'new' });
    });

    it('does not delete what has changed since the revision that was named', async () => {
      const store = await makeStore();
      const revision = await store.create('host.a', { text: 'one' });
      await store.update('host.a', { text: 'two' }, revision);
      await expect(store.delete('host.a', revision)).rejects.toMatchObject({ code: 'FORGE_KV_CONFLICT' });
      expect((await store.get('host.a'))?.value).toEqual({ text: 'two' });
    });

    it('lists what matches a filter and nothing else', async () => {
      const store = await makeStore();
      await store.create('one.a', { text: '1a' });
      await store.create('one.b', { text: '1b' });
      await store.create('two.a', { text: '2a' });
      const texts = async (filter?: string) => (await store.list(filter)).map(({ value }) => value.text).sort();
      expect(await texts()).toEqual(['1a', '1b', '2a']);
      expect(await texts('one.*')).toEqual(['1a', '1b']);
      expect(await texts('three.>')).toEqual([]);
    });

    it('tells a follower what there is, then every change in order, until it is stopped', async () => {
      const store = await makeStore();
      const first = await store.create('host.a', { text: 'there before' });
      const changes: RecordChange<SuiteRecord>[] = [];
      const ended = new AbortController();
      await store.follow('host.*', (change) => void changes.push(change), ended.signal);
      expect(changes.map(({ value }) => value?.text)).toEqual(['there before']);
      const second = await store.update('host.a', { text: 'changed' }, first);
      await until(() => changes.length === 2);
      await store.delete('host.a');
      await until(() => changes.length === 3);
      expect(changes.map(({ value }) => value?.text)).toEqual(['there before', 'changed', undefined]);
      expect(changes[1]?.revision).toBe(second);
      ended.abort();
      await store.create('host.b', { text: 'unseen' });
      await store.get('host.b');
      expect(changes).toHaveLength(3);
    });
  });
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!isSo()) {
    if (performance.now() > deadline) {
      throw new Error('it did not come true within 5 s');
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
