import fc from 'fast-check';
import { limits } from '../limits.js';
import { events } from '../registry/events.js';
import { decodeEvent, encodeEvent, type HeaderReader, type StoredMessage } from './cloud-event.js';

const trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const traceparent = `00-${trace.traceId}-${trace.spanId}-01`;
const storedAtMs = Date.parse('2026-03-01T08:00:00.123Z');

class Headers implements HeaderReader {
  constructor(private readonly values: Readonly<Record<string, string>>) {}

  get(name: string): string {
    return this.values[name] ?? '';
  }
}

function stored(
  body: unknown,
  more: Partial<StoredMessage> & { readonly fields?: Readonly<Record<string, string>> } = {},
): StoredMessage {
  const { fields, ...rest } = more;
  return {
    stream: 'DEFEND',
    sequence: 42,
    subject: 'defend.auth',
    headers: fields === undefined ? undefined : new Headers(fields),
    payload: body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    storedAtMs,
    ...rest,
  };
}

const telemetry = { source: 'web', severity: 7 };
const binary = {
  'ce-specversion': '1.0',
  'ce-id': 'e-1',
  'ce-type': 'forge.telemetry.v1',
  'ce-source': '/sensors/web',
};
const structured = {
  specversion: '1.0',
  id: 'e-1',
  type: 'forge.telemetry.v1',
  source: '/sensors/web',
  data: telemetry,
};
const refusal = (code: string, reason: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(reason) });

describe('an event that is written', () => {
  it('is read again as it was', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
    const moment = fc.date({ noInvalidDate: true, min: new Date('1970-01-01'), max: new Date('9999-12-31') });
    fc.assert(
      fc.property(name, name, moment, fc.json(), (id, source, date, json) => {
        const data = { source: 'web', attributes: { json } };
        const timeMs = date.getTime();
        const encoded = encodeEvent({ definition: events.telemetry, id, source, timeMs, data, trace });
        const event = decodeEvent(stored(encoded.payload as Uint8Array, { fields: encoded.headers }));
        expect(event).toMatchObject({
          id,
          source,
          timeMs,
          data,
          trace,
          type: 'forge.telemetry.v1',
          params: { signal: 'auth' },
        });
      }),
    );
  });

  it('has headers of printable ASCII, whatever its id is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), (id) => {
        const { headers } = encodeEvent({
          definition: events.telemetry,
          id,
          source: 'x',
          timeMs: 0,
          data: telemetry,
          trace,
        });
        expect(headers['ce-id']).toMatch(/^[\x21\x23-\x7e]+$/);
      }),
    );
  });

  it('is percent-encoded as the CloudEvents binding says', () => {
    const encode = (id: string) =>
      encodeEvent({ definition: events.telemetry, id, source: 'x', timeMs: 0, data: telemetry, trace }).headers[
        'ce-id'
      ];
    expect(encode('Euro € 😀')).toBe('Euro%20%E2%82%AC%20%F0%9F%98%80'); // the example of the HTTP binding, section 3.1.3.2
    expect(encode('a"b%c~!')).toBe('a%22b%25c~!');
    expect(encode('half \ud83d')).toBe('half%20%EF%BF%BD');
  });

  it.each([
    ['data that breaks its contract', { data: { source: '' } }, 'source must have at least 1'],
    ['a number that JSON cannot say', { data: { source: 'web', severity: Number.NaN } }, 'severity'],
    ['no id', { id: '' }, '"id"'],
    ['an id that is no name', { id: 'x'.repeat(256) }, '"id"'],
    ['no source', { source: '' }, '"source"'],
  ])('never leaves with %s', (_what, change, reason) => {
    const event = {
      definition: events.telemetry,
      id: 'e-1',
      source: 'web',
      timeMs: 0,
      data: telemetry,
      trace,
      ...change,
    };
    expect(() => encodeEvent(event)).toThrow(refusal('FORGE_EVENT_INVALID', reason));
  });

  it('never leaves when it is larger than its contract', () => {
    const data = { source: 'web', attributes: { list: Array.from({ length: 200 }, () => 'x'.repeat(400)) } };
    const event = { definition: events.telemetry, id: 'e-1', source: 'web', timeMs: 0, data, trace };
    expect(() => encodeEvent(event)).toThrow(refusal('FORGE_EVENT_TOO_LARGE', String(limits.telemetryBytes)));
  });
});

