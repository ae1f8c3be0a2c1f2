import { setTimeout as delay } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { consumersOf, type MitigationTransition, requests, streamNames } from '@sentinel-forge/contracts';
import { RecordReader, recordDirectory, verifyRecord } from '@sentinel-forge/log-indexer';
import { type connectClient, requestApp } from '@sentinel-forge/messaging';
import { DockerLab, type LabNetwork, type Victim, waitFor } from '@sentinel-forge/testing';
import { countedOnce } from '../support/counted-once.js';
import { PrivateEngine } from '../support/private-engine.js';
import { storedEvents } from '../support/stored-events.js';
import { testToken } from '../support/tokens.js';
import { ChaosMesh } from './chaos-mesh.js';
import type { ChaosPlan } from './chaos-plan.js';
import { publishAll } from './telemetry-load.js';

type NatsConnection = Awaited<ReturnType<typeof connectClient>>;

const host = 'chaos';
const settleWithinMs = 120_000;
/** Counts its own starts, and ends at once when it is told to. */
const victimCommand = ['sh', '-c', 'echo start >>/starts; trap exit TERM; while :; do sleep 60 & wait $!; done'];

/** The stage of a run: an engine of its own with the containers, and the mesh. */
interface Stage {
  readonly plan: ChaosPlan;
  readonly mesh: ChaosMesh;
  readonly victims: readonly Victim[];
  readonly network: LabNetwork;
}

/**
 * Plays a plan on a mesh of its own, and looks whether everything came out as the plan says.
 * @returns what did not, one line each
 */
export async function runChaos(plan: ChaosPlan, tell: (line: string) => void): Promise<readonly string[]> {
  const sharedHost = process.env.DOCKER_HOST;
  await using engine = await PrivateEngine.start({ isLiveRestoring: true });
  process.env.DOCKER_HOST = engine.dockerHost;
  try {
    await using lab = await DockerLab.open();
    const network = await lab.network({ hasFixedSubnet: true });
    const victims = await Promise.all(
      plan.restarts.map((_, index) =>
        lab.victim({
          labels: { 'forge.respond': 'true' },
          networks: [{ network, ipv4Address: network.address(10 + index), aliases: [`victim-${index}`] }],
          command: victimCommand,
        }),
      ),
    );
    await using mesh = await ChaosMesh.start(engine);
    const stage = { plan, mesh, victims, network };
    await whenInventoried(stage);
    tell(`${plan.events} events, ${plan.asks} mitigations, ${plan.kills.length} kills`);
    await play(stage, tell);
    return [...(await judge(stage, tell)), ...(await mesh.stop())];
  } finally {
    if (sharedHost === undefined) {
      delete process.env.DOCKER_HOST;
    } else {
      process.env.DOCKER_HOST = sharedHost;
    }
  }
}

async function play({ plan, mesh, victims }: Stage, tell: (line: string) => void): Promise<void> {
  const producer = await mesh.connect('operator');
  const load = publishAll(producer, plan.schedule, (container) => victims[container]?.name ?? '');
  const startedAtMs = performance.now();
  await Promise.all([load, ...byVictim(plan).map((kills) => strike(mesh, kills, startedAtMs, tell))]);
  await producer.close();
}

/** The kills, one list for each of those that are killed: one that is down cannot be killed again. */
function byVictim({ kills }: ChaosPlan): readonly ChaosPlan['kills'][] {
  return [...Map.groupBy(kills, ({ victim }) => victim).values()];
}

async function strike(
  mesh: ChaosMesh,
  kills: ChaosPlan['kills'],
  startedAtMs: number,
  tell: (line: string) => void,
): Promise<void> {
  for (const { victim, atMs, downMs } of kills) {
    await delay(Math.max(0, atMs - (performance.now() - startedAtMs)));
    await mesh.kill(victim);
    tell(
      `${((performance.now() - startedAtMs) / 1000).toFixed(1).padStart(6)} s  ${victim} killed, down for ${downMs} ms`,
    );
    await delay(downMs);
    await mesh.revive(victim);
  }
}

async function judge(stage: Stage, tell: (line: string) => void): Promise<readonly string[]> {
  const { plan, mesh, victims } = stage;
  const connection = await mesh.connect('operator');
  await whenDrained(connection);
  await whenSettled(connection, plan);
  tell('everything is handled; looking at what came of it');
  const problems = [
    ...(await recordProblems(connection, stage)),
    ...(await mitigationProblems(connection, plan)),
    ...(await deadLetterProblems(connection)),
    ...(await Promise.all(victims.map((victim, index) => containerProblems(stage, victim, index)))).flat(),
  ];
  await releaseAll(connection, stage);
  problems.push(...(await Promise.all(victims.map((victim, index) => releaseProblems(stage, victim, index)))).flat());
  problems.push(...callProblems(stage));
  await connection.close();
  return problems;
}

/** sentinelcore resolves names by what supervisor has written down of them. */
async function whenInventoried({ mesh, victims }: Stage): Promise<void> {
  const connection = await mesh.connect('operator');
  const jsm = await jetstreamManager(connection, { checkAPI: false });
  const known = async (): Promise<boolean> => (await jsm.streams.info('KV_inventory')).state.messages >= victims.length;
  await waitFor(known, { description: 'the inventory', timeoutMs: 30_000, intervalMs: 100 });
  await connection.close();
}

