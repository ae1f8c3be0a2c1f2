import { connect } from 'node:net';
import { Controller, Get, Inject, Param, Post } from '@nestjs/common';
import { Actor, Public, RequireScope, type RunningService, ValidBody } from '@sentinel-forge/chassis';
import { ForgeError, Log, limits, NotifyRequested, type Scope } from '@sentinel-forge/contracts';
import { currentTrace } from '@sentinel-forge/messaging';
import { waitFor } from '@sentinel-forge/testing';
import { TestMesh } from '../support/test-mesh.js';
import { testToken } from '../support/tokens.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

@Controller('things')
class Things {
  constructor(@Inject(Log) private readonly log: Log) {}

  @Get('open')
  @Public()
  open(): object {
    return { isOpen: true };
  }

  @Get('mine')
  mine(@Actor() actor: string): object {
    return { actor };
  }

  @Post()
  @RequireScope('notify:write')
  make(@ValidBody(NotifyRequested) body: NotifyRequested, @Actor() actor: string): object {
    this.log.info('thing.made', { actor });
    return { title: body.title, actor, traceId: currentTrace()?.traceId };
  }

  @Get('broken/:how')
  @Public()
  broken(@Param('how') how: string): object {
    throw how === 'known'
      ? new ForgeError('FORGE_KV_CONFLICT', 'somebody was faster')
      : new Error('a defect with a secret in it');
  }
}

/** One service, and requests to it. */
async function openService(more: Readonly<Record<string, string>> = {}) {
  const mesh = await TestMesh.open();
  const service = await mesh.run('notification-dispatcher', { controllers: [Things] }, more);
  return {
    mesh,
    service,
    ask: (path: string, init: RequestInit = {}) => fetch(`${service.url}${path}`, init),
    async post(body: unknown, headers: Readonly<Record<string, string>> = {}) {
      const authorization = `Bearer ${await testToken()}`;
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return fetch(`${service.url}/things`, {
        method: 'POST',
        body: text,
        headers: { 'content-type': 'application/json', authorization, ...headers },
      });
    },
    [Symbol.asyncDispose]: () => mesh[Symbol.asyncDispose](),
  };
}

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ status: response.status, type: `urn:sentinel-forge:error:${problem.code}` });
  expect(problem.traceId).toBe(response.headers.get('x-trace-id'));
  return problem;
}

