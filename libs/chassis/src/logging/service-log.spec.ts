import { ForgeError } from '@sentinel-forge/contracts';
import { runInTrace } from '@sentinel-forge/messaging';
import { createRedactor } from './redaction.js';
import { ServiceLog, type WrittenRecord } from './service-log.js';

/** A log, what it wrote to stdout, and what it told its listener. */
function openLog(level: 'debug' | 'info' = 'info') {
  const lines: Record<string, unknown>[] = [];
  const records: WrittenRecord[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = new ServiceLog('supervisor', level, createRedactor({ keys: ['pin'] }), destination);
  log.onRecord((record) => records.push(record));
  return { log, lines, records };
}

const trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

describe('a log record', () => {
  it('says which service, how much it matters in a word, what happened, when, and within which trace', () => {
    const { log, lines, records } = openLog();
    runInTrace(trace, () => log.warn('engine.gone', { attempt: 3, msg: 'in words' }));
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(lines).toEqual([
      { svc: 'supervisor', lvl: 'warn', evt: 'engine.gone', trace: trace.traceId, time, attempt: 3, msg: 'in words' },
    ]);
    expect(records).toEqual([
      {
        svc: 'supervisor',
        lvl: 'warn',
        evt: 'engine.gone',
        trace: trace.traceId,
        time,
        msg: 'in words',
        fields: { attempt: 3 },
      },
    ]);
  });

  it('has the trace that it is given before the one that the code runs in', () => {
    const { log, lines } = openLog();
    runInTrace(trace, () => log.info('x', { trace: 'f'.repeat(32) }));
    expect(lines[0]?.trace).toBe('f'.repeat(32));
  });

  it('is one line of JSON, whatever its particulars are', () => {
    const { log, lines } = openLog();
    const cyclic: Record<string, unknown> = { line: 'a\nb', big: 12n };
    cyclic.self = cyclic;
    expect(() => log.info('odd', { cyclic, error: Object.create(null) })).not.toThrow();
    expect(lines).toHaveLength(1);
  });

  it('cannot be made to say another service, level, event or time by a particular of that name', () => {
    const { log, lines } = openLog();
    log.info('real', { svc: 'forged', lvl: 'fatal', evt: 'forged', time: 'never' });
    expect(lines[0]).toMatchObject({
      svc: 'supervisor',
      lvl: 'info',
      evt: 'real',
      svc_: 'forged',
      lvl_: 'fatal',
      evt_: 'forged',
      time_: 'never',
    });
  });

  it('below the level is written nowhere', () => {
    const { log, lines, records } = openLog();
    log.debug('quiet');
    expect([lines, records]).toEqual([[], []]);
    const { log: chatty, lines: heard } = openLog('debug');
    chatty.debug('quiet');
    expect(heard).toHaveLength(1);
  });

  it('that is local goes to stdout only', () => {
    const { log, lines, records } = openLog();
    log.info('recorder.wrote', { isLocal: true });
    expect([lines.length, records.length]).toEqual([1, 0]);
    expect(lines[0]).not.toHaveProperty('isLocal');
  });
});

describe('an error in a log record', () => {
  it('is told with its stack and its causes', () => {
    const { log, lines } = openLog();
    const cause = new ForgeError('FORGE_DOCKER_TIMEOUT', 'too slow', { cause: new Error('the socket') });
    log.error('act.failed', { error: new TypeError('outer', { cause }) });
    expect(lines[0]?.error).toEqual({
      name: 'TypeError',
      message: 'outer',
      stack: expect.stringContaining('service-log.spec'),
      cause: {
        code: 'FORGE_DOCKER_TIMEOUT',
        message: 'too slow',
        isRetryable: true,
        cause: { name: 'Error', message: 'the socket', stack: expect.any(String) },
      },
    });
  });

  it('whose causes go round in a circle is told all the same', () => {
    const { log, lines } = openLog();
    const error = new Error('round');
    error.cause = error;
    log.error('act.failed', { error });
    expect(lines).toHaveLength(1);
  });
});

describe('a secret in a log record', () => {
  it('is hidden on every way out, at any depth, in texts and in errors', () => {
    const { log, lines, records } = openLog();
    const canary = 'canary-7f3c1a52';
    const error = new Error(`login with password=${canary}`, {
      cause: new Error(`https://user:${canary}@example.org`),
    });
    log.info('x', {
      msg: `token=${canary}`,
      password: canary,
      deep: { list: [{ pin: canary, nested: { api_key: canary } }] },
      error,
    });
    expect(lines).toHaveLength(1);
    expect(JSON.stringify([lines, records])).not.toContain(canary);
  });
});
