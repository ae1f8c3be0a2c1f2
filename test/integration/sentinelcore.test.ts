import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { RunningService } from '@sentinel-forge/chassis';
import {
  decodeEvent,
  type ForgeEvent,
  InventoryEntry,
  type MitigationRequested,
  type MitigationTransition,
} from '@sentinel-forge/contracts';
import { followStreams, RecordStores } from '@sentinel-forge/messaging';
import { service } from '@sentinel-forge/sentinelcore';
import { waitFor } from '@sentinel-forge/testing';
import { TestMesh } from '../support/test-mesh.js';
import { testToken } from '../support/tokens.js';

let stores: RecordStores | undefined;

/** Stands in for a supervisor in one thing: it writes the inventory. */
@Injectable()
class InventoryWriter {
  constructor(records: RecordStores) {
    stores = records;
  }
}

async function openMesh(
  containers: readonly Partial<InventoryEntry>[] = [],
  more = {},
): Promise<{ mesh: TestMesh; core: RunningService }> {
  const mesh = await TestMesh.open();
  await mesh.run('supervisor', { providers: [InventoryWriter] });
  for (const container of containers) {
    const entry: InventoryEntry = {
      host: 'test-host',
      id: randomUUID().replaceAll('-', '').repeat(2),
      name: 'victim',
      state: 'running',
      labels: {},
      ...container,
    };
    await stores?.open('inventory', InventoryEntry).put(`${entry.host}.${entry.id}`, entry);
  }
  const core = await mesh.start(service, more);
  await waitFor(() => core.readiness().status === 'up', { description: 'sentinelcore to be ready' });
  return { mesh, core };
}

async function eventsOn(mesh: TestMesh, filter: string): Promise<readonly ForgeEvent[]> {
  const found: ForgeEvent[] = [];
  const options = {
    filters: [filter],
    start: { kind: 'sequence', sequence: 1 },
    signal: new AbortController().signal,
    isLive: false,
  } as const;
  for await (const message of await followStreams(mesh.connection, options)) {
    found.push(decodeEvent(message));
  }
  return found;
}

