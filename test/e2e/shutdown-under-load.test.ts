import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type AppName, events } from '@sentinel-forge/contracts';
import { recordDirectory, verifyRecord } from '@sentinel-forge/log-indexer';
import { DockerLab, HttpTestServer, requireDocker, type Victim, waitFor } from '@sentinel-forge/testing';
import { countedOnce } from '../support/counted-once.js';
import { EmbeddedMeshProcess } from '../support/embedded-mesh-process.js';
import { HttpLoad } from '../support/http-load.js';
import { Load, type LoadEvent } from '../support/load.js';
import { mitigationIdOf, mitigationRequest } from '../support/mitigation-requests.js';
import { untilReady } from '../support/readiness.js';
import { type RecordedEvent, recordedEvents } from '../support/recorded-events.js';
import { ServiceProcess } from '../support/service-process.js';
import { storedEvents } from '../support/stored-events.js';
import { TestMesh } from '../support/test-mesh.js';

/** What a service is given by whoever stops it before it is cut off, as the README says. */
const stopWithinMs = 25_000;

/** What is asked of one service, and how one sees that it was done. */
interface Story {
  readonly settings: Readonly<Record<string, string>>;
  readonly perSecond: number;
  readonly most?: number;
  eventOf(number: number): LoadEvent;
  /** The ids of the events whose effect is there, once for each effect. */
  effects(): Promise<readonly string[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

type Stage = { readonly mesh: TestMesh; readonly folder: string };

const telemetry = (number: number): LoadEvent => ({
  id: `load-${number}`,
  subject: 'defend.load',
  definition: events.telemetry,
  source: 'load',
  data: { source: 'load', severity: 10, attributes: { filling: 'x'.repeat(200) } },
});
const nothingToEnd = async (): Promise<void> => undefined;

const stories: Readonly<Partial<Record<AppName, (stage: Stage) => Promise<Story>>>> = {
  sentinelcore: async ({ mesh }) => ({
    settings: {},
    perSecond: 1_000,
    eventOf: telemetry,
    effects: async () =>
      (await storedEvents(mesh.connection, 'mitigation.sentinelcore.>')).map(({ data }) =>
        String((data as { detail?: { eventId?: string } }).detail?.eventId),
      ),
    [Symbol.asyncDispose]: nothingToEnd,
  }),
  'log-indexer': async ({ folder }) => ({
    settings: { LOG_ROTATE_ENTRIES: '500' },
    perSecond: 2_000,
    eventOf: telemetry,
    effects: async () => {
      const entries = await recordedEvents(recordDirectory(folder));
      return entries.filter(({ stream }) => stream === 'DEFEND').map(({ id }) => id);
    },
    [Symbol.asyncDispose]: nothingToEnd,
  }),
  'notification-dispatcher': async () => {
    const web = await HttpTestServer.start();
    return {
      settings: {
        NOTIFY_WEBHOOK_URL: `${web.url}/hook`,
        NOTIFY_EGRESS_ALLOW: '127.0.0.1',
        NOTIFY_CAP_PER_MINUTE: '10000',
        NOTIFY_REPEAT_AFTER_SECONDS: '0',
      },
      perSecond: 200,
      eventOf: (number) => ({
        id: `notice-${number}`,
        subject: 'notify.requested',
        definition: events.notifyRequested,
        source: '/notification-dispatcher',
        data: { title: `notice-${number}.`, body: 'under load', severity: 5, channel: 'webhook' },
      }),
      effects: async () => web.requests.flatMap(({ body }) => /notice-\d+(?=\.)/.exec(body)?.[0] ?? []),
      [Symbol.asyncDispose]: () => web[Symbol.asyncDispose](),
    };
  },
};

/** Twelve containers that take a second to stop: restarted once each, whatever happens to supervisor. */
async function restarts(): Promise<Story> {
  const lab = await DockerLab.open();
  const victims: Victim[] = [];
  for (let count = 0; count < 12; count += 1) {
    victims.push(
      await lab.victim({
        labels: { 'forge.respond': 'true' },
        networkMode: 'none',
        command: ['sh', '-c', 'trap "sleep 1; exit" TERM; while :; do sleep 1 & wait $!; done'],
      }),
    );
  }
  const startedAt = Math.floor(Date.now() / 1000) - 1;
  return {
    settings: {
      SUPERVISOR_MAX_ACTIONS_PER_MINUTE: '1000',
      SUPERVISOR_MAX_CONTAINED_PERCENT: '100',
      SUPERVISOR_HEAL: 'false',
      ...(process.env.DOCKER_HOST === undefined ? {} : { DOCKER_HOST: process.env.DOCKER_HOST }),
    },
    perSecond: 10,
    most: victims.length,
    eventOf: (number) => mitigationRequest(number, victims[number - 1] ?? { id: '', name: '' }, { action: 'restart' }),
    effects: async () => {
      const filters = { event: ['restart'], container: victims.map(({ id }) => id) };
      const until = Math.ceil(Date.now() / 1000) + 1;
      const stream = await lab.docker.getEvents({ since: startedAt, until, filters });
      const lines = await text(stream);
      return lines
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as { id: string }).id)
        .map((containerId) => mitigationIdOf(victims.findIndex(({ id }) => id === containerId) + 1));
    },
    [Symbol.asyncDispose]: () => lab.close(),
  };
}

