import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { events, type MitigationTransition } from '@sentinel-forge/contracts';
import { followStreams } from '@sentinel-forge/messaging';
import { NatsTestServer, waitFor } from '@sentinel-forge/testing';
import { MeshParts } from '../support/mesh-parts.js';
import { TestMesh } from '../support/test-mesh.js';

const applied: MitigationTransition = {
  mitigationId: `m-${'0'.repeat(32)}`,
  action: 'notify',
  reason: '',
  actor: 'test',
};

/** What a child process says on its stdout: its log records and its own lines. */
class Child implements AsyncDisposable {
  readonly said: Record<string, unknown>[] = [];
  readonly #process: ChildProcess;
  errors = '';

  constructor(environment: Readonly<Record<string, string>>) {
    const fixture = fileURLToPath(new URL('fixtures/slow-service.js', import.meta.url));
    const { PATH = '' } = process.env;
    const env = { PATH, NOTIFICATION_DISPATCHER_PORT: '0', ...environment };
    const child = spawn(process.execPath, [fixture], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface({ input: child.stdout }).on('line', (line) => this.said.push(JSON.parse(line)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    this.#process = child;
  }

  /** The records of one name. */
  records(evt: string): readonly Record<string, unknown>[] {
    return this.said.filter((record) => record.evt === evt);
  }

  all(key: 'begun' | 'ended'): readonly unknown[] {
    return this.said.flatMap((line) => (line[key] === undefined ? [] : [line[key]]));
  }

  /** Resolves to the exit code, or to the signal that it died of. */
  async end(...signals: readonly NodeJS.Signals[]): Promise<unknown> {
    const exited = once(this.#process, 'exit');
    for (const signal of signals) {
      this.#process.kill(signal);
    }
    const [code, signal] = await exited;
    return code ?? signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      await this.end('SIGKILL');
    }
  }
}

async function started(child: Child): Promise<string> {
  const [record] = await waitFor(
    () => child.records('service.started').length > 0 && child.records('service.started'),
    { description: 'the service' },
  );
  return String(record?.url);
}

describe('SIGTERM', () => {
  it('under load lets every handler end what it has begun, handles nothing twice, loses nothing, and exits with 0', async () => {
    await using mesh = await TestMesh.open();
    await using parts = new MeshParts(mesh.nats.url);
    const published = Promise.all(
      Array.from({ length: 2_000 }, (_, index) =>
        parts.publisher.publish(events.mitigationApplied, { app: 'supervisor' }, applied, { id: `e-${index}` }),
      ),
    );
    await using first = new Child(mesh.environment());
    await waitFor(() => first.all('ended').length > 200, { description: 'work', intervalMs: 5 });
    expect(await first.end('SIGTERM')).toBe(0);
    expect(first.all('begun')).toEqual(expect.arrayContaining([...first.all('ended')]));
    expect(first.all('ended').length).toBe(first.all('begun').length);
    await published;
    expect(first.all('ended').length).toBeLessThan(2_000);

    await using second = new Child(mesh.environment());
    await waitFor(() => first.all('ended').length + second.all('ended').length >= 2_000, {
      description: 'the rest',
      timeoutMs: 30_000,
    });
    const handled = [...first.all('ended'), ...second.all('ended')];
    expect(new Set(handled).size).toBe(2_000);
    expect(handled.length).toBe(2_000);
    expect(await second.end('SIGTERM')).toBe(0);
    expect([first.errors, second.errors]).toEqual(['', '']);
  }, 60_000);

  it('answers the HTTP request that is under way', async () => {
    await using mesh = await TestMesh.open();
    await using child = new Child(mesh.environment());
    const url = await started(child);
    const asking = fetch(`${url}/slow`);
    await waitFor(() => child.all('begun').includes('http'), { description: 'the handler' });
    const exit = child.end('SIGTERM');
    expect(await (await asking).json()).toEqual({ isDone: true });
    expect(await exit).toBe(0);
  }, 20_000);

  it('is told to the mesh: health says down, and the last log record arrives', async () => {
    await using mesh = await TestMesh.open();
    await using child = new Child(mesh.environment());
    await waitFor(() => child.records('service.state').length > 0, { description: 'that it is up' });
    expect(await child.end('SIGTERM')).toBe(0);
    const subjects: string[] = [];
    const options = {
      filters: ['health.service.>', 'log.>'],
      start: { kind: 'sequence', sequence: 1 },
      isLive: false,
    } as const;
    for await (const message of await followStreams(mesh.connection, {
      ...options,
      signal: new AbortController().signal,
    })) {
      subjects.push(
        message.subject.startsWith('log.')
          ? String(JSON.parse(Buffer.from(message.payload).toString()).evt)
          : message.subject,
      );
    }
    expect(subjects.filter((subject) => subject.startsWith('health.'))).toEqual([
      'health.service.notification-dispatcher.up',
      'health.service.notification-dispatcher.down',
    ]);
    expect(subjects).toContain('service.stopped');
  }, 20_000);

  it('ends a service whose nats-server is away, and one that never had any', async () => {
    await using mesh = await TestMesh.open();
    await using child = new Child(mesh.environment());
    await waitFor(() => child.records('service.state').length > 0, { description: 'that it is up' });
    await mesh.nats.kill();
    expect(await child.end('SIGTERM')).toBe(0);

    const nats = await NatsTestServer.start();
    await nats[Symbol.asyncDispose]();
    await using orphan = new Child(mesh.environment({ NATS_URL: nats.url }));
    await started(orphan);
    expect(await orphan.end('SIGTERM')).toBe(0);
  }, 40_000);

  it('ends a service that something holds for ever when its budget is over, says so, and exits 1', async () => {
    await using mesh = await TestMesh.open();
    await using child = new Child(mesh.environment({ TEST_STOP_BUDGET_MS: '500' }));
    await started(child);
    expect(await child.end('SIGTERM')).toBe(1);
    expect(child.errors).toContain('not stopped within 0.5 s');
  }, 20_000);

  it('of a service that is only just starting exits with 0 too', async () => {
    await using mesh = await TestMesh.open();
    await using child = new Child(mesh.environment());
    await started(child);
    expect(await child.end('SIGTERM')).toBe(0);
  }, 20_000);

  it('twice, or followed by SIGINT, is one ending', async () => {
    await using mesh = await TestMesh.open();
    await using child = new Child(mesh.environment());
    await waitFor(() => child.records('service.state').length > 0, { description: 'that it is up' });
    expect(await child.end('SIGTERM', 'SIGTERM', 'SIGINT')).toBe(0);
    expect(child.records('service.stopped')).toHaveLength(1);
  }, 20_000);
});

describe('a start that cannot succeed', () => {
  it('lists what is wrong with the settings, without a stack, and exits with 2', async () => {
    await using child = new Child({ FORGE_JWT_SECRET: 'short', FORGE_RATE_LIMIT_RPM: 'x' });
    expect(await child.end()).toBe(2);
    expect(child.errors).toContain('FORGE_JWT_SECRET must be at least 32 characters');
    expect(child.errors).toContain('FORGE_RATE_LIMIT_RPM must be a whole number');
    expect(child.errors).not.toContain('    at ');
  });

  it('says that nobody could get in without a key of tokens', async () => {
    await using child = new Child({});
    expect(await child.end()).toBe(2);
    expect(child.errors).toContain('FORGE_JWT_SECRET or FORGE_JWKS_URL is required');
  });

  it('says which setting moves it from a port that is taken, and leaves nothing running', async () => {
    await using mesh = await TestMesh.open();
    const { url } = await mesh.run('sentinelcore', {});
    await using child = new Child(mesh.environment({ NOTIFICATION_DISPATCHER_PORT: new URL(url).port }));
    expect(await child.end()).toBe(2);
    expect(child.errors).toContain('NOTIFICATION_DISPATCHER_PORT');
  }, 20_000);
});
