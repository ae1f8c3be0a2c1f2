import fc from 'fast-check';
import type { InventoryContainer } from './inventory.port.js';
import { MemoryInventory } from './memory-inventory.js';

const ids = ['a'.repeat(64), `${'a'.repeat(12)}${'b'.repeat(52)}`, 'c'.repeat(64)];
const containers: fc.Arbitrary<InventoryContainer> = fc.record(
  {
    host: fc.constantFrom('one', 'two'),
    id: fc.constantFrom(...ids),
    name: fc.constantFrom('web', 'db', 'aaaaaaaaaaaa'),
    service: fc.constantFrom('web', 'api'),
  },
  { requiredKeys: ['host', 'id', 'name'] },
);
const changes = fc.array(
  fc.record({ kind: fc.constantFrom('upsert' as const, 'upsert' as const, 'remove' as const), container: containers }),
  { maxLength: 30 },
);
const names = fc.constantFrom('web', 'db', 'api', 'aaaaaaaaaaaa', 'aaaaaaaaaaa', `${'a'.repeat(12)}b`, 'none', ...ids);

describe('an inventory', () => {
  it('finds after any changes what a search through all containers finds', () => {
    fc.assert(
      fc.property(changes, names, fc.constantFrom(undefined, 'one', 'two', 'three'), (steps, name, host) => {
        const inventory = new MemoryInventory();
        const model = new Map<string, InventoryContainer>();
        for (const { kind, container } of steps) {
          const key = `${container.host}/${container.id}`;
          if (kind === 'upsert') {
            inventory.upsert(container);
            model.set(key, container);
          } else {
            inventory.remove(container.host, container.id);
            model.delete(key);
          }
        }
        const all = [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, container]) => container);
        expect(inventory.find(name, host)).toEqual(search(all, name, host));
        expect(inventory.size).toBe(model.size);
      }),
    );
  });
});

function search(
  all: readonly InventoryContainer[],
  name: string,
  host: string | undefined,
): readonly InventoryContainer[] {
  const here = all.filter((container) => host === undefined || container.host === host);
  const ways = [
    here.filter((container) => container.name === name),
    here.filter((container) => container.id === name),
    here.filter((container) => name.length >= 12 && container.id.startsWith(name)),
    here.filter((container) => container.service === name),
  ];
  return ways.find((found) => found.length > 0) ?? [];
}
