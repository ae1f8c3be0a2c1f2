import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Arrivals, whyNoDocker } from '@sentinel-forge/testing';
import { SupervisorStage } from '../docker/supervisor-stage.js';
import { quantileOverAll } from '../report/statistics.js';
import type { Suite } from '../suite.js';

const victimsPerRound = 11;
const label = 'forge-bench.heal';

const autoheal = 'published figure, see docs/guides/benchmark.md';
const median = quantileOverAll(0.5);

/** How soon what turned unhealthy is restarted. */
export const suite: Suite = {
  name: 'healing',
  summary: 'unhealthy → restart call begun, on a real engine',
  whyNot: whyNoDocker,
  rows: [
    { key: 'p50', what: 'unhealthy → restart begun, p50', unit: 'ms', statistic: median, comparedTo: 'autoheal-1' },
    {
      key: 'p99',
      what: 'unhealthy → restart begun, p99',
      unit: 'ms',
      statistic: quantileOverAll(0.99),
      goal: { kind: 'at-most', value: 50 },
    },
    {
      key: 'autoheal-1',
      what: 'docker-autoheal, interval 1 s, median',
      unit: 'ms',
      statistic: median,
      published: { value: 870, source: autoheal },
    },
    {
      key: 'autoheal-5',
      what: 'docker-autoheal, interval 5 s, median',
      unit: 'ms',
      statistic: median,
      published: { value: 2_760, source: autoheal },
    },
  ],
  async measure(round) {
    round.progress(`${victimsPerRound} containers`);
    await using stage = await SupervisorStage.open({
      AUTOHEAL_CONTAINER_LABEL: label,
      // Nothing but what is heard makes the healer act, and how many are unhealthy at once does not hold it back.
      AUTOHEAL_INTERVAL: '3600',
      AUTOHEAL_FLEET_MINIMUM: '100000',
      ...round.environmentFor('supervisor'),
    });
    await using health = await followHealth(stage);
    const victims = await stage.victims(victimsPerRound, { labels: { [label]: 'true' }, hasHealthCheck: true });
    // Each is healed once: a second restart in a row would wait its turn, and is meant to.
    for (const victim of victims) {
      const before = stage.requestCount;
      await victim.setHealthy(false);
      const beganAtMs = await stage.requestedAtMs(
        (line) => line.startsWith(`POST /containers/${victim.id}/restart`),
        before,
        `${victim.name} to be restarted`,
      );
      const delayMs = beganAtMs - (await health.unhealthyAtMs(victim.id));
      // The first one only has the supervisor compile what it has never done before.
      if (victim !== victims[0]) {
        round.record('p50', delayMs);
        round.record('p99', delayMs);
      }
      await stage.says('restarted', victim);
      await victim.remove();
    }
  },
};

/** When the engine says that a container turned unhealthy: by its own clock, which is this machine's. */
async function followHealth({ lab }: SupervisorStage) {
  const told = new Arrivals<{ readonly id: string; readonly atMs: number }>();
  const stream = await lab.docker.getEvents({ filters: { type: ['container'], event: ['health_status'] } });
  createInterface({ input: stream }).on('line', (line) => {
    const event = JSON.parse(line) as { readonly id: string; readonly status: string; readonly timeNano: number };
    if (event.status === 'health_status: unhealthy') {
      told.add({ id: event.id, atMs: event.timeNano / 1e6 });
    }
  });
  return {
    async unhealthyAtMs(id: string): Promise<number> {
      const all = await told.until((events) => events.some((event) => event.id === id), 'the engine to tell');
      return all.find((event) => event.id === id)?.atMs ?? Number.NaN;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      (stream as Readable).destroy();
    },
  };
}