describe('what every service answers without a token', () => {
  it('is whether it lives and whether it is ready, under both names', async () => {
    await using service = await openService();
    const health = await service.ask('/health');
    expect([health.status, await health.json()]).toEqual([
      200,
      {
        status: 'ok',
        service: 'notification-dispatcher',
        version: '0.0.0-test',
        instance: expect.any(String),
        uptimeSeconds: expect.any(Number),
      },
    ]);
    await waitFor(() => service.service.readiness().status === 'up', { description: 'readiness' });
    for (const path of ['/ready', '/healthz']) {
      const ready = await service.ask(path);
      expect([ready.status, await ready.json()]).toMatchObject([
        200,
        {
          status: 'up',
          dependencies: [
            { name: 'nats', isUp: true },
            { name: 'jetstream' },
            { name: 'storage' },
            { name: 'records' },
            { name: 'retention' },
          ],
        },
      ]);
    }
  });

  it('is what is missing, and why, while something is', async () => {
    await using service = await openService();
    await waitFor(() => service.service.readiness().status === 'up', { description: 'readiness' });
    await service.mesh.nats.kill();
    const answer = await waitFor(
      async () => {
        const ready = await service.ask('/ready');
        return ready.status === 503 && ready.json();
      },
      { description: 'the truth' },
    );
    expect(answer).toMatchObject({
      status: 'degraded',
      dependencies: [{ name: 'nats', isUp: false, reason: expect.stringMatching(/.+/) }, {}, {}, {}, {}],
    });
    expect((await service.ask('/health')).status).toBe(200);
    await service.mesh.nats.restart();
    await waitFor(async () => (await service.ask('/ready')).status === 200, {
      description: 'readiness again',
      timeoutMs: 20_000,
    });
  }, 40_000);

  it('is its metrics, by route and never by path', async () => {
    await using service = await openService();
    await service.ask('/things/broken/known');
    await service.ask(`/things/broken/${'x'.repeat(40)}`);
    const metrics = await service.ask('/metrics');
    const text = await metrics.text();
    expect(metrics.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(text).toContain(
      'forge_http_request_duration_seconds_count{method="GET",route="/things/broken/:how",status="409"} 1',
    );
    expect(text).toContain('forge_consumer_lag_messages');
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).not.toContain('xxxx');
  });

  it('is its documentation: a page that needs nobody else, and OpenAPI with bodies and scopes', async () => {
    await using service = await openService();
    const page = await (await service.ask('/docs')).text();
    expect(page).not.toMatch(/https?:\/\//);
    for (const asset of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
      expect(page).toContain(`/docs/assets/${asset}`);
      expect((await service.ask(`/docs/assets/${asset}`)).status).toBe(200);
    }
    const openApi = (await (await service.ask('/docs/openapi.json')).json()) as Record<string, never>;
    expect(openApi).toMatchObject({
      info: { title: 'notification-dispatcher', version: '0.0.0-test' },
      paths: {
        '/things': {
          post: {
            description: expect.stringContaining('notify:write'),
            security: [{ bearer: [] }],
            requestBody: {
              content: { 'application/json': { schema: { required: ['title', 'body'], additionalProperties: false } } },
            },
          },
        },
      },
    });
    for (const name of ['none', 'constructor', '..%2f..%2fpackage.json', '%2e%2e%2fpackage.json']) {
      expect((await service.ask(`/docs/assets/${name}`)).status).toBe(404);
    }
  });
});

describe('who may ask', () => {
  it('is nobody without a valid token, except where that is said', async () => {
    await using service = await openService();
    expect((await service.ask('/things/open')).status).toBe(200);
    for (const authorization of ['', 'Bearer x', 'Basic YTpi', `Bearer ${await testToken([], -60)}`]) {
      const response = await service.ask('/things/mine', { headers: { authorization } });
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await problemOf(response)).toMatchObject({ code: 'FORGE_AUTH_REQUIRED' });
    }
  });

  it('is whoever has a token, by the name that it gives', async () => {
    await using service = await openService();
    const response = await service.ask('/things/mine', { headers: { authorization: `Bearer ${await testToken([])}` } });
    expect(await response.json()).toEqual({ actor: 'tester' });
  });

  it('needs the very scope that is asked for', async () => {
    await using service = await openService();
    const few: readonly Scope[] = ['notify:read', 'defend:write'];
    const refusal = await service.post({ title: 't', body: '' }, { authorization: `Bearer ${await testToken(few)}` });
    expect(refusal.status).toBe(403);
    expect(await problemOf(refusal)).toMatchObject({
      code: 'FORGE_AUTH_SCOPE',
      detail: expect.stringContaining('notify:write'),
    });
    expect((await service.post({ title: 't', body: '' })).status).toBe(201);
  });

  it('learns nothing of the body before the token is checked', async () => {
    await using service = await openService();
    expect((await service.post({ wrong: true }, { authorization: 'Bearer x' })).status).toBe(401);
  });
});

describe('a body', () => {
  it('with wrong fields is refused, each of them named', async () => {
    await using service = await openService();
    const response = await service.post({ title: 7, severity: 11, colour: 'red' });
    expect(response.status).toBe(400);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({
      code: 'FORGE_EVENT_INVALID',
      detail: expect.stringContaining('severity must be at most 10'),
    });
    expect((problem.problems as readonly { readonly path: string }[]).map(({ path }) => path).sort()).toEqual([
      'body',
      'colour',
      'severity',
      'title',
    ]);
  });

  it.each([
    ['is broken JSON', '{"title":', 400, 'FORGE_HTTP_BODY_INVALID'],
    ['is no object', '[1]', 400, 'FORGE_HTTP_BODY_INVALID'],
    ['is null', 'null', 400, 'FORGE_HTTP_BODY_INVALID'],
    ['is missing', '', 400, 'FORGE_HTTP_BODY_INVALID'],
    ['poisons prototypes', '{"__proto__":{"isAdmin":true},"title":"t","body":""}', 400, 'FORGE_HTTP_BODY_INVALID'],
    ['is too large', JSON.stringify({ title: 't', body: 'x'.repeat(limits.eventBytes) }), 413, 'FORGE_EVENT_TOO_LARGE'],
  ])('that %s is refused', async (_what, text, status, code) => {
    await using service = await openService();
    const response = await service.post(text);
    expect([response.status, (await problemOf(response)).code]).toEqual([status, code]);
  });

  it('that is no JSON by its own word is refused', async () => {
    await using service = await openService();
    const response = await service.post('title: t', { 'content-type': 'application/yaml' });
    expect([response.status, (await problemOf(response)).code]).toEqual([415, 'FORGE_HTTP_REFUSED']);
  });
});

