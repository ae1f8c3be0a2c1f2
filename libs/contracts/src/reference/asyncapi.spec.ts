import { eventRows } from '../registry/events.js';
import { requests } from '../registry/requests.js';
import { asyncApiDocument } from './asyncapi.js';

interface Reference {
  readonly $ref: string;
}
interface Channel {
  readonly address: string | null;
  readonly messages: Readonly<Record<string, Reference>>;
  readonly parameters?: Readonly<Record<string, object>>;
}
interface Operation {
  readonly action: string;
  readonly channel: Reference;
  readonly messages: readonly Reference[];
}
interface Document {
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, Operation>>;
}

// As it stands in the file: plain data.
const document: Document = JSON.parse(JSON.stringify(asyncApiDocument('1.2.3')));

it('says every event and every request', () => {
  expect(Object.keys(document.operations)).toHaveLength(eventRows.length + Object.keys(requests).length);
});

it('refers to nothing that is not there', () => {
  const references = referencesIn(document);
  expect(references.length).toBeGreaterThan(100);
  expect(references.filter((pointer) => find(pointer) === undefined)).toEqual([]);
});

it('explains every parameter of an address, and no other', () => {
  for (const { address, parameters = {} } of Object.values(document.channels)) {
    const names = [...(address ?? '').matchAll(/\{([A-Za-z0-9_-]+)\}/g)].map(([, name]) => name);
    expect({ address, parameters: Object.keys(parameters) }).toEqual({ address, parameters: names });
    expect((address ?? '').replaceAll(/\{[A-Za-z0-9_-]+\}/g, '')).not.toMatch(/[{}+*>]/);
  }
});

it('lets an operation carry only messages of its channel, as AsyncAPI asks', () => {
  for (const { action, channel, messages } of Object.values(document.operations)) {
    expect(['send', 'receive']).toContain(action);
    expect(messages.map(({ $ref }) => $ref)).toEqual(
      Object.keys((find(channel.$ref) as Channel).messages).map((name) => `${channel.$ref}/messages/${name}`),
    );
  }
});

it('uses no keyword that only our own validator knows', () => {
  expect(JSON.stringify(document)).not.toMatch(/forgeBounded|"instant"/);
});

function referencesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, item]) => (key === '$ref' ? [String(item)] : referencesIn(item)));
}

function find(pointer: string): unknown {
  const path = pointer.replace(/^#\//, '').split('/');
  return path.reduce<unknown>(
    (place, part) => (place as Readonly<Record<string, unknown>> | undefined)?.[part],
    document,
  );
}