async function post(
  core: RunningService,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${core.url}/defend`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await testToken()}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

describe('telemetry on defend.>', () => {
  it('of severity 10 with a known target asks its supervisor for quarantine, under the same trace', async () => {
    const { mesh } = await openMesh([{ name: 'victim' }]);
    await using _ = mesh;
    mesh.connection.publish(
      'defend.auth',
      JSON.stringify({ source: 'web', severity: 10, target: { container: 'victim' } }),
    );
    const [request] = await waitFor(
      async () => {
        const found = await eventsOn(mesh, 'mitigation.sentinelcore.requested.test-host');
        return found.length === 1 && found;
      },
      { description: 'a request' },
    );
    const data = request?.data as MitigationRequested;
    expect(data).toMatchObject({
      action: 'quarantine',
      ttlMs: 3_600_000,
      target: { host: 'test-host', name: 'victim' },
    });
    expect(data.score).toBeGreaterThanOrEqual(90);
    expect(data.evidence.contributions.reduce((sum, { points }) => sum + points, 0)).toBe(data.score);
    const [telemetry] = await eventsOn(mesh, 'defend.>');
    expect(request?.trace.traceId).toBe(telemetry?.trace.traceId);
  });

  it('about an unknown or an ambiguous container is rejected, saying so, and nobody is asked to act', async () => {
    const { mesh } = await openMesh([{ name: 'twin' }, { name: 'twin', host: 'other-host' }]);
    await using _ = mesh;
    for (const container of ['nobody', 'twin']) {
      mesh.connection.publish('defend.auth', JSON.stringify({ source: 'web', severity: 10, target: { container } }));
    }
    const rejected = await waitFor(
      async () => {
        const found = await eventsOn(mesh, 'mitigation.sentinelcore.rejected');
        return found.length === 2 && found;
      },
      { description: 'two rejections' },
    );
    const reasons = rejected.map((event) => (event.data as MitigationTransition).reason);
    expect(reasons[0]).toContain('nobody');
    expect(reasons[1]).toContain('other-host');
    expect(await eventsOn(mesh, 'mitigation.sentinelcore.requested.>')).toEqual([]);
  });

  it('never carries a secret from a summary into what it asks for', async () => {
    const { mesh } = await openMesh([{ name: 'victim' }]);
    await using _ = mesh;
    const summary = 'login with password=hunter2-very-secret from outside';
    mesh.connection.publish(
      'defend.auth',
      JSON.stringify({ source: 'web', severity: 10, summary, target: { container: 'victim' } }),
    );
    const [request] = await waitFor(
      async () => {
        const found = await eventsOn(mesh, 'mitigation.>');
        return found.length > 0 && found;
      },
      { description: 'a request' },
    );
    expect(JSON.stringify(request?.data)).not.toContain('hunter2');
  });

  it('asks for what is due although masking the secrets in it makes a text longer', async () => {
    const { mesh } = await openMesh([{ name: 'victim' }]);
    await using _ = mesh;
    const summary = `${'password=x '.repeat(92)}`.trim();
    mesh.connection.publish(
      'defend.auth',
      JSON.stringify({ source: 'web', severity: 10, summary, target: { container: 'victim' } }),
    );
    const [request] = await waitFor(
      async () => {
        const found = await eventsOn(mesh, 'mitigation.sentinelcore.requested.>');
        return found.length > 0 && found;
      },
      { description: 'a request' },
    );
    const data = request?.data as MitigationRequested;
    expect(data.evidence.summary).not.toContain('password=x');
  });
});

describe('POST /defend', () => {
  let mesh: TestMesh;
  let core: RunningService;
  beforeAll(async () => {
    ({ mesh, core } = await openMesh([{ name: 'victim' }], { FORGE_RATE_LIMIT_RPM: '30' }));
  });
  afterAll(() => mesh[Symbol.asyncDispose]());

  it('answers a low score with 200 and observe', async () => {
    const response = await post(core, { source: 'me', severity: 1 });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ verdict: 'observe', plan: { kind: 'nothing' } });
  });

  it('answers a high score with 200 and the plan, and keeps the trace of the caller', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    const response = await post(
      core,
      { source: 'me', severity: 10, signal: 'auth.ssh', target: { container: 'victim' } },
      headers,
    );
    expect(response.status).toBe(200);
    expect(response.headers.get('x-trace-id')).toBe(traceId);
    expect(await response.json()).toMatchObject({
      traceId,
      verdict: 'quarantine',
      plan: { kind: 'request', host: 'test-host', disposition: { kind: 'new' }, data: { action: 'quarantine' } },
    });
    const [stored] = await eventsOn(mesh, 'defend.auth.ssh');
    expect(stored?.trace.traceId).toBe(traceId);
  });

  it('answers 401 without a token and 403 without the scope', async () => {
    const anonymous = await fetch(`${core.url}/defend`, { method: 'POST', body: '{}' });
    expect(anonymous.status).toBe(401);
    const headers = { authorization: `Bearer ${await testToken(['notify:read'])}` };
    const response = await post(core, { source: 'me' }, headers);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'FORGE_AUTH_SCOPE' });
  });

  it.each([
    ['{"source":', 'FORGE_HTTP_BODY_INVALID', ''],
    ['[]', 'FORGE_HTTP_BODY_INVALID', ''],
    [JSON.stringify({ source: 'x', severity: '10' }), 'FORGE_EVENT_INVALID', 'severity must be of type number'],
    [JSON.stringify({ source: 'x', sevrity: 1 }), 'FORGE_EVENT_INVALID', 'sevrity is not a known field'],
    [JSON.stringify({ source: 'x', target: { container: '' } }), 'FORGE_EVENT_INVALID', 'target.container must have'],
    [JSON.stringify({ source: 'x', signal: 'a.*' }), 'FORGE_EVENT_INVALID', 'signal must match'],
  ])('answers %s with 400 that names what is wrong', async (body, code, detail) => {
    const response = await post(core, body);
    expect(response.status).toBe(400);
    const problem = (await response.json()) as { code: string; detail: string };
    expect(problem.code).toBe(code);
    expect(problem.detail).toContain(detail);
  });

  it('answers 429 past the rate limit, and says when to come back', async () => {
    const response = await waitFor(
      async () => {
        const answer = await post(core, { source: 'me' });
        return answer.status === 429 && answer;
      },
      { description: 'the limit' },
    );
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ code: 'FORGE_HTTP_RATE_LIMITED' });
    expect((await fetch(`${core.url}/health`)).status).toBe(200);
  });
});

describe('the rules', () => {
  it('are read again when their files change, and a bad set is refused while the one before stays', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'forge-rules-'));
    const rules = join(directory, 'rules.yaml');
    const rule = (score: number): string =>
      `rules:\n  - id: my-rule\n    description: mine\n    when: { field: source, equals: me }\n    score: ${score}\n`;
    await writeFile(rules, rule(50));
    const { mesh, core } = await openMesh([], { SENTINELCORE_RULES: directory });
    await using _ = mesh;
    const scoreNow = async (): Promise<number> =>
      ((await (await post(core, { source: 'me' })).json()) as { score: number }).score;
    expect(await scoreNow()).toBe(50);
    await writeFile(rules, rule(20));
    await waitFor(async () => (await scoreNow()) === 20, { description: 'the new rule' });
    await writeFile(rules, 'rules:\n  - id: my-rule\n    score: many\n');
    await waitFor(() => core.readiness().status === 'degraded', { description: 'the refusal in readiness' });
    expect(await scoreNow()).toBe(20);
    await writeFile(rules, rule(30));
    await waitFor(async () => (await scoreNow()) === 30, { description: 'the mended rule' });
    await waitFor(() => core.readiness().status === 'up', { description: 'readiness' });
    await rm(directory, { recursive: true });
  });
});
