import { readdirSync, readFileSync } from 'node:fs';
import { decodeEvent, encodeEvent } from '../envelope/cloud-event.js';
import { type JsonSchema, jsonSchemaOf } from '../validation/json-schema.js';
import { type EventDefinition, eventRows } from './events.js';

interface GoldenMessage {
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, unknown>>;
}

const folder = new URL('../../golden/', import.meta.url);

/** Throws when the file is missing: a row without one is not finished. */
function goldenOf(type: string): readonly GoldenMessage[] {
  return JSON.parse(readFileSync(new URL(`${type}.json`, folder), 'utf8'));
}

const decode = ({ subject, headers, data }: GoldenMessage, definition: EventDefinition) =>
  decodeEvent({
    stream: definition.stream,
    sequence: 1,
    subject,
    headers: { get: (name) => headers[name] ?? '' },
    payload: Buffer.from(JSON.stringify(data)),
    storedAtMs: 0,
  });

describe.each(eventRows.map((row) => [row.type, row] as const))('the golden messages of %s', (type, row) => {
  it('still parse, to what they always said', () => {
    for (const message of goldenOf(type)) {
      const event = decode(message, row);
      expect(event.data).toEqual(message.data);
      const again = encodeEvent({ ...event, trace: event.trace });
      expect(again.headers).toEqual(message.headers);
      expect(Buffer.from(again.payload).toString()).toBe(JSON.stringify(message.data));
    }
  });

  it('show every field that there is', () => {
    expect(fieldsOf(goldenOf(type))).toEqual(expect.arrayContaining(fieldNames(jsonSchemaOf(row.dataClass))));
  });
});

it('has no golden messages of a type that is gone: what was said once is said for ever', () => {
  const types = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.replace(/\.json$/, ''));
  expect(types.sort()).toEqual(eventRows.map(({ type }) => type).sort());
});

/** Every name that a schema declares, at any depth; what is free-form declares none. */
function fieldNames(schema: JsonSchema): readonly string[] {
  const own = Object.entries(schema.properties ?? {});
  return [...own.map(([name]) => name), ...own.flatMap(([, field]) => fieldNames(field.items ?? field))];
}

function fieldsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap(fieldsOf);
  }
  return typeof value === 'object' && value !== null
    ? [...Object.keys(value), ...Object.values(value).flatMap(fieldsOf)]
    : [];
}
