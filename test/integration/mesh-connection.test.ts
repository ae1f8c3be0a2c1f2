import { NatsTestServer, waitFor } from '@sentinel-forge/testing';
import { MeshParts } from '../support/mesh-parts.js';

async function serverOnItsPort(): Promise<NatsTestServer> {
  const nats = await NatsTestServer.start();
  await nats.stop();
  return nats;
}

const patience = { timeoutMs: 20_000 };

describe('the connection of a service', () => {
  it('starts before its server exists, and says meanwhile that nobody answers', async () => {
    await using nats = await serverOnItsPort();
    await using parts = new MeshParts(nats.url);
    expect(parts.connection.state.isConnected).toBe(false);
    await waitFor(() => parts.log.of('nats.unavailable').length > 0, { description: 'a refusal', ...patience });
    expect(parts.connection.state.reason).toMatch(/refused/i);
    expect(() => parts.connection.current).toThrow(expect.objectContaining({ code: 'FORGE_NATS_UNAVAILABLE' }));
    await nats.restart();
    await parts.connection.whenConnected();
    expect(parts.connection.state).toEqual({ isConnected: true, reason: '' });
  }, 30_000);

  it('tells a server that stays away once, not once for every try', async () => {
    await using nats = await serverOnItsPort();
    await using parts = new MeshParts(nats.url);
    await waitFor(() => parts.log.of('nats.unavailable').length > 0, { description: 'a refusal', ...patience });
    await nats.restart();
    await waitFor(() => parts.connection.state.isConnected, { description: 'the connection', ...patience });
    expect(parts.log.of('nats.unavailable')).toHaveLength(1);
  }, 30_000);

  it('comes back by itself every time, says in between that it is away, and calls back for each time', async () => {
    await using nats = await NatsTestServer.start();
    await using parts = new MeshParts(nats.url);
    let reconnects = 0;
    const stop = parts.connection.onReconnect(() => {
      reconnects += 1;
    });
    await parts.connection.whenConnected();
    for (let time = 1; time <= 3; time += 1) {
      await nats.kill();
      await waitFor(() => !parts.connection.state.isConnected, { description: 'the break', ...patience });
      await nats.restart();
      await waitFor(() => parts.connection.state.isConnected && reconnects === time, {
        description: `reconnect ${time}`,
        ...patience,
      });
    }
    stop();
    expect(parts.log.of('nats.reconnected')).toHaveLength(3);
  }, 60_000);

  it('closes within a second, whether its server is there or not', async () => {
    await using nats = await NatsTestServer.start();
    const [there, away] = [new MeshParts(nats.url), new MeshParts(nats.url)];
    await Promise.all([there.connection.whenConnected(), away.connection.whenConnected()]);
    const close = async (parts: MeshParts): Promise<number> => {
      const startedAtMs = performance.now();
      await parts.connection.close();
      return performance.now() - startedAtMs;
    };
    expect(await close(there)).toBeLessThan(1_000);
    await nats.kill();
    await waitFor(() => !away.connection.state.isConnected, { description: 'the break', ...patience });
    expect(await close(away)).toBeLessThan(1_000);
    await expect(new MeshParts(nats.url).connection.close()).resolves.toBeUndefined();
  }, 30_000);

  it('tells who waits for it that the service shuts down', async () => {
    await using nats = await serverOnItsPort();
    const parts = new MeshParts(nats.url);
    const waiting = parts.connection.whenConnected();
    await parts.connection.close();
    await expect(waiting).rejects.toMatchObject({ code: 'FORGE_NATS_UNAVAILABLE' });
  });
});
