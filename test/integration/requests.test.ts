import { headers } from '@nats-io/transport-node';
import { Controller } from '@nestjs/common';
import { issueToken } from '@sentinel-forge/chassis';
import { appNames, type ChooseMitigation, type ListMitigations, requests } from '@sentinel-forge/contracts';
import { currentTrace, OnRequest, type RequestContext, requestApp } from '@sentinel-forge/messaging';
import { waitFor } from '@sentinel-forge/testing';
import { TestMesh } from '../support/test-mesh.js';
import { testToken } from '../support/tokens.js';

const id = 'm-00000000';

@Controller()
class Mitigations {
  /** Lets the lists be answered that are being worked on. */
  static readonly releases: (() => void)[] = [];

  @OnRequest(requests.showMitigation)
  async show({ id }: ChooseMitigation, { actor }: RequestContext): Promise<object> {
    return { id, actor, traceId: currentTrace()?.traceId };
  }

  @OnRequest(requests.approveMitigation)
  async approve(): Promise<object> {
    throw new TypeError('a defect with a secret in it');
  }

  @OnRequest(requests.rearmContainer)
  async rearm(): Promise<object> {
    return { text: 'x'.repeat(1_200_000) };
  }

  @OnRequest(requests.listMitigations)
  async list(_body: ListMitigations): Promise<object> {
    const { promise, resolve } = Promise.withResolvers<void>();
    Mitigations.releases.push(resolve);
    await promise;
    return { mitigations: [] };
  }
}

async function openMesh() {
  const mesh = await TestMesh.open();
  const service = await mesh.run('supervisor', { controllers: [Mitigations] });
  await waitFor(async () => (await pings(mesh)).includes('supervisor'), { description: 'the service' });
  return { mesh, service, [Symbol.asyncDispose]: () => mesh[Symbol.asyncDispose]() };
}

function releaseAll(): void {
  for (const release of Mitigations.releases.splice(0)) {
    release();
  }
}

async function replies(mesh: TestMesh, subject: string): Promise<readonly Record<string, unknown>[]> {
  const answers: Record<string, unknown>[] = [];
  for await (const message of await mesh.connection.requestMany(subject, undefined, { maxWait: 300 })) {
    answers.push(message.json());
  }
  return answers;
}

const pings = async (mesh: TestMesh) => (await replies(mesh, '$SRV.PING')).map(({ name }) => name);
const show = (mesh: TestMesh, token: string, more = {}) =>
  requestApp(mesh.connection, requests.showMitigation, 'supervisor', { id }, { token, instance: 'test-host', ...more });

describe('discovery', () => {
  it('finds every service with its version, its host and its requests', async () => {
    await using mesh = await TestMesh.open();
    for (const app of appNames) {
      await mesh.run(app, app === 'supervisor' ? { controllers: [Mitigations] } : {});
    }
    await waitFor(async () => (await pings(mesh)).length === appNames.length, { description: 'all services' });
    expect((await pings(mesh)).sort()).toEqual([...appNames].sort());
    const [info] = await replies(mesh, '$SRV.INFO.supervisor');
    expect(info).toMatchObject({ version: '0.0.0-test', metadata: { host: 'test-host' } });
    const subjects = ((info?.endpoints ?? []) as readonly { readonly subject: string }[]).map(({ subject }) => subject);
    expect(subjects).toContain('forge.rpc.supervisor.mitigation-show.test-host');
    expect((await replies(mesh, '$SRV.STATS.supervisor')).length).toBe(1);
  }, 20_000);
});

