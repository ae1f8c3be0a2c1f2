import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { events } from '@sentinel-forge/contracts';
import { recordDirectory, verifyRecord } from '@sentinel-forge/log-indexer';
import { DockerLab, HttpTestServer, requireDocker, waitFor } from '@sentinel-forge/testing';
import { countedOnce } from '../support/counted-once.js';
import { anyPorts, EmbeddedMeshProcess } from '../support/embedded-mesh-process.js';
import { ForgeTool } from '../support/forge-tool.js';
import { Load } from '../support/load.js';
import { mitigationRequest } from '../support/mitigation-requests.js';
import { missingAt, untilReady } from '../support/readiness.js';
import { recordedEvents } from '../support/recorded-events.js';
import { ServiceProcess } from '../support/service-process.js';
import { requireSmallDisk, SmallDisk } from '../support/small-disk.js';
import { storedEvents } from '../support/stored-events.js';
import { TestMesh } from '../support/test-mesh.js';

const describeSmallDisk = requireSmallDisk();

describeSmallDisk('a disk that is full', () => {
  it('under the record stops acknowledging, is told by /ready, and is caught up with once there is room', async () => {
    await using mesh = await TestMesh.open();
    using disk = SmallDisk.mount(48);
    await using service = await ServiceProcess.start('log-indexer', mesh.environment({ FORGE_DATA_DIR: disk.path }));
    await untilReady(service.url);
    const load = new Load(mesh.connection, {
      perSecond: 500,
      eventOf: (number) => ({
        id: `load-${number}`,
        subject: 'defend.load',
        definition: events.telemetry,
        source: 'load',
        data: { source: 'load', severity: 1, attributes: { filling: 'x'.repeat(400) } },
      }),
    });
    const directory = recordDirectory(disk.path);
    const recorded = async () => (await recordedEvents(directory)).filter(({ stream }) => stream === 'DEFEND');
    try {
      await waitFor(async () => (await recorded()).length > 100, { description: 'some of it on record' });
      await disk.fill();
      expect(await missingAt(service.url, 'record')).toContain('is full');
      const lastRecorded = (await recorded()).at(-1)?.seq ?? 0;
      const jsm = await jetstreamManager(mesh.connection);
      const { ack_floor } = await jsm.consumers.info('DEFEND', 'log-indexer');
      expect(ack_floor.stream_seq).toBeLessThanOrEqual(lastRecorded);
      disk.empty();
      await untilReady(service.url);
    } finally {
      await load.end();
    }
    const found = await waitFor(
      async () => {
        const entries = await recorded();
        return entries.length >= load.acknowledged.length && entries;
      },
      { description: 'all of it on record', timeoutMs: 20_000, intervalMs: 200 },
    );
    expect(
      countedOnce(
        found.map(({ id }) => id),
        load.acknowledged,
      ),
    ).toEqual([]);
    expect(await service.stop()).toBe(0);
    expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact' });
  }, 60_000);

  it('under the outbox keeps notices in their stream, is told by /ready, and each is sent once when there is room', async () => {
    await using mesh = await TestMesh.open();
    await using web = await HttpTestServer.start();
    using disk = SmallDisk.mount(16);
    await using service = await ServiceProcess.start(
      'notification-dispatcher',
      mesh.environment({
        FORGE_DATA_DIR: disk.path,
        NOTIFY_WEBHOOK_URL: `${web.url}/hook`,
        NOTIFY_CAP_PER_MINUTE: '10000',
        NOTIFY_REPEAT_AFTER_SECONDS: '0',
      }),
    );
    await untilReady(service.url);
    const load = new Load(mesh.connection, {
      perSecond: 50,
      eventOf: (number) => ({
        id: `notice-${number}`,
        subject: 'notify.requested',
        definition: events.notifyRequested,
        source: '/notification-dispatcher',
        data: { title: `notice-${number}.`, body: 'x'.repeat(2_000), channel: 'webhook' },
      }),
    });
    const sent = () => web.requests.flatMap(({ body }) => /notice-\d+(?=\.)/.exec(body)?.[0] ?? []);
    try {
      await waitFor(() => sent().length > 10, { description: 'some notices' });
      await disk.fill();
      expect(await missingAt(service.url, 'outbox')).toContain('cannot be written');
      disk.empty();
      await untilReady(service.url);
    } finally {
      await load.end();
    }
    await waitFor(() => new Set(sent()).size >= load.acknowledged.length, {
      description: `all ${load.acknowledged.length} notices`,
      timeoutMs: 30_000,
    });
    // What was being sent when the disk refused to write the outcome down is sent again, under the same id: a receiver knows it.
    const ids = web.requests.map(({ headers }) => String(headers['webhook-id']));
    expect(new Set(ids).size).toBe(load.acknowledged.length);
    expect(await storedEvents(mesh.connection, 'dead-letter.>')).toEqual([]);
    expect(await service.stop()).toBe(0);
  }, 90_000);

  it('under nats-server is told by /ready, publishers are refused in time, and all goes on once there is room', async () => {
    using disk = SmallDisk.mount(64);
    await using mesh = await EmbeddedMeshProcess.start({
      dataDirectory: join(disk.path, 'data'),
      mayFillDisk: true,
    });
    const url = mesh.urlOf('sentinelcore');
    const authorization = `Bearer ${await mesh.token()}`;
    const defend = (summary: string) =>
      fetch(`${url}/defend`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        // Larger than what is left of a page that the disk has given out already.
        body: JSON.stringify({ source: 'test', severity: 1, summary, attributes: { filling: 'x'.repeat(4_000) } }),
      });
    expect((await defend('before')).ok).toBe(true);

    await disk.fill();
    const refused = await waitFor(
      async () => {
        const response = await defend('while it is full');
        return response.status === 503 && response;
      },
      { description: 'a refusal', timeoutMs: 20_000 },
    );
    expect(await refused.json()).toMatchObject({ code: 'FORGE_NATS_PUBLISH' });
    expect(await missingAt(url, 'storage')).toContain('stores nothing');
    expect(mesh.output.all.join('\n')).toContain('nats-server.disk-full');

    disk.empty();
    await waitFor(async () => (await defend('after')).ok, { description: 'to be taken again', timeoutMs: 30_000 });
    for (const app of ['sentinelcore', 'log-indexer', 'notification-dispatcher', 'task-registry']) {
      await untilReady(mesh.urlOf(app));
    }
    const summaries = async () =>
      (await recordedEvents(recordDirectory(mesh.dataDirectory)))
        .filter(({ stream }) => stream === 'DEFEND')
        .map(({ data }) => (data as { summary: string }).summary);
    await waitFor(async () => (await summaries()).includes('after'), { description: 'the record to go on' });
    expect((await summaries()).filter((summary) => summary === 'before')).toHaveLength(1);
    expect(await mesh.stop()).toBe(0);
    expect(await verifyRecord(recordDirectory(mesh.dataDirectory))).toMatchObject({ verdict: 'intact' });
  }, 120_000);

  it('that is too small for the streams is a start that says so, and what to do', async () => {
    using disk = SmallDisk.mount(64);
    const tool = new ForgeTool({ PATH: process.env.PATH ?? '', FORGE_DATA_DIR: join(disk.path, 'data'), ...anyPorts });
    const { code, stderr } = await tool.run(['up']);
    expect(stderr).toMatch(/The disk of nats-server is too small.*GiB.*Make room/);
    expect(code).toBe(1);
  }, 60_000);
});