/** Every consumer has handled everything, twice in a row: what is handled may say something more. */
async function whenDrained(connection: NatsConnection): Promise<void> {
  const jsm = await jetstreamManager(connection, { checkAPI: false });
  const readers = (['sentinelcore', 'supervisor', 'notification-dispatcher', 'log-indexer'] as const).flatMap((app) =>
    consumersOf(app, host),
  );
  let quietLooks = 0;
  const isDrained = async (): Promise<boolean> => {
    const all = await Promise.all(readers.map(({ stream, name }) => jsm.consumers.info(stream, name)));
    const isQuiet = all.every(({ num_pending, num_ack_pending }) => num_pending + num_ack_pending === 0);
    quietLooks = isQuiet ? quietLooks + 1 : 0;
    return quietLooks >= 2;
  };
  await waitFor(isDrained, { description: 'every consumer to be done', timeoutMs: settleWithinMs, intervalMs: 500 });
}

/** A request that is accepted is carried out on its own time. */
async function whenSettled(connection: NatsConnection, plan: ChaosPlan): Promise<void> {
  const isSettled = async (): Promise<boolean> =>
    (await storedEvents(connection, 'mitigation.supervisor.*')).filter(({ type }) =>
      /applied|failed|rejected/.test(type),
    ).length >= plan.asks;
  await waitFor(isSettled, {
    description: 'every mitigation to be settled',
    timeoutMs: settleWithinMs,
    intervalMs: 500,
  });
}

/** Every event of every stream stands in the record, once, and the record is whole. */
async function recordProblems(connection: NatsConnection, { plan, mesh }: Stage): Promise<readonly string[]> {
  const directory = recordDirectory(mesh.dataOf('log-indexer'));
  const jsm = await jetstreamManager(connection, { checkAPI: false });
  const lasts = await Promise.all(
    streamNames.map(async (name) => ({ name, last: (await jsm.streams.info(name)).state.last_seq })),
  );
  const wanted = lasts.flatMap(({ name, last }) => Array.from({ length: last }, (_, index) => `${name}:${index + 1}`));
  const read = async (): Promise<readonly { readonly place: string; readonly id: string }[]> => {
    const found: { place: string; id: string }[] = [];
    for await (const { entry } of new RecordReader(directory).entries()) {
      if (entry.kind === 'event') {
        found.push({ place: `${entry.stream}:${entry.seq}`, id: entry.stream === 'DEFEND' ? entry.id : '' });
      }
    }
    return found;
  };
  const recorded = await waitFor(
    async () => {
      const found = await read();
      return found.length >= wanted.length && found;
    },
    { description: 'the record to hold everything', timeoutMs: settleWithinMs, intervalMs: 500 },
  );
  const ids = recorded.flatMap(({ id }) => (id === '' ? [] : [id]));
  const { verdict } = await verifyRecord(directory);
  return [
    ...countedOnce(
      recorded.map(({ place }) => place),
      wanted,
    ).map((problem) => `record: ${problem}`),
    ...countedOnce(
      ids,
      plan.schedule.map(({ id }) => id),
    ).map((problem) => `record: ${problem}`),
    ...(verdict === 'intact' ? [] : [`record: ${verdict}`]),
  ];
}

/** Each one that was asked for was asked for once, and applied once; none failed or was refused. */
async function mitigationProblems(connection: NatsConnection, plan: ChaosPlan): Promise<readonly string[]> {
  const requested = await storedEvents(connection, `mitigation.sentinelcore.requested.${host}`);
  const idOf = ({ data }: { readonly data: object }): string => (data as MitigationTransition).mitigationId;
  const wanted = requested.map(idOf);
  const said = await storedEvents(connection, 'mitigation.supervisor.*');
  const applied = said.filter(({ type }) => type.includes('.applied.')).map(idOf);
  return [
    ...(new Set(wanted).size === plan.asks
      ? []
      : [`${new Set(wanted).size} mitigations were asked for, not ${plan.asks}`]),
    ...countedOnce(wanted, []).map((problem) => `request: ${problem}`),
    ...countedOnce(applied, wanted).map((problem) => `applied: ${problem}`),
    ...said
      .filter(({ type }) => /failed|rejected/.test(type))
      .map(({ type, data }) => `${type} ${idOf({ data })}: ${(data as MitigationTransition).reason}`),
  ];
}

async function deadLetterProblems(connection: NatsConnection): Promise<readonly string[]> {
  const letters = await storedEvents(connection, 'dead-letter.>');
  return letters.map(({ data }) => `dead letter: ${JSON.stringify(data).slice(0, 500)}`);
}

/** Why a container does not run, as the engine tells it; undefined when it does. */
async function whyDown(victim: Victim, index: number): Promise<string | undefined> {
  const { State: state } = await victim.inspect();
  const { Status, ExitCode, Error: error, StartedAt, FinishedAt } = state;
  return Status === 'running'
    ? undefined
    : `container ${index} is ${Status} (${ExitCode}${error === '' ? '' : `, ${error}`}), from ${StartedAt} to ${FinishedAt}`;
}

