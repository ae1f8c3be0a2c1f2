import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type AppName, type LogRecord } from '@sentinel-forge/contracts';
import { recordDirectory, verifyRecord } from '@sentinel-forge/log-indexer';
import { connectClient } from '@sentinel-forge/messaging';
import { DockerLab, HttpTestServer, requireDocker, waitFor } from '@sentinel-forge/testing';
import { Load } from '../support/load.js';
import { mitigationRequest } from '../support/mitigation-requests.js';
import { missingAt, untilReady } from '../support/readiness.js';
import { recordedEvents } from '../support/recorded-events.js';
import { ServiceProcess } from '../support/service-process.js';
import { storedEvents } from '../support/stored-events.js';
import { TestMesh } from '../support/test-mesh.js';
import { testToken } from '../support/tokens.js';

/** How long NATS is away; five minutes are what is promised, and what FORGE_TEST_AWAY_SECONDS=300 tries. */
const awayMs = Number(process.env.FORGE_TEST_AWAY_SECONDS ?? 15) * 1000;
const ttlMs = 6_000;
const apps = ['sentinelcore', 'supervisor', 'notification-dispatcher', 'log-indexer'] as const;

const describeDocker = await requireDocker();

describeDocker('while nats-server is away', () => {
  it(
    'services stay alive, say what is missing, do what they can without it, and catch up by themselves',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'forge-away-'));
      await using lab = await DockerLab.open();
      await using web = await HttpTestServer.start();
      await using mesh = await TestMesh.open();
      const network = await lab.network();
      const held = await lab.victim({ labels: { 'forge.respond': 'true' }, networks: [{ network }] });
      const ill = await lab.victim({
        labels: { [`heal-${lab.id}`]: 'true', 'autoheal.stop.timeout': '0' },
        networkMode: 'none',
        hasHealthCheck: true,
      });
      const environment = mesh.environment({
        FORGE_DATA_DIR: folder,
        AUTOHEAL_CONTAINER_LABEL: `heal-${lab.id}`,
        SUPERVISOR_MAX_CONTAINED_PERCENT: '100',
        NOTIFY_WEBHOOK_URL: `${web.url}/hook`,
        ...(process.env.DOCKER_HOST === undefined ? {} : { DOCKER_HOST: process.env.DOCKER_HOST }),
      });
      await using sentinelcore = await ServiceProcess.start('sentinelcore', environment);
      await using supervisor = await ServiceProcess.start('supervisor', environment);
      await using dispatcher = await ServiceProcess.start('notification-dispatcher', environment);
      await using indexer = await ServiceProcess.start('log-indexer', environment);
      const services: Readonly<Record<(typeof apps)[number], ServiceProcess>> = {
        sentinelcore,
        supervisor,
        'notification-dispatcher': dispatcher,
        'log-indexer': indexer,
      };
      const headers = {
        authorization: `Bearer ${await testToken(undefined, 3_600)}`,
        'content-type': 'application/json',
      };
      const post = (app: keyof typeof services, path: string, body: object) =>
        fetch(`${services[app].url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      for (const app of apps) {
        await untilReady(services[app].url);
      }
      await waitFor(async () => (await ill.inspect()).State.Health?.Status === 'healthy', {
        description: 'good health',
      });

      // What is under way when it goes: a mitigation with a time to live, and a notice whose receiver is down.
      await web.stop();
      expect(
        (await post('notification-dispatcher', '/notify', { title: 'under way', body: 'x', channel: 'webhook' })).ok,
      ).toBe(true);
      const asking = new Load(mesh.connection, {
        perSecond: 50,
        most: 1,
        eventOf: () => mitigationRequest(1, held, { action: 'quarantine', ttlMs }),
      });
      const networksOf = async () => Object.keys((await held.inspect()).NetworkSettings.Networks);
      await waitFor(async () => (await networksOf()).length === 0, { description: 'the victim to be in quarantine' });
      await asking.end();
      await waitFor(async () => (await storedEvents(mesh.connection, 'mitigation.supervisor.applied')).length > 0, {
        description: 'that to be told',
      });

      await mesh.nats.kill();
      const goneAtMs = performance.now();
      for (const app of apps) {
        expect(await missingAt(services[app].url, 'nats')).not.toBe('');
        expect((await fetch(`${services[app].url}/health`)).status).toBe(200);
      }
      const askedAtMs = performance.now();
      const [refusedTelemetry, refusedNotice] = await Promise.all([
        post('sentinelcore', '/defend', { source: 'test', severity: 1, summary: 'refused' }),
        post('notification-dispatcher', '/notify', { title: 'refused', body: 'x' }),
      ]);
      expect(performance.now() - askedAtMs).toBeLessThan(8_000);
      for (const refused of [refusedTelemetry, refusedNotice]) {
        expect(refused.status).toBe(503);
        expect(await refused.json()).toMatchObject({ code: 'FORGE_NATS_PUBLISH' });
      }
      await web.restart();
      await waitFor(() => web.requests.some(({ body }) => body.includes('under way')), {
        description: 'the notice that was under way to be sent without NATS',
        timeoutMs: 20_000,
      });
      const startedAt = (await ill.inspect()).State.StartedAt;
      await ill.setHealthy(false);
      await waitFor(async () => (await ill.inspect()).State.StartedAt !== startedAt, {
        description: 'the ill container to be restarted without NATS',
        timeoutMs: 20_000,
      });
      await waitFor(() => ill.setHealthy(true).then(() => true), { description: 'the ill container to be well' });
      await delay(Math.max(0, awayMs - (performance.now() - goneAtMs)));
      // Nothing is done that could not be put on record: what is contained stays so.
      expect(await networksOf()).toEqual([]);

      await mesh.nats.restart();
      // The connection of the test has given up after so long; those of the services have not.
      const observer = await connectClient({ name: 'observer', servers: [mesh.nats.url] });
      for (const app of apps) {
        await untilReady(services[app].url);
      }
      await waitFor(async () => (await networksOf()).includes(network.name), {
        description: 'the release that is overdue',
        timeoutMs: 20_000,
      });
      expect((await post('sentinelcore', '/defend', { source: 'test', severity: 1, summary: 'after' })).status).toBe(
        200,
      );
      const saidOf = async (evt: string): Promise<ReadonlySet<string>> =>
        new Set(
          (await storedEvents(observer, 'log.>'))
            .map(({ data }) => data as LogRecord)
            .filter((record) => record.evt === evt)
            .map(({ svc }) => svc),
        );
      await waitFor(
        async () => apps.every(await saidOf('nats.unavailable').then((said) => (app: AppName) => said.has(app))),
        {
          description: 'the log records of the time between',
          timeoutMs: 20_000,
        },
      );
      const health = await waitFor(
        async () => {
          const states = (await storedEvents(observer, 'health.container.>')).filter(
            ({ data }) => (data as { id: string }).id === ill.id,
          );
          return states.some(({ subject }) => subject.endsWith('.restarted')) && states;
        },
        { description: 'what was healed to be told', timeoutMs: 20_000 },
      );
      expect(new Set(health.map(({ id }) => id)).size).toBe(health.length);
      const directory = recordDirectory(folder);
      const telemetry = async () => (await recordedEvents(directory)).filter(({ stream }) => stream === 'DEFEND');
      await waitFor(async () => JSON.stringify(await telemetry()).includes('after'), {
        description: 'the record to go on',
      });
      expect(JSON.stringify(await telemetry())).not.toContain('refused');
      expect(web.requests.filter(({ body }) => body.includes('under way'))).toHaveLength(1);
      expect(await storedEvents(observer, 'dead-letter.>')).toEqual([]);
      for (const app of apps) {
        expect(await services[app].stop()).toBe(0);
      }
      expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact' });
      await observer.close();
      await rm(folder, { recursive: true });
    },
    awayMs + 150_000,
  );
});