describe('what cannot be answered', () => {
  it('is told as a problem: a path that does not exist', async () => {
    await using service = await openService();
    const response = await service.ask('/nothing?token=secret');
    expect(response.status).toBe(404);
    expect(JSON.stringify(await problemOf(response))).not.toContain('secret');
  });

  it('is told as a problem: an error of the catalogue, with its status', async () => {
    await using service = await openService();
    const response = await service.ask('/things/broken/known');
    expect(response.status).toBe(409);
    expect(await problemOf(response)).toMatchObject({
      code: 'FORGE_KV_CONFLICT',
      detail: 'somebody was faster',
      mend: expect.any(String),
    });
  });

  it('is told as a problem that says nothing of a defect, which is in the log', async () => {
    await using service = await openService();
    const response = await service.ask('/things/broken/otherwise');
    expect(response.status).toBe(500);
    expect(JSON.stringify(await problemOf(response))).not.toMatch(/secret|:\d+:\d+/);
    expect(service.mesh.logLines.join('')).toMatch(/"evt":"http.failed".*a defect/);
  });

  it('ends in an answer also when the request is no HTTP', async () => {
    await using service = await openService();
    const answer = await rawAnswer(service.service, 'NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect((await service.ask('/health')).status).toBe(200);
  });
});

describe('the limit of requests', () => {
  it('refuses what is beyond it, says when to come back, and never holds up the probes', async () => {
    await using service = await openService({ FORGE_RATE_LIMIT_RPM: '5' });
    const statuses: number[] = [];
    for (let index = 0; index < 5; index += 1) {
      statuses.push((await service.ask('/things/open')).status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    const refused = await service.ask('/things/open');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(await problemOf(refused)).toMatchObject({ code: 'FORGE_HTTP_RATE_LIMITED' });
    for (const path of ['/health', '/ready', '/healthz', '/metrics']) {
      expect((await service.ask(path)).status).not.toBe(429);
    }
  });

  it('counts those who come without a valid token too: keys cannot be guessed at speed', async () => {
    await using service = await openService({ FORGE_RATE_LIMIT_RPM: '5' });
    const statuses: number[] = [];
    for (let index = 0; index < 7; index += 1) {
      statuses.push((await service.ask('/things/mine', { headers: { authorization: `Bearer ${index}` } })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
  });
});

describe('the trace of a request', () => {
  const traceOf = async (headers: Readonly<Record<string, string>>): Promise<string | null> => {
    await using service = await openService();
    return (await service.ask('/things/open', { headers })).headers.get('x-trace-id');
  };

  it('is a new one for each, where the caller has none', async () => {
    await using service = await openService();
    const ids = await Promise.all([1, 2].map(async () => (await service.ask('/health')).headers.get('x-trace-id')));
    expect(new Set(ids).size).toBe(2);
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each([
    ['in a traceparent', { traceparent: `00-${traceId}-00f067aa0ba902b7-01` }],
    ['in X-Trace-Id', { 'x-trace-id': traceId }],
    [
      'in both, where the traceparent goes first',
      { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, 'x-trace-id': 'f'.repeat(32) },
    ],
    ['in X-Trace-Id beside a traceparent that is none', { traceparent: 'none', 'x-trace-id': traceId }],
  ])('is the one that the caller has %s', async (_where, headers) => {
    expect(await traceOf(headers)).toBe(traceId);
  });

  it.each([
    ['zeros', '0'.repeat(32)],
    ['upper case', traceId.toUpperCase()],
    ['something else', 'x-trace'],
    ['too long', `${traceId}00`],
  ])('is a new one where the caller sends %s', async (_what, id) => {
    const answered = await traceOf({ 'x-trace-id': id });
    expect(answered).toMatch(/^[0-9a-f]{32}$/);
    expect(answered).not.toBe(id);
  });

  it('is the same in the handler, also behind a body that comes in many pieces, in its log records and in the answer', async () => {
    const large = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`k${index}`, 'x'.repeat(8_000)]));
    await using service = await openService();
    const response = await service.post({ title: 't', body: '', data: large }, { 'x-trace-id': traceId });
    expect([response.headers.get('x-trace-id'), await response.json()]).toEqual([
      traceId,
      { title: 't', actor: 'tester', traceId },
    ]);
    const line = await waitFor(() => service.mesh.logLines.find((text) => text.includes('"evt":"http.request"')), {
      description: 'the record of the request',
    });
    expect(JSON.parse(line)).toMatchObject({
      lvl: 'info',
      trace: traceId,
      method: 'POST',
      route: '/things',
      status: 201,
    });
    expect(
      service.mesh.logLines.filter((text) => text.includes('thing.made')).map((text) => JSON.parse(text).trace),
    ).toEqual([traceId]);
  });
});

/** What the service says to bytes that are no HTTP. */
async function rawAnswer({ url }: RunningService, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) {
    text += chunk;
  }
  return text;
}
