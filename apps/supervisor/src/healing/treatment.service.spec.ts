import { validatorFor } from '@sentinel-forge/contracts';
import type { ContainerSnapshot } from '@sentinel-forge/docker';
import fc from 'fast-check';
import { SimulatedEngine } from '../testing/simulated-engine.js';
import { type Diagnosis, diagnose } from './diagnosis.service.js';
import { HealingRecord, newHealingRecord } from './healing.record.js';
import { defaultHealingPolicy, type HealingPolicy } from './healing-policy.js';
import { rearm, type TreatmentFacts, treat } from './treatment.service.js';

const policy: HealingPolicy = { ...defaultHealingPolicy, host: 'testhost' };
const facts: TreatmentFacts = {
  jitter: 0.5,
  lease: { instance: 'one', until: '2026-01-01T01:00:00.000Z' },
  dependantsOf: () => [],
};
const ailing: Diagnosis = { kind: 'ailing', help: 'restart', reason: 'its health check fails' };
const diagnoses = { ailing, well: { kind: 'well' }, leave: { kind: 'leave', why: 'a test' } } as const;
const startMs = Date.parse('2026-01-01T00:00:00Z');

function containerOf(change: Partial<ContainerSnapshot> = {}): ContainerSnapshot {
  const engine = new SimulatedEngine();
  engine.add({ id: 'c'.repeat(64), name: 'web' });
  return { ...(engine.see('c'.repeat(64)) as ContainerSnapshot), ...change };
}

/** A container that is looked at again and again, and that does what it is told. */
class Story {
  record: HealingRecord = newHealingRecord({ id: 'c'.repeat(64), name: 'web' });
  container = containerOf();
  nowMs = startMs;
  readonly actsMs: number[] = [];
  readonly said: string[] = [];
  #starts = 0;

  /** The most acts that fell into any window of this length. */
  mostActsWithin(windowMs: number): number {
    const within = (fromMs: number) => this.actsMs.filter((atMs) => atMs >= fromMs && atMs < fromMs + windowMs).length;
    return Math.max(0, ...this.actsMs.map(within));
  }

  look(diagnosis: Diagnosis, jitter = 0.5): void {
    const lease = { instance: 'one', until: new Date(this.nowMs + 60_000).toISOString() };
    const treatment = treat(this.record, this.container, diagnosis, { ...facts, jitter, lease }, policy, this.nowMs);
    this.said.push(...treatment.record.unsaid.map(({ state }) => state));
    this.record = { ...treatment.record, unsaid: [] };
    expect(validatorFor(HealingRecord).problemsOf(treatment.record)).toEqual([]);
    if (treatment.act !== undefined) {
      // Asked again before the call was made, it is the same intent and no further attempt.
      const again = treat(this.record, this.container, diagnosis, { ...facts, jitter, lease }, policy, this.nowMs);
      expect(again.record.attempts).toBe(this.record.attempts);
      expect(again.act).toMatchObject({ how: treatment.act.how });
      this.actsMs.push(this.nowMs);
      this.#starts += 1;
      this.container = containerOf({ startedAt: new Date(this.nowMs + this.#starts).toISOString() });
    }
  }
}

describe('the treatment', () => {
  it('restarts what is ailing at once the first time', () => {
    const story = new Story();
    story.look(ailing, 0.999);
    expect(story.actsMs).toEqual([startMs]);
    expect(story.said).toEqual(['unhealthy']);
  });

  it('acts no more often within any window than the policy allows, whatever happens, and tells each giving up once', () => {
    const look = fc.record({
      passMs: fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 40 * 60_000 })),
      kind: fc.constantFrom('ailing', 'ailing', 'ailing', 'well', 'leave'),
      jitter: fc.double({ min: 0, max: 0.999, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 120 }), (looks) => {
        const story = new Story();
        let gaveUp = 0;
        for (const { passMs, kind, jitter } of looks) {
          story.nowMs += passMs;
          const wasGivenUp = story.record.gaveUpAt;
          story.look(diagnoses[kind], jitter);
          gaveUp += Number(wasGivenUp === undefined && story.record.gaveUpAt !== undefined);
        }
        expect(story.mostActsWithin(policy.windowMs)).toBeLessThanOrEqual(policy.maxRestarts);
        expect(story.said.filter((state) => state === 'gave-up')).toHaveLength(gaveUp);
        expect(story.said.filter((state) => state === 'healthy').length).toBeLessThanOrEqual(
          story.said.filter((state) => state === 'unhealthy').length,
        );
      }),
    );
  });

  it('ends in giving up what never gets well, and tries it once every half-open period from then on', () => {
    const story = new Story();
    for (let second = 0; second < 2 * 3600; second++) {
      story.look(ailing);
      story.nowMs += 1_000;
    }
    expect(story.said.filter((state) => state === 'gave-up')).toHaveLength(1);
    expect(story.actsMs).toHaveLength(policy.maxRestarts + 3);
  });

  it('gives up what never gets well, however long its health check takes to find that out', () => {
    // Docker's own defaults: a check every 30 s, and the third failure is unhealthy.
    const starting: Diagnosis = { kind: 'leave', why: 'it is starting' };
    const story = new Story();
    for (let second = 0; second < 1_800; second++) {
      const isStarting = story.nowMs - (story.actsMs.at(-1) ?? Number.NEGATIVE_INFINITY) < 90_000;
      story.look(isStarting ? starting : ailing);
      story.nowMs += 1_000;
    }
    expect(story.said).toContain('gave-up');
    expect(story.actsMs).toHaveLength(policy.maxRestarts);
  });

  it('forgets restarts only after a stable time, and at once when a person says so', () => {
    const story = new Story();
    story.look(ailing);
    story.look({ kind: 'well' });
    expect(story.record.attempts).toBe(1);
    story.nowMs += policy.stableMs - 1;
    story.look({ kind: 'well' });
    expect(story.record.attempts).toBe(1);
    story.nowMs += 1;
    story.look({ kind: 'well' });
    expect(story.record.attempts).toBe(0);
    expect(rearm({ ...story.record, gaveUpAt: '2026-01-01T00:00:00Z', condition: 'given-up' })).toMatchObject({
      attempts: 0,
      restarts: [],
      condition: 'ailing',
    });
  });

  it('lets what another process has begun be, until its lease is over', () => {
    const story = new Story();
    const container = containerOf();
    const lease = { instance: 'other', until: new Date(startMs + 30_000).toISOString() };
    const record = {
      ...story.record,
      attempts: 1,
      intent: { how: 'restart', reason: 'r', isCounted: true, lease, startedAt: container.startedAt as string },
    } as const;
    expect(treat(record, container, ailing, facts, policy, startMs)).toMatchObject({ lookAgainAtMs: startMs + 30_000 });
    expect(treat(record, container, ailing, facts, policy, startMs).act).toBeUndefined();
    expect(treat(record, container, ailing, facts, policy, startMs + 30_000).act).toBeDefined();
  });
});

