import { Kvm } from '@nats-io/kv';
import type { Class } from '@sentinel-forge/contracts';
import { type RecordChange, RecordStore } from '@sentinel-forge/messaging';
import { waitFor } from '@sentinel-forge/testing';
import { IsInt } from 'class-validator';
import { MeshParts } from '../support/mesh-parts.js';
import { TestMesh } from '../support/test-mesh.js';

class Counter {
  readonly count!: number;
}
IsInt()(Counter.prototype, 'count');

/** A provisioned server with one service's way to its buckets. */
async function openStore() {
  const mesh = await TestMesh.open();
  const parts = new MeshParts(mesh.nats.url);
  const bucket = await new Kvm(mesh.connection).open('healing');
  const store: RecordStore<Counter> = parts.stores.open('healing', Counter as Class<Counter>);
  return {
    mesh,
    log: parts.log,
    stores: parts.stores,
    store,
    /** The bucket as anybody sees it, without our contract. */
    bucket,
    async [Symbol.asyncDispose]() {
      await parts[Symbol.asyncDispose]();
      await mesh[Symbol.asyncDispose]();
    },
  };
}

const conflict = expect.objectContaining({ code: 'FORGE_KV_CONFLICT' });

describe('a record', () => {
  it('is created once, changed by who has read it last, and deleted only as it was read', async () => {
    await using open = await openStore();
    const { store } = open;
    expect(await store.get('host-a.one')).toBeUndefined();
    const first = await store.create('host-a.one', { count: 1 });
    await expect(store.create('host-a.one', { count: 9 })).rejects.toEqual(conflict);
    const second = await store.update('host-a.one', { count: 2 }, first);
    await expect(store.update('host-a.one', { count: 9 }, first)).rejects.toEqual(conflict);
    await expect(store.delete('host-a.one', first)).rejects.toEqual(conflict);
    expect(await store.get('host-a.one')).toEqual({ key: 'host-a.one', value: { count: 2 }, revision: second });
    await store.delete('host-a.one', second);
    expect(await store.get('host-a.one')).toBeUndefined();
    await expect(store.update('host-a.one', { count: 3 }, second)).rejects.toEqual(conflict);
    expect(await store.create('host-a.one', { count: 4 })).toBeGreaterThan(second);
  });

  it('is counted right by many who change it at once, each of whom tries again after a conflict', async () => {
    await using open = await openStore();
    const { store } = open;
    await store.create('host-a.sum', { count: 0 });
    const addOne = async (): Promise<void> => {
      for (;;) {
        const record = await store.get('host-a.sum');
        try {
          await store.update('host-a.sum', { count: (record?.value.count ?? 0) + 1 }, record?.revision ?? 0);
          return;
        } catch (error) {
          expect(error).toEqual(conflict);
        }
      }
    };
    await Promise.all(Array.from({ length: 20 }, addOne));
    expect((await store.get('host-a.sum'))?.value).toEqual({ count: 20 });
  });

  it('is never written when it breaks its contract', async () => {
    await using open = await openStore();
    await expect(open.store.put('host-a.x', { count: 1.5 })).rejects.toMatchObject({ code: 'FORGE_EVENT_INVALID' });
    expect(await open.store.get('host-a.x')).toBeUndefined();
  });

  it.each([
    ['another shape', '{"count":"7"}'],
    ['no JSON', 'oops'],
    ['nothing', ''],
  ])('of which somebody else has made %s is refused when it is read, and left out of lists', async (_what, text) => {
    await using open = await openStore();
    await open.store.put('host-a.good', { count: 1 });
    await open.bucket.put('host-a.bad', text);
    await expect(open.store.get('host-a.bad')).rejects.toMatchObject({ code: 'FORGE_KV_INVALID' });
    expect((await open.store.list()).map(({ key }) => key)).toEqual(['host-a.good']);
    expect(open.log.of('record.invalid')).toMatchObject([{ level: 'error', fields: { key: 'host-a.bad' } }]);
  });
});

describe('a record of a newer version', () => {
  const newer = '{"version":2,"tally":{"count":7}}';
  const refused = expect.objectContaining({
    code: 'FORGE_DATA_NEWER',
    message: expect.stringMatching(
      /^The record healing\/host-a\.new .*is 2, .*understands 1\b.*Start the newer version.*restore the backup/,
    ),
  });

  it('is refused by its key, both versions and the mend, alone and among others, and told until it is gone', async () => {
    await using open = await openStore();
    const { store, stores, bucket } = open;
    await store.put('host-a.one', { count: 1 });
    expect(stores.trouble).toBeUndefined();
    await bucket.put('host-a.new', newer);
    await expect(store.get('host-a.new')).rejects.toEqual(refused);
    await expect(store.list()).rejects.toEqual(refused);
    await expect(store.follow('>', () => undefined, new AbortController().signal)).rejects.toEqual(refused);
    expect(stores.trouble).toContain('healing/host-a.new');
    expect(open.log.of('record.newer')).toHaveLength(1);
    expect((await store.list('host-a.one')).length).toBe(1);

    await bucket.delete('host-a.new');
    expect(await store.get('host-a.new')).toBeUndefined();
    expect(stores.trouble).toBeUndefined();
  });

  it('that comes while the bucket is followed is told to nobody, and not put right', async () => {
    await using open = await openStore();
    const { store, stores, bucket } = open;
    const stopped = new AbortController();
    const heard: string[] = [];
    const revision = await store.create('host-a.new', { count: 1 });
    await store.follow(
      '>',
      ({ key, value }) => heard.push(`${key} ${value?.count}`),
      stopped.signal,
      () => ({ count: 1 }),
    );
    await bucket.update('host-a.new', newer, revision);
    await store.put('host-a.two', { count: 2 });
    await waitFor(() => heard.includes('host-a.two 2'), { description: 'what came after it' });
    expect(heard).toEqual(['host-a.new 1', 'host-a.two 2']);
    expect((await bucket.get('host-a.new'))?.string()).toBe(newer);
    expect(stores.trouble).toContain('healing/host-a.new');
    await expect(store.update('host-a.new', { count: 3 }, revision)).rejects.toEqual(conflict);
    stopped.abort();
  });
});

