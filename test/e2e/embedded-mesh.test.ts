import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { appNames } from '@sentinel-forge/contracts';
import { EngineProxy, requireDocker, waitFor } from '@sentinel-forge/testing';
import { EmbeddedMeshProcess } from '../support/embedded-mesh-process.js';

const describeWithDocker = await requireDocker();

async function statusOf(mesh: EmbeddedMeshProcess, app: string, path: string): Promise<number> {
  const response = await fetch(`${mesh.urlOf(app)}${path}`);
  await response.arrayBuffer();
  return response.status;
}

async function asOperator(mesh: EmbeddedMeshProcess): Promise<NatsConnection> {
  const pass = await mesh.passwordOf('operator');
  return connect({ servers: mesh.natsUrl, user: 'operator', pass, inboxPrefix: '_INBOX_operator' });
}

describeWithDocker('the whole mesh', () => {
  it('is alive and ready, is discovered by stock tools, tells that it is up, and ends well', async () => {
    await using mesh = await EmbeddedMeshProcess.start();
    for (const app of appNames) {
      expect(await statusOf(mesh, app, '/health')).toBe(200);
      await waitFor(async () => (await statusOf(mesh, app, '/ready')) === 200, { description: `${app} to be ready` });
      expect(await statusOf(mesh, app, '/healthz')).toBe(200);
    }
    const connection = await asOperator(mesh);
    const names = new Set<string>();
    connection.subscribe('_INBOX_operator.ping', {
      callback: (_, message) => void names.add(message.json<{ name: string }>().name),
    });
    connection.publish('$SRV.PING', '', { reply: '_INBOX_operator.ping' });
    await waitFor(() => names.size === appNames.length, { description: 'every service to answer $SRV.PING' });
    expect([...names].sort()).toEqual([...appNames].sort());
    for (const app of appNames) {
      await waitFor(
        async () => {
          const reply = await connection.request(
            '$JS.API.STREAM.MSG.GET.HEALTH',
            JSON.stringify({ last_by_subj: `health.service.${app}.up` }),
          );
          return reply.json<{ message?: object }>().message !== undefined;
        },
        { description: `health.service.${app}.up` },
      );
    }
    await connection.close();
    const second = await mesh.forge('up');
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(/A mesh runs on .* already/);
    expect(await mesh.stop()).toBe(0);
  }, 60_000);

  it('goes on by itself when its nats-server is killed', async () => {
    await using mesh = await EmbeddedMeshProcess.start();
    await mesh.killNatsServer();
    const token = await mesh.token();
    await waitFor(
      async () => {
        const response = await fetch(`${mesh.urlOf('sentinelcore')}/defend`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ source: 'test', severity: 1 }),
        });
        return response.status === 200 && ((await response.json()) as { verdict: string }).verdict === 'observe';
      },
      { description: 'a decision after the crash', timeoutMs: 30_000, intervalMs: 200 },
    );
    for (const app of appNames) {
      await waitFor(async () => (await statusOf(mesh, app, '/ready')) === 200, {
        description: `${app} to be ready`,
        timeoutMs: 20_000,
      });
    }
    expect(await mesh.stop()).toBe(0);
  }, 90_000);

  it('runs without a Docker engine, says so, and picks the engine up when it appears', async () => {
    await using engine = await EngineProxy.start({ isOpen: false });
    await using mesh = await EmbeddedMeshProcess.start({ environment: { DOCKER_HOST: engine.dockerHost } });
    const supervisor = mesh.report.services.find(({ app }) => app === 'supervisor');
    expect(supervisor).toMatchObject({ state: 'degraded', reason: expect.stringContaining('docker') });
    expect(await statusOf(mesh, 'supervisor', '/health')).toBe(200);
    expect(await statusOf(mesh, 'supervisor', '/ready')).toBe(503);
    expect(mesh.report.services.filter(({ state }) => state === 'up')).toHaveLength(appNames.length - 1);
    await engine.mend();
    await waitFor(async () => (await statusOf(mesh, 'supervisor', '/ready')) === 200, {
      description: 'the engine to be picked up',
      timeoutMs: 30_000,
    });
  }, 60_000);

  it('leaves no secret of a redacted key on disk or in its output, however it came in', async () => {
    await using mesh = await EmbeddedMeshProcess.start({ environment: { REDACT_KEYS: 'launch_code' } });
    const secret = 'quince-90210-walrus';
    const attributes = { deep: { er: [{ launchCode: secret }, { password: { nested: secret } }] } };
    const client = await connect({ servers: mesh.natsUrl });
    client.publish(
      'defend.auth',
      JSON.stringify({ source: 'a', severity: 9, attributes, target: { container: 'nobody' } }),
    );
    client.publish('defend.auth', JSON.stringify({ source: 'b', severity: 99, attributes }));
    await client.drain();
    const headers = { authorization: `Bearer ${await mesh.token()}`, 'content-type': 'application/json' };
    for (const body of [
      { source: 'c', attributes },
      { source: 'd', severity: 'x', attributes },
    ]) {
      const response = await fetch(`${mesh.urlOf('sentinelcore')}/defend`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      expect(await response.text()).not.toContain(secret);
    }
    await fetch(`${mesh.urlOf('notification-dispatcher')}/notify`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ title: 'hello', body: `password=${secret}`, data: attributes }),
    });
    const letters = await waitFor(
      async () => {
        const { stdout } = await mesh.forge('dead-letters', 'list', '--json');
        return stdout.includes('severity') && stdout;
      },
      { description: 'the dead letter' },
    );
    const outputs = [letters];
    for (const args of [
      ['tail', 'defend.>', 'dead-letter.>', 'notify.>', '--since', '10m', '--no-follow', '--json'],
      ['dead-letters', 'show', '1'],
      ['notices', 'list', '--json'],
    ]) {
      const run = await mesh.forge(...args);
      outputs.push(run.stdout, run.stderr);
    }
    expect(await mesh.stop()).toBe(0);
    outputs.push(mesh.output.all.join('\n'));
    for (const output of outputs) {
      expect(output).not.toContain(secret);
      expect(decodedBase64(output)).not.toContain(secret);
    }
    const files = await readdir(mesh.dataDirectory, { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      const bytes = await readFile(join(file.parentPath, file.name), 'latin1');
      expect({ file: file.name, isLeaking: bytes.includes(secret) }).toEqual({ file: file.name, isLeaking: false });
    }
  }, 90_000);
});

function decodedBase64(text: string): string {
  return [...text.matchAll(/[A-Za-z0-9+/=]{40,}/g)]
    .map(([found]) => Buffer.from(found, 'base64').toString())
    .join('\n');
}