describe('the diagnosis', () => {
  const free = {
    isHeld: false,
    diedWithEngine: false,
    wasKilled: false,
    isEnding: false,
    isHealthStale: false,
    isOnlyRunning: false,
  };
  const record = (wish: HealingRecord['wish']): HealingRecord => ({
    ...newHealingRecord({ id: 'c', name: 'web' }),
    wish,
  });

  it('finds nothing to do for what is held, paused, starting anyway, or was stopped', () => {
    const states = fc.constantFrom<ContainerSnapshot['state']>(
      'created',
      'running',
      'paused',
      'restarting',
      'removing',
      'exited',
      'dead',
    );
    const healths = fc.constantFrom<ContainerSnapshot['health']>('none', 'starting', 'healthy', 'unhealthy');
    fc.assert(
      fc.property(
        states,
        healths,
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        fc.constantFrom('running', 'stopped', 'unknown'),
        (state, health, exitCode, isHeld, wish) => {
          const diagnosis = diagnose(containerOf({ state, health, exitCode }), record(wish as 'running'), {
            ...free,
            isHeld,
          });
          const mayHelp =
            !isHeld &&
            ((state === 'running' && health === 'unhealthy') ||
              (state === 'exited' && wish === 'running' && exitCode !== 0));
          expect(diagnosis.kind === 'ailing').toBe(mayHelp);
          expect(diagnosis.kind === 'unknown').toBe(!isHeld && state === 'exited' && wish === 'unknown');
        },
      ),
    );
  });

  it('starts what ended with the engine, whatever its exit code', () => {
    const ended = containerOf({ state: 'exited', exitCode: 0 });
    expect(diagnose(ended, record('running'), { ...free, diedWithEngine: true })).toMatchObject({
      kind: 'ailing',
      help: 'start',
    });
    expect(diagnose(ended, record('running'), free).kind).toBe('leave');
    expect(diagnose(ended, record('stopped'), { ...free, diedWithEngine: true }).kind).toBe('leave');
  });

  it('leaves alone what somebody may be stopping, and what died where only what runs is healed', () => {
    const unhealthy = containerOf({ health: 'unhealthy' });
    expect(diagnose(unhealthy, record('running'), { ...free, isEnding: true }).kind).toBe('leave');
    const dead = containerOf({ state: 'exited', exitCode: 137 });
    expect(diagnose(dead, record('running'), { ...free, isOnlyRunning: true }).kind).toBe('leave');
    expect(diagnose(unhealthy, record('running'), { ...free, isOnlyRunning: true }).kind).toBe('ailing');
  });

  it('finds what is left behind in a network namespace that is no more', () => {
    const running = containerOf({ startedAt: '2026-01-01T00:00:00.1Z' });
    expect(diagnose(running, record('running'), { ...free, namespaceStartedAt: '2026-01-01T00:00:00.12Z' }).kind).toBe(
      'ailing',
    );
    expect(diagnose(running, record('running'), { ...free, namespaceStartedAt: '2026-01-01T00:00:00.01Z' }).kind).toBe(
      'well',
    );
  });
});