const describeDocker = await requireDocker();

describeSmallDisk('a disk that is full, with an engine', () => {
  describeDocker('under the evidence', () => {
    it('does not keep a container from being contained, is told, and evidence is kept again once there is room', async () => {
      await using lab = await DockerLab.open();
      await using mesh = await TestMesh.open();
      using disk = SmallDisk.mount(8);
      const labels = { 'forge.respond': 'true' };
      const [first, second] = [await lab.victim({ labels }), await lab.victim({ labels })];
      await using service = await ServiceProcess.start(
        'supervisor',
        mesh.environment({
          FORGE_DATA_DIR: disk.path,
          SUPERVISOR_MAX_CONTAINED_PERCENT: '100',
          ...(process.env.DOCKER_HOST === undefined ? {} : { DOCKER_HOST: process.env.DOCKER_HOST }),
        }),
      );
      await untilReady(service.url);
      const ask = (number: number, victim: typeof first) =>
        new Load(mesh.connection, {
          perSecond: 50,
          most: 1,
          eventOf: () => mitigationRequest(number, victim, { action: 'quarantine' }),
        });
      const untilContained = (victim: typeof first) =>
        waitFor(async () => Object.keys((await victim.inspect()).NetworkSettings.Networks).length === 0, {
          description: 'the victim to be off its network',
        });

      await disk.fill();
      const one = ask(1, first);
      await untilContained(first);
      await one.end();
      expect(await missingAt(service.url, 'evidence')).toContain('cannot be kept');
      const applied = await waitFor(
        async () => (await storedEvents(mesh.connection, 'mitigation.supervisor.applied')).at(0),
        { description: 'that it was applied' },
      );
      expect(JSON.stringify(applied.data)).toContain('evidence could not be kept');

      disk.empty();
      await untilReady(service.url);
      const two = ask(2, second);
      await untilContained(second);
      await two.end();
      const kept = await waitFor(
        async () => {
          const files = await readdir(join(disk.path, 'supervisor', 'evidence'), { recursive: true });
          return files.some((name) => name.endsWith('.json')) && files;
        },
        { description: 'evidence' },
      );
      expect(kept.filter((name) => name.endsWith('.part'))).toEqual([]);
      expect(await service.stop()).toBe(0);
    }, 60_000);
  });
});