describe('bare telemetry', () => {
  it('has the same id, time and trace at every delivery', () => {
    const [first, again] = [decodeEvent(stored(telemetry)), decodeEvent(stored(telemetry))];
    expect(first).toMatchObject({ id: 'DEFEND:42', source: 'web', timeMs: storedAtMs, data: telemetry });
    expect(again).toMatchObject({ id: first.id, timeMs: first.timeMs, trace: first.trace });
    expect(first.trace.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('has another trace in another place of the stream, and in a stream made anew', () => {
    const { traceId } = decodeEvent(stored(telemetry)).trace;
    expect(decodeEvent(stored(telemetry, { sequence: 43 })).trace.traceId).not.toBe(traceId);
    expect(decodeEvent(stored(telemetry, { storedAtMs: storedAtMs + 1 })).trace.traceId).not.toBe(traceId);
  });

  it('keeps the trace and the time that its producer gives', () => {
    const event = decodeEvent(stored({ ...telemetry, time: '2026-02-01T00:00:00Z' }, { fields: { traceparent } }));
    expect(event).toMatchObject({ trace, timeMs: Date.parse('2026-02-01T00:00:00Z') });
  });

  it('may have deeper subjects', () => {
    expect(decodeEvent(stored(telemetry, { subject: 'defend.auth.ssh.root' })).params).toEqual({
      signal: 'auth.ssh.root',
    });
  });

  it('is for telemetry only: the own subjects of the mesh need an envelope', () => {
    const message = stored({ what: 'x', reason: '' }, { subject: 'mitigation.log-indexer.self' });
    expect(() => decodeEvent(message)).toThrow(refusal('FORGE_EVENT_INVALID', 'ce-specversion'));
  });
});

describe('structured mode', () => {
  it.each([
    [
      'by its content type',
      stored(structured, { fields: { 'Content-Type': 'application/cloudevents+json; charset=UTF-8' } }),
    ],
    ['by its attributes, without a header', stored(structured)],
  ])('is known %s', (_how, message) => {
    expect(decodeEvent(message)).toMatchObject({
      id: 'e-1',
      source: '/sensors/web',
      data: telemetry,
      timeMs: storedAtMs,
    });
  });

  it('takes time and traceparent from the attributes', () => {
    const event = decodeEvent(stored({ ...structured, time: '2026-02-01T00:00:00Z', traceparent }));
    expect(event).toMatchObject({ trace, timeMs: Date.parse('2026-02-01T00:00:00Z') });
  });

  it('says of an event of a newer version that it is one, and what to do', () => {
    const decode = () => decodeEvent(stored({ ...structured, type: 'forge.telemetry.v2' }));
    expect(decode).toThrow(
      expect.objectContaining({
        code: 'FORGE_DATA_NEWER',
        isRetryable: false,
        message: expect.stringMatching(/forge\.telemetry\.v2,.*forge\.telemetry\.v1\..*Start the newer version/),
      }),
    );
  });

  it.each([
    ['an id that is no text', { id: 7 }, '"id"'],
    ['no source', { source: undefined }, '"source"'],
    ['another specversion', { specversion: '0.3' }, '0.3'],
    ['a type that belongs elsewhere', { type: 'forge.mitigation.applied.v1' }, 'does not belong'],
    ['no data', { data: undefined }, 'object'],
  ])('is refused with %s', (_what, change, reason) => {
    const message = stored(
      { ...structured, ...change },
      { fields: { 'Content-Type': 'application/cloudevents+json' } },
    );
    expect(() => decodeEvent(message)).toThrow(refusal('FORGE_EVENT_INVALID', reason));
  });
});

describe('binary mode', () => {
  it.each(['ce-id', 'ce-type', 'ce-source'])('is refused without %s', (name) => {
    const message = stored(telemetry, { fields: { ...binary, [name]: '' } });
    expect(() => decodeEvent(message)).toThrow(refusal('FORGE_EVENT_INVALID', name));
  });

  it('is refused with an id that is no name', () => {
    const message = stored(telemetry, { fields: { ...binary, 'ce-id': 'x'.repeat(256) } });
    expect(() => decodeEvent(message)).toThrow(refusal('FORGE_EVENT_INVALID', '"id"'));
  });

  it('takes a percent sign that encodes nothing for itself', () => {
    expect(decodeEvent(stored(telemetry, { fields: { ...binary, 'ce-id': '100%' } })).id).toBe('100%');
  });

  it.each(['yesterday', 'severity 5', '2026-99-99T00:00:00Z', ''])(
    'has the time of the stream when its own is %j',
    (time) => {
      expect(decodeEvent(stored(telemetry, { fields: { ...binary, 'ce-time': time } })).timeMs).toBe(storedAtMs);
    },
  );

  it('derives a trace when the traceparent is none', () => {
    const fields = { ...binary, traceparent: `00-${'0'.repeat(32)}-${trace.spanId}-01` };
    const event = decodeEvent(stored(telemetry, { fields }));
    expect(event.trace).toEqual(decodeEvent(stored(telemetry, { fields })).trace);
    expect(event.trace.traceId).not.toBe('0'.repeat(32));
  });
});

describe('a source that does not own its subject', () => {
  const applied = { mitigationId: `m-${'0'.repeat(32)}`, action: 'notify', reason: 'x', actor: 'x' };
  const claim = (source: string, subject: string) =>
    stored(applied, { subject, fields: { ...binary, 'ce-type': 'forge.mitigation.applied.v1', 'ce-source': source } });

  it.each([
    ['another app', '/log-indexer', 'mitigation.supervisor.applied'],
    ['an owner of the event in the name of another', '/sentinelcore', 'mitigation.supervisor.applied'],
    ['an app that may not say it, in its own name', '/log-indexer', 'mitigation.log-indexer.applied'],
    ['no app at all', '/anybody', 'mitigation.anybody.applied'],
    ['something before the name', 'https://x/supervisor', 'mitigation.supervisor.applied'],
    ['a word before the slash', 'x/supervisor', 'mitigation.supervisor.applied'],
    ['something after the name', '/supervisor/x', 'mitigation.supervisor.applied'],
    ['the bare name', 'supervisor', 'mitigation.supervisor.applied'],
    ['a property of every object', '/constructor', 'mitigation.constructor.applied'],
  ])('is refused: %s', (_who, source, subject) => {
    expect(() => decodeEvent(claim(source, subject))).toThrow(refusal('FORGE_EVENT_FORGED', 'does not own'));
  });

  it('is told from one that does', () => {
    expect(decodeEvent(claim('/supervisor', 'mitigation.supervisor.applied')).source).toBe('/supervisor');
    expect(decodeEvent(claim('%2Fsupervisor', 'mitigation.supervisor.applied')).source).toBe('/supervisor');
  });
});

describe('hostile input', () => {
  const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

  it.each([
    ['nothing at all', new Uint8Array()],
    ['what is no UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d)],
    ['what is no JSON', '{"source":"web"'],
    ['a number of its own', '17'],
    ['null', 'null'],
    ['an array', '[{"source":"web"}]'],
    ['lists within lists, 30,000 deep', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    ['objects within objects, 10,000 deep', nested(10_000)],
    ['attributes one level too deep', `{"source":"web","attributes":${nested(limits.objectDepth + 1)}}`],
    ['a field of the prototype', '{"source":"web","__proto__":{"severity":10}}'],
    ['a field of the constructor', '{"source":"web","constructor":{"prototype":{}}}'],
    ['a target with a field of the prototype', '{"source":"web","target":{"__proto__":{"container":"x"}}}'],
    [
      'attributes with too many keys',
      JSON.stringify({ source: 'web', attributes: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [i, 1])) }),
    ],
    ['a severity beyond any number', '{"source":"web","severity":1e999}'],
  ])('is refused: %s', (_what, body) => {
    expect(() => decodeEvent(stored(body))).toThrow(
      expect.objectContaining({ code: 'FORGE_EVENT_INVALID', isRetryable: false }),
    );
  });

  it('takes attributes of exactly the depth of the contract, and a __proto__ in them as a key like any other', () => {
    const deep = decodeEvent(stored(`{"source":"web","attributes":${nested(limits.objectDepth)}}`));
    expect(deep.data).toHaveProperty('attributes.a.a.a.a.a.a.a.a', 1);
    const { data } = decodeEvent(stored('{"source":"web","attributes":{"__proto__":{"isAdmin":true}}}'));
    expect((data as { attributes: { isAdmin?: boolean } }).attributes.isAdmin).toBeUndefined();
  });

  it('is refused when it is too large, before it is read', () => {
    const message = stored(Buffer.alloc(limits.telemetryBytes + 1, 'x'));
    expect(() => decodeEvent(message)).toThrow(refusal('FORGE_EVENT_TOO_LARGE', String(limits.telemetryBytes)));
  });

  it('is refused on a subject that nobody registered, and on one that is too long', () => {
    expect(() => decodeEvent(stored(telemetry, { subject: 'defend' }))).toThrow(
      refusal('FORGE_EVENT_UNKNOWN', '"defend"'),
    );
    const long = `defend.${'x'.repeat(limits.subjectLength)}`;
    expect(() => decodeEvent(stored(telemetry, { subject: long }))).toThrow(refusal('FORGE_EVENT_INVALID', 'subject'));
  });

  it('is answered in a few lines, however much is wrong with it', () => {
    const fields = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`wrong-${index}`, 1]));
    let message = '';
    try {
      decodeEvent(stored(fields));
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toContain('source is required');
    expect(message.length).toBeLessThan(4_000);
  });
});