/** Stops the service with SIGTERM in the middle of what it does, starts it again, and counts effects. */
async function stopUnderLoad(app: AppName, tell: (stage: Stage) => Promise<Story>): Promise<void> {
  await using mesh = await TestMesh.open();
  const folder = await mkdtemp(join(tmpdir(), 'forge-stop-'));
  await using story = await tell({ mesh, folder });
  await using service = await ServiceProcess.start(
    app,
    mesh.environment({ FORGE_DATA_DIR: folder, ...story.settings }),
  );
  await untilReady(service.url);
  const load = new Load(mesh.connection, story);
  try {
    await waitFor(async () => (await story.effects()).length > 0, { description: 'some effects', intervalMs: 100 });
    const askedAtMs = performance.now();
    expect(await service.stop()).toBe(0);
    expect(performance.now() - askedAtMs).toBeLessThan(stopWithinMs);
    await service.restart();
  } finally {
    await load.end();
  }
  const effects = await waitFor(
    async () => {
      const found = await story.effects();
      return new Set(found).size >= load.acknowledged.length && found;
    },
    { description: `the effects of ${load.acknowledged.length} events`, timeoutMs: 30_000, intervalMs: 200 },
  );
  expect(countedOnce(effects, load.acknowledged)).toEqual([]);
  expect(await storedEvents(mesh.connection, 'dead-letter.>')).toEqual([]);
  expect(await service.stop()).toBe(0);
  if (app === 'log-indexer') {
    expect(await verifyRecord(recordDirectory(folder))).toMatchObject({ verdict: 'intact' });
  }
  await rm(folder, { recursive: true });
}

describe('SIGTERM under load', () => {
  it('of the whole mesh loses and repeats nothing of what was acknowledged, and exits 0 within its budget', async () => {
    await using mesh = await EmbeddedMeshProcess.start({ environment: { FORGE_RATE_LIMIT_RPM: '100000' } });
    const load = new HttpLoad(mesh.urlOf('sentinelcore'), await mesh.token());
    await waitFor(() => load.acknowledged.length > 500, { description: 'some load' });
    const askedAtMs = performance.now();
    expect(await mesh.stop('SIGTERM')).toBe(0);
    expect(performance.now() - askedAtMs).toBeLessThan(stopWithinMs);
    await load.end();

    await mesh.restart();
    const decidedOn = ({ subject, data }: RecordedEvent): readonly string[] =>
      subject.startsWith('mitigation.sentinelcore.')
        ? [String((data as { detail?: { eventId?: string } }).detail?.eventId)]
        : [];
    const entries = await waitFor(
      async () => {
        const found = await recordedEvents(recordDirectory(mesh.dataDirectory));
        return found.flatMap(decidedOn).length >= load.acknowledged.length && found;
      },
      { description: `the decisions on ${load.acknowledged.length} events`, timeoutMs: 30_000, intervalMs: 250 },
    );
    expect(countedOnce(entries.flatMap(decidedOn), load.acknowledged)).toEqual([]);
    const telemetryIds = entries.filter(({ stream }) => stream === 'DEFEND').map(({ id }) => id);
    expect(countedOnce(telemetryIds, load.acknowledged)).toEqual([]);
    expect(await mesh.stop('SIGTERM')).toBe(0);
    expect(await verifyRecord(recordDirectory(mesh.dataDirectory))).toMatchObject({ verdict: 'intact' });
  }, 90_000);

  it.each(Object.entries(stories))(
    'of %s loses and repeats nothing of what was acknowledged, and exits 0 within its budget',
    (app, tell) => stopUnderLoad(app as AppName, tell),
    90_000,
  );
});

const describeDocker = await requireDocker();

describeDocker('SIGTERM under load, with an engine', () => {
  it(
    'of supervisor restarts every container once, and exits 0 within its budget',
    () => stopUnderLoad('supervisor', restarts),
    90_000,
  );
});