describe('a request', () => {
  it('is answered to whoever the token names, within the trace of the one who asks', async () => {
    await using open = await openMesh();
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const answer = await show(open.mesh, await testToken(), { traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
    expect(answer).toEqual({ id, actor: 'tester', traceId });
  });

  it('is refused without a token, with a false one, and with one that lacks the scope', async () => {
    await using open = await openMesh();
    const forged = await issueToken({
      secret: 'another-secret-of-at-least-32-characters',
      issuer: 'sentinel-forge',
      audience: 'sentinel-forge',
      subject: 'mallory',
      scopes: ['mitigation:read'],
      ttlSeconds: 60,
    });
    await expect(show(open.mesh, '')).rejects.toMatchObject({ code: 'FORGE_AUTH_REQUIRED' });
    const unseen = await open.mesh.connection.request('forge.rpc.supervisor.mitigation-show.test-host', '{"id":"x"}');
    expect(unseen.json()).toMatchObject({ code: 'FORGE_AUTH_REQUIRED' });
    await expect(show(open.mesh, forged)).rejects.toMatchObject({ code: 'FORGE_AUTH_REQUIRED' });
    await expect(show(open.mesh, await testToken(['rules:read']))).rejects.toMatchObject({
      code: 'FORGE_AUTH_SCOPE',
      message: expect.stringContaining('mitigation:read'),
    });
  });

  it.each([
    ['that is not JSON', '{"id":', 'FORGE_HTTP_BODY_INVALID'],
    ['with a wrong field', '{"id":"x"}', 'FORGE_EVENT_INVALID'],
    ['with a field that it does not know', `{"id":"${id}","force":true}`, 'FORGE_EVENT_INVALID'],
    ['that is no object', '[]', 'FORGE_EVENT_INVALID'],
    ['that is missing', '', 'FORGE_EVENT_INVALID'],
  ])('is refused with a body %s', async (_what, body, code) => {
    await using open = await openMesh();
    const requestHeaders = headers();
    requestHeaders.set('authorization', `Bearer ${await testToken()}`);
    const subject = 'forge.rpc.supervisor.mitigation-show.test-host';
    const reply = await open.mesh.connection.request(subject, body, { timeout: 5_000, headers: requestHeaders });
    expect(reply.headers?.get('Nats-Service-Error-Code')).toBe('400');
    expect(reply.json()).toMatchObject({ code });
  });

  it('that hits a defect is answered without what the defect says', async () => {
    await using open = await openMesh();
    const options = { token: await testToken(), instance: 'test-host' };
    const asking = requestApp(open.mesh.connection, requests.approveMitigation, 'supervisor', { id }, options);
    await expect(asking).rejects.toMatchObject({
      code: 'FORGE_INTERNAL',
      message: expect.not.stringContaining('secret'),
    });
    expect(open.mesh.logLines.join('')).toContain('request.failed');
  });

  it('beyond what can be answered at once is refused at once, and the others are answered', async () => {
    await using open = await openMesh();
    const options = { token: await testToken(), instance: 'test-host', timeoutMs: 5_000 };
    const codes: string[] = [];
    const many = Array.from({ length: 100 }, () =>
      requestApp(open.mesh.connection, requests.listMitigations, 'supervisor', {}, options).then(
        () => codes.push('answered'),
        ({ code }) => codes.push(code),
      ),
    );
    await waitFor(() => codes.length === 36, { description: 'what is refused' });
    expect(new Set(codes)).toEqual(new Set(['FORGE_HTTP_RATE_LIMITED']));
    releaseAll();
    await Promise.all(many);
    expect(codes.filter((code) => code === 'answered')).toHaveLength(64);
  }, 20_000);

  it('that nobody answers says that the app may not run', async () => {
    await using open = await openMesh();
    const asking = requestApp(open.mesh.connection, requests.listRules, 'sentinelcore', {}, { token: 'x' });
    await expect(asking).rejects.toMatchObject({
      code: 'FORGE_NATS_UNAVAILABLE',
      message: expect.stringContaining('sentinelcore'),
    });
  });

  it('is still answered when the service is told to stop while it works on it', async () => {
    await using open = await openMesh();
    const options = { token: await testToken(), instance: 'test-host' };
    const asking = requestApp(open.mesh.connection, requests.listMitigations, 'supervisor', {}, options);
    await waitFor(() => Mitigations.releases.length === 1, { description: 'the handler at work' });
    const stopping = open.service.stop();
    releaseAll();
    await expect(asking).resolves.toEqual({ mitigations: [] });
    await stopping;
  });

  it('whose answer is larger than NATS carries is refused with what to do about it', async () => {
    await using open = await openMesh();
    const options = { token: await testToken(), instance: 'test-host' };
    const asking = requestApp(open.mesh.connection, requests.rearmContainer, 'supervisor', { container: 'x' }, options);
    await expect(asking).rejects.toMatchObject({
      code: 'FORGE_EVENT_TOO_LARGE',
      message: expect.stringMatching(/the answer has 1200\d{3} bytes.*1048576/),
    });
  });
});