describe('a list', () => {
  it('is empty for an empty bucket, and for a filter that nothing is under', async () => {
    await using open = await openStore();
    expect(await open.store.list()).toEqual([]);
    await open.store.put('host-a.one', { count: 1 });
    expect(await open.store.list('host-b.>')).toEqual([]);
  });

  it('has every record of several pages once, without the deleted ones', async () => {
    await using open = await openStore();
    const { store } = open;
    const keys = Array.from({ length: 1_203 }, (_, index) => `host-${index % 2 === 0 ? 'a' : 'b'}.c${index}`);
    await Promise.all(keys.map((key, count) => store.put(key, { count })));
    await store.put('host-a.c0', { count: 7 }); // changed, and so at another place of the stream
    await store.delete('host-a.c2');
    const records = await store.list();
    expect(records.map(({ key }) => key).sort()).toEqual(keys.filter((key) => key !== 'host-a.c2').sort());
    expect(records.find(({ key }) => key === 'host-a.c0')?.value).toEqual({ count: 7 });
    expect((await store.list('host-b.*')).length).toBe(601);
  });
});

describe('who follows a bucket', () => {
  it('hears of what is there, then of changes and deletions', async () => {
    await using open = await openStore();
    const { store } = open;
    const stopped = new AbortController();
    const changes: RecordChange<Counter>[] = [];
    await store.put('host-a.one', { count: 1 });
    await store.put('host-b.one', { count: 1 });
    await store.follow('host-a.>', (change) => changes.push(change), stopped.signal);
    expect(changes.map(({ key, value }) => [key, value?.count])).toEqual([['host-a.one', 1]]);
    await store.put('host-a.one', { count: 2 });
    await store.put('host-b.one', { count: 2 });
    // A bucket keeps no state but the last: one that is gone before it was heard of is not told.
    await waitFor(() => changes.length === 2, { description: 'the first change' });
    await store.delete('host-a.one');
    await waitFor(() => changes.length === 3, { description: 'the deletion' });
    await store.put('host-a.two', { count: 3 });
    await waitFor(() => changes.length === 4, { description: 'three changes' });
    expect(changes.slice(1).map(({ key, value }) => [key, value?.count])).toEqual([
      ['host-a.one', 2],
      ['host-a.one', undefined],
      ['host-a.two', 3],
    ]);
    stopped.abort();
  });

  it('goes on after a listener that throws', async () => {
    await using open = await openStore();
    const stopped = new AbortController();
    const heard: string[] = [];
    await open.store.follow(
      '>',
      ({ key }) => {
        heard.push(key);
        throw new Error('a defect of the listener');
      },
      stopped.signal,
    );
    await open.store.put('host-a.one', { count: 1 });
    await open.store.put('host-a.two', { count: 1 });
    await waitFor(() => heard.length === 2, { description: 'both' });
    expect(open.log.of('record.not-handled')).toHaveLength(2);
    stopped.abort();
  });

  it('misses nothing that changed while nats-server was away', async () => {
    await using open = await openStore();
    const { store, mesh } = open;
    const stopped = new AbortController();
    const state = new Map<string, number | undefined>();
    await store.put('host-a.one', { count: 1 });
    await store.follow('>', ({ key, value }) => state.set(key, value?.count), stopped.signal);
    await mesh.nats.kill();
    await mesh.nats.restart();
    await waitFor(() => store.put('host-a.one', { count: 2 }), { description: 'a change', timeoutMs: 20_000 });
    await store.put('host-a.two', { count: 3 });
    await store.delete('host-a.one');
    await waitFor(
      () => state.get('host-a.two') === 3 && state.has('host-a.one') && state.get('host-a.one') === undefined,
      {
        description: 'the changes after the restart',
        timeoutMs: 30_000,
      },
    );
    stopped.abort();
  }, 60_000);

  it('hears no more once it has stopped', async () => {
    await using open = await openStore();
    const stopped = new AbortController();
    const heard: string[] = [];
    await open.store.follow('>', ({ key }) => heard.push(key), stopped.signal);
    stopped.abort();
    await open.store.put('host-a.one', { count: 1 });
    const after = new AbortController();
    const others: string[] = [];
    await open.store.follow('>', ({ key }) => others.push(key), after.signal);
    await open.store.put('host-a.two', { count: 1 });
    await waitFor(() => others.length === 2, { description: 'the one who still follows' });
    expect(heard).toEqual([]);
    after.abort();
  });
});

it('says that the bucket does not answer when there is none', async () => {
  await using open = await openStore();
  await open.mesh.connection.request('$JS.API.STREAM.DELETE.KV_healing');
  await expect(open.store.put('host-a.one', { count: 1 })).rejects.toMatchObject({ code: 'FORGE_NATS_UNAVAILABLE' });
}, 30_000);
