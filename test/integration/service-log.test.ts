import { Inject, Injectable } from '@nestjs/common';
import { decodeEvent, Log, type LogRecord } from '@sentinel-forge/contracts';
import { followStreams, runInTrace } from '@sentinel-forge/messaging';
import { waitFor } from '@sentinel-forge/testing';
import { TestMesh } from '../support/test-mesh.js';

/** What the service under test logs with. */
@Injectable()
class Speaker {
  static log: Log;

  constructor(@Inject(Log) log: Log) {
    Speaker.log = log;
  }
}

interface SentRecord {
  readonly subject: string;
  readonly traceId: string;
  readonly data: LogRecord;
}

async function openService() {
  const mesh = await TestMesh.open();
  await mesh.run('supervisor', { providers: [Speaker] });
  return {
    mesh,
    log: Speaker.log,
    /** Every record on the mesh so far, or those of one name. */
    async sent(evt?: string): Promise<readonly SentRecord[]> {
      const records: SentRecord[] = [];
      const options = { filters: ['log.>'], start: { kind: 'sequence', sequence: 1 }, isLive: false } as const;
      for await (const message of await followStreams(mesh.connection, {
        ...options,
        signal: new AbortController().signal,
      })) {
        const { subject, trace, data } = decodeEvent(message);
        records.push({ subject, traceId: trace.traceId, data: data as LogRecord });
      }
      return records.filter((record) => evt === undefined || record.data.evt === evt);
    },
    [Symbol.asyncDispose]: () => mesh[Symbol.asyncDispose](),
  };
}

const trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

describe('the log records of a service', () => {
  it('arrive on log.<app>.<level>, redacted, within their trace', async () => {
    await using service = await openService();
    runInTrace(trace, () => service.log.warn('engine.gone', { attempt: 3, password: 'canary' }));
    const [record] = await waitFor(
      async () => {
        const records = await service.sent('engine.gone');
        return records.length > 0 && records;
      },
      { description: 'the record' },
    );
    expect(record).toMatchObject({
      subject: 'log.supervisor.warn',
      traceId: trace.traceId,
      data: { svc: 'supervisor', lvl: 'warn', trace: trace.traceId, fields: { attempt: 3, password: '[redacted]' } },
    });
  });

  it('do not arrive when they are local, and stand on stdout all the same', async () => {
    await using service = await openService();
    service.log.info('recorder.wrote', { isLocal: true });
    service.log.info('marker');
    await waitFor(async () => (await service.sent('marker')).length === 1, { description: 'the record after it' });
    expect(await service.sent('recorder.wrote')).toEqual([]);
    expect(service.mesh.logLines.join('')).toContain('recorder.wrote');
  });

  it('arrive whatever is in them: what is too much goes as text, cut, and what is no trace is left out', async () => {
    await using service = await openService();
    service.log.info('deep', { a: { b: { c: { d: { e: { f: { g: { h: { i: 1 } } } } } } } } });
    service.log.info('wide', Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, index])));
    service.log.info(
      'heavy',
      Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, 'x'.repeat(8_000)])),
    );
    service.log.info('stray', { trace: 'no trace', msg: 'y'.repeat(20_000) });
    service.log.info('e'.repeat(400));
    for (const evt of ['deep', 'wide', 'heavy']) {
      const [record] = await waitFor(
        async () => {
          const records = await service.sent(evt);
          return records.length > 0 && records;
        },
        { description: evt },
      );
      expect(record?.data.fields).toEqual({ truncated: expect.stringMatching(/^\{"/) });
    }
    expect((await service.sent('stray'))[0]?.data).not.toHaveProperty('trace');
    await waitFor(async () => (await service.sent('e'.repeat(255))).length === 1, { description: 'the long name' });
  });

  it('hold up no other when one can never be sent: it is dropped, and the count told', async () => {
    await using service = await openService();
    service.log.info(''); // an event without a name
    service.log.info('marker');
    await waitFor(async () => (await service.sent('marker')).length === 1, { description: 'the record after it' });
    const [dropped] = await waitFor(
      async () => {
        const records = await service.sent('log.dropped');
        return records.length > 0 && records;
      },
      { description: 'the count' },
    );
    expect(dropped?.data.fields).toEqual({ count: 1 });
  });

  it('are kept within bounds while nats-server is away, each once: what does not arrive is counted, and stdout has it', async () => {
    await using service = await openService();
    await service.mesh.nats.kill();
    const said = 8_000;
    for (let index = 0; index < said; index += 1) {
      service.log.info('burst', { index });
    }
    await service.mesh.nats.restart();
    const [dropped] = await waitFor(
      async () => {
        const records = await service.sent('log.dropped').catch(() => []);
        return records.length > 0 && records;
      },
      { description: 'the count', timeoutMs: 40_000 },
    );
    // Beside the burst it says a few things of its own: every line of stdout has arrived or is counted.
    const arrived = await waitFor(
      async () => {
        const records = await service.sent();
        return records.length + Number(dropped?.data.fields?.count) === service.mesh.logLines.length && records;
      },
      { description: 'the rest', timeoutMs: 20_000 },
    );
    const indexes = arrived.flatMap(({ data }) => (data.evt === 'burst' ? [data.fields?.index] : []));
    expect(new Set(indexes).size).toBe(indexes.length);
    expect(indexes.length).toBeLessThanOrEqual(5_000 + 256);
    expect(indexes).toContain(said - 1);
    expect(service.mesh.logLines.filter((line) => line.includes('"evt":"burst"'))).toHaveLength(said);
  }, 90_000);
});
