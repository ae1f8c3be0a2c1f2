import { whyNoPrivateEngine } from '../support/private-engine.js';
import { planChaos } from './chaos-plan.js';
import { runChaos } from './chaos-run.js';

const reason = await whyNoPrivateEngine();
if (reason !== undefined) {
  process.stderr.write(`skipped: chaos kills an engine of its own: ${reason}\n`);
}

/** A short run of what `npm run chaos` does. */
(reason === undefined ? it : it.skip)(
  'nothing is lost, repeated or left undone, whoever is killed at whatever moment',
  async () => {
    const plan = planChaos({ seed: 1, events: 2_000, perSecond: 250, asks: 40, containers: 10, killsEach: 1 });
    const told: string[] = [];
    expect(await runChaos(plan, (line) => told.push(line))).toEqual([]);
    expect(told.filter((line) => line.includes('killed'))).toHaveLength(plan.kills.length);
  },
  300_000,
);
