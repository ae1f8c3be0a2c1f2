import { planChaos, victimsOfChaos } from './chaos-plan.js';

const options = { seed: 1, events: 10_000, perSecond: 1_000, asks: 200, containers: 10, killsEach: 2 };

it('is the same for the same seed, and another for another one', () => {
  expect(planChaos(options)).toEqual(planChaos(options));
  expect(planChaos({ ...options, seed: 2 }).kills).not.toEqual(planChaos(options).kills);
});

it('asks for as much as it is told to, kills each of them, and knows beforehand what must come of it', () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const plan = planChaos({ ...options, seed });
    const asks = plan.schedule.flatMap(({ ask }) => ask ?? []);
    expect([plan.schedule.length, asks.length]).toEqual([10_000, 200]);
    expect(new Set(plan.schedule.map(({ id }) => id)).size).toBe(10_000);
    for (const victim of victimsOfChaos) {
      const times = plan.kills.filter((kill) => kill.victim === victim).map(({ atMs }) => atMs);
      expect(times).toHaveLength(2);
      expect(times.every((atMs) => atMs >= 500 && atMs <= 10_500)).toBe(true);
    }
    const restarts = asks.filter(({ action }) => action === 'restart');
    expect(plan.restarts.reduce((sum, count) => sum + count, 0)).toBe(restarts.length);
    expect(plan.quarantined).toEqual(
      Array.from({ length: 10 }, (_, container) =>
        asks.some((ask) => ask.container === container && ask.action === 'quarantine'),
      ),
    );
  }
});
