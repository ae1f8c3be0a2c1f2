import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordDirectory, verifyRecord } from '@sentinel-forge/log-indexer';
import { DockerLab, HttpTestServer, requireDocker, waitFor } from '@sentinel-forge/testing';
import { Load } from '../support/load.js';
import { mitigationRequest } from '../support/mitigation-requests.js';
import { untilReady } from '../support/readiness.js';
import { recordedEvents } from '../support/recorded-events.js';
import { ServiceProcess } from '../support/service-process.js';
import { storedEvents } from '../support/stored-events.js';
import { TestMesh } from '../support/test-mesh.js';
import { testToken } from '../support/tokens.js';
import { findFaketime, WallClock } from '../support/wall-clock.js';

const ttlMs = 6_000;
/** A steady clock follows one that was set by a tenth of the time that passes, no faster. */
const shortestTtlMs = 0.9 * ttlMs;
const hourSeconds = 3_600;

const describeDocker = await requireDocker();
const faketime = findFaketime();
if (faketime === undefined && process.env.REQUIRE_ALL === '1') {
  throw new Error('libfaketime is needed (REQUIRE_ALL=1): apt-get install libfaketime');
}
if (faketime === undefined) {
  process.stderr.write('skipped: clocks are set with libfaketime, which is not there\n');
}
const describeWithClock = faketime === undefined ? describeDocker.skip : describeDocker;

describeWithClock('a wall clock that is set while everything runs', () => {
  it.each([
    ['an hour ahead', hourSeconds],
    ['an hour back', -hourSeconds],
  ])(
    '%s: nothing ends early, waits for an hour, is lost or told twice',
    async (_, offsetSeconds) => {
      // Only a clock that goes back could keep a window open for longer; waiting for its end takes a minute.
      const isSetBack = offsetSeconds < 0;
      const folder = await mkdtemp(join(tmpdir(), 'forge-clock-set-'));
      using clock = new WallClock(faketime ?? '');
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
        ...clock.environment,
        FORGE_DATA_DIR: folder,
        AUTOHEAL_CONTAINER_LABEL: `heal-${lab.id}`,
        SUPERVISOR_MAX_CONTAINED_PERCENT: '100',
        FORGE_RATE_LIMIT_RPM: '30',
        NOTIFY_WEBHOOK_URL: `${web.url}/hook`,
        ...(process.env.DOCKER_HOST === undefined ? {} : { DOCKER_HOST: process.env.DOCKER_HOST }),
      });
      await using sentinelcore = await ServiceProcess.start('sentinelcore', environment);
      await using supervisor = await ServiceProcess.start('supervisor', environment);
      await using dispatcher = await ServiceProcess.start('notification-dispatcher', environment);
      await using indexer = await ServiceProcess.start('log-indexer', environment);
      const services = [sentinelcore, supervisor, dispatcher, indexer];
      for (const { url } of services) {
        await untilReady(url);
      }
      // Of the time that it is here, so that a service an hour ahead finds it expired.
      const token = await testToken(undefined, hourSeconds / 2);
      const post = (url: string, path: string, body: object, authorization = `Bearer ${token}`) =>
        fetch(`${url}${path}`, {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
      await waitFor(async () => (await ill.inspect()).State.Health?.Status === 'healthy', {
        description: 'good health',
      });

      // Under way: a mitigation with a time to live, a notice whose receiver is down, a rate limit that is used up.
      await web.stop();
      expect((await post(dispatcher.url, '/notify', { title: 'under way', body: 'x', channel: 'webhook' })).ok).toBe(
        true,
      );
      const limited = async (): Promise<boolean> =>
        (await post(sentinelcore.url, '/defend', { source: 'test', severity: 0 })).status === 429;
      if (isSetBack) {
        await waitFor(limited, { description: 'the rate limit', intervalMs: 1 });
      }
      const asking = new Load(mesh.connection, {
        perSecond: 50,
        most: 1,
        eventOf: () => mitigationRequest(1, held, { action: 'quarantine', ttlMs }),
      });
      const isOff = async (): Promise<boolean> =>
        Object.keys((await held.inspect()).NetworkSettings.Networks).length === 0;
      await waitFor(isOff, { description: 'the victim to be in quarantine', intervalMs: 20 });
      const offAtMs = performance.now();
      await asking.end();

      clock.setTo(offsetSeconds);

      await waitFor(async () => !(await isOff()), { description: 'the release', timeoutMs: 30_000, intervalMs: 20 });
      expect(performance.now() - offAtMs).toBeGreaterThan(shortestTtlMs - 200);
      await web.restart();
      await waitFor(() => web.requests.some(({ body }) => body.includes('under way')), {
        description: 'the notice that was under way',
        timeoutMs: 30_000,
      });
      const startedAt = (await ill.inspect()).State.StartedAt;
      await ill.setHealthy(false);
      await waitFor(async () => (await ill.inspect()).State.StartedAt !== startedAt, {
        description: 'the ill container to be restarted',
        timeoutMs: 20_000,
      });
      // Tokens are judged by the wall clock; the limit of requests is not, so that nobody is locked out for an hour.
      const answer = await waitFor(
        async () => {
          const response = await post(sentinelcore.url, '/defend', { source: 'test', severity: 1, summary: 'after' });
          return response.status !== 429 && response;
        },
        { description: 'room below the rate limit', timeoutMs: 70_000, intervalMs: 500 },
      );
      expect(answer.status).toBe(isSetBack ? 200 : 401);
      clock.setTo(0);
      expect((await post(supervisor.url, '/mitigations/m-unknown/release', {})).status).toBe(404);

      const directory = recordDirectory(folder);
      await waitFor(
        async () => (await recordedEvents(directory)).some(({ subject }) => subject.endsWith('.restarted')),
        {
          description: 'the record to go on',
          timeoutMs: 20_000,
        },
      );
      expect(web.requests.filter(({ body }) => body.includes('under way'))).toHaveLength(1);
      const said = (await storedEvents(mesh.connection, 'mitigation.supervisor.*')).map(({ type }) => type);
      expect(said.filter((type) => /applied/.test(type))).toHaveLength(1);
      expect(said.filter((type) => /released/.test(type))).toHaveLength(1);
      expect(await storedEvents(mesh.connection, 'dead-letter.>')).toEqual([]);
      for (const service of services) {
        expect(await service.stop()).toBe(0);
      }
      expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact' });
      await rm(folder, { recursive: true });
    },
    240_000,
  );
});
