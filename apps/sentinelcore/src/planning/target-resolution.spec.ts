import { MemoryInventory } from './memory-inventory.js';
import { resolveTarget } from './target-resolution.js';

const inventory = new MemoryInventory();
const container = (host: string, digit: string, name: string, service?: string) => {
  inventory.upsert({ host, id: digit.repeat(64), name, ...(service === undefined ? {} : { service }) });
};
container('one', '1', 'shop-web-1', 'web');
container('one', '2', 'shop-api-1', 'api');
container('one', '3', 'shop-api-2', 'api');
container('one', '4', 'db');
container('two', '5', 'db');
container('two', '6', 'web');
container('web-01_example_com', '7', 'edge');

const idOf = (name: string, host?: string): string | undefined => {
  const found = resolveTarget({ container: name, ...(host === undefined ? {} : { host }) }, inventory);
  return found.kind === 'resolved' ? found.container.id[0] : found.kind;
};

describe('the target of telemetry', () => {
  it.each([
    ['an exact name', 'shop-web-1', undefined, '1'],
    ['a full id', '2'.repeat(64), undefined, '2'],
    ['the short form of an id', '3'.repeat(12), undefined, '3'],
    ['a Compose service with one container', 'web', 'one', '1'],
    ['a name before a service of that name', 'web', undefined, '6'],
    ['a name on one of several hosts', 'db', 'two', '5'],
    ['a host named as the host calls itself', 'edge', 'web-01.example.com', '7'],
  ])('is found by %s', (_, name, host, id) => {
    expect(idOf(name, host)).toBe(id);
  });

  it.each([
    ['a service with two containers', 'api', undefined, 'ambiguous'],
    ['a name on two hosts', 'db', undefined, 'ambiguous'],
    ['eleven digits of an id', '1'.repeat(11), undefined, 'unknown'],
    ['part of a name', 'shop', undefined, 'unknown'],
    ['a name on a host that does not have it', 'shop-web-1', 'two', 'unknown'],
    ['a host that nobody knows', 'db', 'three', 'unknown'],
  ])('is not guessed from %s', (_, name, host, kind) => {
    expect(idOf(name, host)).toBe(kind);
  });

  it('that is not certain is answered with the candidates and the mend', () => {
    expect(resolveTarget({ container: 'db' }, inventory)).toEqual({
      kind: 'ambiguous',
      reason:
        '"db" can be any of 2 containers; set target.host or the full id, one of: one/db (444444444444), two/db (555555555555)',
      candidates: ['one/db (444444444444)', 'two/db (555555555555)'],
    });
    expect(resolveTarget({ container: 'api' }, inventory)).toMatchObject({
      reason: expect.stringContaining('set target.container to the full name or id, one of: one/shop-api-1 '),
    });
    expect(resolveTarget({ container: 'db', host: 'three' }, inventory)).toMatchObject({
      reason: expect.stringContaining(
        'no container "db" is known on host "three"; correct target.host, there is: one/db',
      ),
    });
    expect(resolveTarget({ user: 'root' }, inventory)).toMatchObject({ kind: 'unnamed', candidates: [] });
    expect(resolveTarget(undefined, inventory)).toMatchObject({ kind: 'unnamed' });
  });
});
