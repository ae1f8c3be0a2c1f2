import { appNames, apps, isAppName } from '../apps.js';
import { scopes } from '../scopes.js';
import { jsonSchemaOf } from '../validation/json-schema.js';
import { consumers, consumersOf } from './consumers.js';
import { eventRows } from './events.js';
import { requestSubject, requests } from './requests.js';
import { streamNames, streams } from './streams.js';
import { isUnderFilter } from './subject-pattern.js';

/** A subject as good as any other that a wildcard stands for. */
const example = (wildcard: string): string => wildcard.replaceAll('*', 'x').replace('>', 'x.y');

describe.each(eventRows.map((row) => [row.type, row] as const))('%s', (_type, row) => {
  it('is captured by its stream, and by no other', () => {
    const capturing = streamNames.filter((name) =>
      streams[name].subjects.some((filter) => isUnderFilter(example(row.pattern.wildcard), filter)),
    );
    expect(capturing).toEqual([row.stream]);
  });

  it('fits into its stream with its headers', () => {
    expect(streams[row.stream].maxMsgBytes).toBeGreaterThan(row.maxBytes);
  });

  it('has a schema, a version and owners', () => {
    expect(jsonSchemaOf(row.dataClass).properties).not.toEqual({});
    expect(row.type).toMatch(/^forge\.[a-z.-]+\.v\d+$/);
    expect(row.publishers).not.toEqual([]);
  });
});

it('gives every event a type of its own', () => {
  expect(new Set(eventRows.map(({ type }) => type)).size).toBe(eventRows.length);
});

describe('a consumer', () => {
  it('reads subjects that its stream holds, and the events on them are registered', () => {
    for (const { stream, name, filters } of consumers) {
      for (const filter of filters.map((text) => example(text.replace('{host}', 'h')))) {
        expect({ name, isThere: streams[stream].subjects.some((subject) => isUnderFilter(filter, subject)) }).toEqual({
          name,
          isThere: true,
        });
      }
    }
  });

  it('has a name of its own on its stream', () => {
    const names = consumers.map(({ stream, name }) => `${stream}/${name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('that acts on a Docker host is named for the host and hears of no other', () => {
    const [one] = consumersOf('supervisor', 'host-a');
    expect(one).toMatchObject({ name: 'supervisor-host-a', filters: ['mitigation.*.requested.host-a'] });
    expect(isUnderFilter('mitigation.sentinelcore.requested.host-b', one?.filters[0] ?? '')).toBe(false);
  });
});

it('captures no subject of requests: a stream would answer in the place of the app', () => {
  for (const definition of Object.values(requests)) {
    const app = definition.app === 'every' ? 'supervisor' : definition.app;
    const subject = requestSubject(definition, app, app === 'supervisor' ? 'host-a' : undefined);
    expect(
      streamNames.filter((name) => streams[name].subjects.some((filter) => isUnderFilter(subject, filter))),
    ).toEqual([]);
    expect(Object.keys(scopes)).toContain(definition.scope);
  }
});

it('lists every app exactly once, with a port of its own', () => {
  expect([...appNames].sort()).toEqual(Object.keys(apps).sort());
  expect(new Set(Object.values(apps).map(({ port }) => port)).size).toBe(appNames.length);
  expect(isAppName('constructor')).toBe(false);
});