async function startsOf(victim: Victim): Promise<number> {
  const { output } = await victim.exec('cat', '/starts');
  return output.trim().split('\n').length;
}

/**
 * Whether a container was started as often as it was to be. An engine that is killed in the middle of a restart may have
 * started it and lost it: for each call that was cut off there may be one start more.
 */
function startProblems({ mesh }: Stage, { id }: Victim, counted: { readonly starts: number; readonly wanted: number }) {
  const { starts, wanted } = counted;
  const cut = mesh.proxy.calls.filter(({ path, outcome }) => path === restartOf(id) && outcome === 'cut').length;
  return starts < wanted || starts > wanted + cut
    ? [`was started ${starts} times, not ${wanted}${cut === 0 ? '' : `, and ${cut} restarts were cut off`}`]
    : [];
}

const restartOf = (id: string): string => `/containers/${id}/restart`;
const startOf = (id: string): string => `/containers/${id}/start`;

/** A restart is a start of the container's own counting; a quarantine is no network, and nothing else. */
async function containerProblems(stage: Stage, victim: Victim, index: number): Promise<readonly string[]> {
  const { plan, network } = stage;
  const down = await whyDown(victim, index);
  if (down !== undefined) {
    return [down];
  }
  const starts = await startsOf(victim);
  const wanted = 1 + (plan.restarts[index] ?? 0);
  const address = await victim.addressOn(network);
  return [
    ...startProblems(stage, victim, { starts, wanted }).map((problem) => `container ${index} ${problem}`),
    ...((address === undefined) === plan.quarantined[index]
      ? []
      : [`container ${index} is ${address === undefined ? 'off' : 'on'} its network`]),
  ];
}

async function releaseAll(connection: NatsConnection, { plan, victims, network }: Stage): Promise<void> {
  const token = await testToken();
  await requestApp(connection, requests.releaseMitigation, 'supervisor', { all: true }, { token, instance: host });
  for (const [index, victim] of victims.entries()) {
    if (plan.quarantined[index]) {
      await waitFor(async () => (await victim.addressOn(network)) !== undefined, {
        description: `container ${index} to be released`,
        timeoutMs: settleWithinMs,
        intervalMs: 200,
      });
    }
  }
}

/** A release is a restart while it is off, and its old address. */
async function releaseProblems(stage: Stage, victim: Victim, index: number): Promise<readonly string[]> {
  const { plan, network } = stage;
  const down = await whyDown(victim, index);
  if (down !== undefined) {
    return [`after the release, ${down}`];
  }
  const address = await victim.addressOn(network);
  const starts = await startsOf(victim);
  const wanted = 1 + (plan.restarts[index] ?? 0) + (plan.quarantined[index] ? 1 : 0);
  return [
    ...(address === network.address(10 + index) ? [] : [`container ${index} came back at ${address}`]),
    ...startProblems(stage, victim, { starts, wanted }).map((problem) => `in all, container ${index} ${problem}`),
  ];
}

/**
 * The calls that changed something, as the engine answered them: no more of a kind were done than were to be, and where fewer
 * were answered, those that are missing were cut off by a kill (whether they had their effect, the containers tell).
 */
function callProblems({ plan, mesh, victims, network }: Stage): readonly string[] {
  const outcomes = (path: string): { readonly done: number; readonly cut: number } => {
    const calls = mesh.proxy.calls.filter((call) => call.path === path);
    return {
      done: calls.filter(({ outcome }) => typeof outcome === 'number' && outcome < 300).length,
      cut: calls.filter(({ outcome }) => outcome === 'cut').length,
    };
  };
  const judgeCalls = (what: string, path: string, wanted: number): readonly string[] => {
    const { done, cut } = outcomes(path);
    return done > wanted || done + cut < wanted
      ? [`${what}: ${done} calls were done and ${cut} cut off, of ${wanted} expected`]
      : [];
  };
  const held = plan.quarantined.filter(Boolean).length;
  const moved = (verb: string): string => `/networks/${network.id}/${verb}`;
  const known = new Set([
    moved('connect'),
    moved('disconnect'),
    ...victims.flatMap(({ id }) => [restartOf(id), startOf(id)]),
  ]);
  return [
    ...victims.flatMap(({ id }, index) =>
      judgeCalls(
        `restart of container ${index}`,
        restartOf(id),
        (plan.restarts[index] ?? 0) + (plan.quarantined[index] ? 1 : 0),
      ),
    ),
    // What an engine that was killed had started and lost is started again; nothing else is.
    ...victims.flatMap(({ id }, index) =>
      outcomes(startOf(id)).done > outcomes(restartOf(id)).cut ? [`container ${index} was started without need`] : [],
    ),
    ...judgeCalls('disconnect', moved('disconnect'), held),
    ...judgeCalls('connect', moved('connect'), held),
    ...mesh.proxy.calls.filter(({ path }) => !known.has(path)).map(({ path }) => `unexpected call: ${path}`),
  ];
}
