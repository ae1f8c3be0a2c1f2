import type { LookupAddress } from 'node:dns';
import { HttpTestServer } from '@sentinel-forge/testing';
import { type Agent, request } from 'undici';
import { egressAgent, type Resolve } from './egress-agent.js';
import { egressPolicy } from './egress-policy.service.js';

/** Answers every name with these addresses, one list after the other; the last for ever. */
function resolving(...answers: readonly (readonly string[])[]): Resolve & { calls: number } {
  const resolve: Resolve & { calls: number } = Object.assign(
    (_host: string, _options: unknown, callback: Parameters<Resolve>[2]) => {
      const addresses = answers[Math.min(resolve.calls, answers.length - 1)] ?? [];
      resolve.calls += 1;
      callback(
        null,
        addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    },
    { calls: 0 },
  );
  return resolve;
}

describe('egress agent', () => {
  let server: HttpTestServer;
  let agent: Agent | undefined;
  beforeAll(async () => {
    server = await HttpTestServer.start();
  });
  afterEach(async () => {
    await agent?.destroy();
  });
  afterAll(() => server.stop());

  const get = async (allow: readonly string[], url: string, resolve: Resolve): Promise<number> => {
    agent = egressAgent(egressPolicy(allow), { connectTimeoutMs: 2000, resolve });
    const response = await request(url, { dispatcher: agent });
    await response.body.dump();
    return response.statusCode;
  };

  it('does not connect to a name that resolves to an inside address', async () => {
    const before = server.requests.length;
    const attempt = get([], `http://hooks.example.org:${server.port}/`, resolving(['127.0.0.1']));
    await expect(attempt).rejects.toMatchObject({ code: 'FORGE_NOTIFY_EGRESS' });
    expect(server.requests).toHaveLength(before);
  });

  it('does not connect to a literal inside address, which no lookup would see', async () => {
    await expect(get([], server.url, resolving([]))).rejects.toMatchObject({ code: 'FORGE_NOTIFY_EGRESS' });
    await expect(get([], `http://[::1]:${server.port}/`, resolving([]))).rejects.toMatchObject({
      code: 'FORGE_NOTIFY_EGRESS',
    });
  });

  it('resolves a name once for each connection and connects to just what was judged (DNS rebinding)', async () => {
    // A second lookup would give a public address; that the request arrives on the loopback shows that there was none.
    const resolve = resolving(['127.0.0.1'], ['8.8.8.8']);
    await expect(get(['127.0.0.0/8'], `http://rebind.example.org:${server.port}/`, resolve)).resolves.toBe(200);
    expect(resolve.calls).toBe(1);
    // Once the pool is gone the name is judged anew, and may have turned bad.
    await agent?.destroy();
    await expect(get([], `http://rebind.example.org:${server.port}/`, resolving(['127.0.0.1']))).rejects.toMatchObject({
      code: 'FORGE_NOTIFY_EGRESS',
    });
  });

  it('picks the allowed ones where a name has inside and outside addresses', async () => {
    const resolve = resolving(['10.255.255.1', '127.0.0.1']);
    await expect(get(['127.0.0.1'], `http://mixed.example.org:${server.port}/`, resolve)).resolves.toBe(200);
  });

  it('connects to whatever a host resolves to that the operator listed', async () => {
    await expect(get(['localhost'], `http://localhost:${server.port}/`, resolving(['10.255.255.1']))).resolves.toBe(
      200,
    );
  });
});
