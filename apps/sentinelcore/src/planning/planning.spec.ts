import {
  limits,
  MitigationRequested,
  MitigationTransition,
  mitigationIdOf,
  validatorFor,
} from '@sentinel-forge/contracts';
import fc from 'fast-check';
import type { TelemetryEvent } from '../detection/field.js';
import { ruleSetOf } from '../detection/rule-set.js';
import type { Decision, Plan } from './decision.js';
import { MemoryInventory } from './memory-inventory.js';
import { type DecisionContext, decide } from './planning.service.js';
import { defaultPolicy } from './response-policy.js';
import { telemetryEventOf, testRules } from './rule-test.js';

const rulesText = `
rules:
  - { id: plus-20, description: adds, when: { field: attributes.plus, equals: 20 }, score: 20, reason: 'plus {attributes.plus}' }
  - { id: slow, description: hogs, when: { field: attributes.slow, equals: true }, score: 40, action: throttle, ttl: 5m }
  - { id: hung, description: hangs, when: { field: attributes.hung, equals: true }, score: 40, action: restart }
  - { id: ransom, description: encrypts, when: { field: attributes.ransom, equals: true }, score: 80, action: stop }
  - { id: long, description: lasts, when: { field: attributes.long, equals: true }, score: 0, ttl: 2h }
  - { id: trial, description: on trial, when: { field: attributes.trial, equals: true }, score: 60, simulate: true }
  - { id: minus, description: takes, when: { field: attributes.minus, equals: true }, score: -30 }
allow:
  - { container: backup, until: 2030-01-01, reason: reads everything }
  - { source: scanner, rule: plus-20, until: 2030-01-01, reason: our own }
`;
const ruleSet = ruleSetOf([{ file: 'rules.yaml', text: rulesText }]);
const inventory = new MemoryInventory();
const victim = { host: 'one', id: '1'.repeat(64), name: 'victim' };
inventory.upsert(victim);
inventory.upsert({ host: 'one', id: '2'.repeat(64), name: 'twin' });
inventory.upsert({ host: 'two', id: '3'.repeat(64), name: 'twin' });
inventory.upsert({ host: 'two', id: '4'.repeat(64), name: 'shop-backup-1', service: 'backup' });
const nowMs = Date.UTC(2026, 0, 31);
const context: DecisionContext = { ruleSet, policy: defaultPolicy, inventory, inForce: { on: () => [] }, nowMs };
const target = { container: 'victim' };

const on = (data: object, own: Partial<DecisionContext> = {}): Decision =>
  decide(telemetryEventOf('auth', { source: 'web', ...data }, 'event-1'), { ...context, ...own });

describe('a decision', () => {
  it('below the threshold of a notice is to do nothing', () => {
    expect(on({ severity: 3, target })).toEqual({
      eventId: 'event-1',
      score: 8,
      verdict: 'observe',
      contributions: [{ rule: 'severity', points: 8, reason: 'severity 3 of 10' }],
      plan: { kind: 'nothing', reason: 'the score is below that of a notice' },
    });
  });

  it('to notify needs no container, and names the one it knows', () => {
    const { verdict, plan } = on({ severity: 8, target });
    expect(verdict).toBe('notify');
    expect(plan).toMatchObject({
      kind: 'notify',
      data: {
        action: 'notify',
        target: victim,
        actor: 'sentinelcore',
        reason: 'notify at score 58: severity 8 of 10 (+58)',
      },
    });
    expect(on({ severity: 8, target: { container: 'twin' } }).plan).toMatchObject({ data: { targetName: 'twin' } });
    expect(on({ severity: 8 }).plan).toMatchObject({ kind: 'notify' });
  });

  it('to contain is a request to the supervisor of the host, with the evidence', () => {
    const { plan } = on({ severity: 10, summary: 'it burns', target });
    expect(plan).toEqual({
      kind: 'request',
      host: 'one',
      disposition: { kind: 'new' },
      data: {
        mitigationId: mitigationIdOf('event-1', `one/${victim.id}`, 'quarantine'),
        action: 'quarantine',
        target: victim,
        reason: 'quarantine at score 90: severity 10 of 10 (+90)',
        score: 90,
        requestedAt: '2026-01-31T00:00:00.000Z',
        ttlMs: 3_600_000,
        evidence: {
          eventId: 'event-1',
          subject: 'defend.auth',
          source: 'web',
          summary: 'it burns',
          contributions: [{ rule: 'severity', points: 90, reason: 'severity 10 of 10' }],
        },
      },
    });
    expect(on({ severity: 9, target }).plan).toMatchObject({ data: { action: 'isolate', ttlMs: 900_000 } });
  });

  it.each([
    ['names no container', {}, 'unnamed'],
    ['names an unknown container', { container: 'ghost' }, 'unknown'],
    ['names one of several', { container: 'twin' }, 'ambiguous'],
  ])('is a rejection where the telemetry %s', (_, uncertain, kind) => {
    const { verdict, plan } = on({ severity: 10, target: uncertain });
    expect(verdict).toBe('quarantine');
    expect(plan).toMatchObject({
      kind: 'rejection',
      data: { action: 'quarantine', score: 90, detail: { target: kind } },
    });
    expect(plan).toMatchObject({
      data: { reason: expect.stringMatching(/^quarantine at score 90 is rejected: .+target\./) },
    });
  });

  it('takes the action of a rule only where it says so, the score suffices, and nothing stronger is due', () => {
    expect(on({ target, attributes: { hung: true } }).verdict).toBe('restart');
    expect(on({ target, attributes: { slow: true } }).verdict).toBe('throttle');
    expect(on({ target, attributes: { slow: true, hung: true } }).verdict).toBe('isolate');
    expect(on({ target, attributes: { hung: true, minus: true } }).verdict).toBe('observe');
    expect(on({ target, severity: 10, attributes: { ransom: true } }).verdict).toBe('stop');
  });

  it('stays in force for as long as its verdict, longer where a rule asks for it, never shorter', () => {
    const ttlOf = (data: object): number | undefined => {
      const { plan } = on({ target, ...data });
      return plan.kind === 'request' ? plan.data.ttlMs : Number.NaN;
    };
    expect(ttlOf({ severity: 9, attributes: { slow: true } })).toBe(3_600_000);
    expect(ttlOf({ severity: 9, attributes: { long: true } })).toBe(7_200_000);
    expect(ttlOf({ attributes: { slow: true } })).toBe(300_000);
    expect(ttlOf({ attributes: { hung: true } })).toBeUndefined();
    expect(ttlOf({ attributes: { ransom: true } })).toBeUndefined();
  });

  it('says whether it joins or upgrades what is in force on its target', () => {
    const inForce = {
      on: (host: string, id: string) =>
        host === 'one' && id === victim.id
          ? [{ mitigationId: 'm-1', action: 'isolate' as const, untilMs: nowMs + 1 }]
          : [],
    };
    expect(on({ severity: 9, target }, { inForce }).plan).toMatchObject({
      disposition: { kind: 'joins', mitigationId: 'm-1' },
    });
    expect(on({ severity: 10, target }, { inForce }).plan).toMatchObject({ disposition: { kind: 'upgrades' } });
    const { plan } = on({ severity: 10, target }, { inForce, nowMs: nowMs + 1 });
    expect(plan).toMatchObject({ disposition: { kind: 'new' } });
  });
});

describe('the allow-list', () => {
  it('lets a container be scored and only observed, by whatever name, until its day', () => {
    const byService = on({ severity: 10, target: { container: 'shop-backup-1' } });
    expect(byService).toMatchObject({ score: 90, verdict: 'observe' });
    expect(byService.plan).toEqual({
      kind: 'nothing',
      reason: 'allowed until 2030-01-01T00:00:00.000Z: reads everything; it would be "quarantine" otherwise',
    });
    expect(on({ severity: 10, target: { container: 'backup' } }).verdict).toBe('observe');
    const late = { nowMs: Date.UTC(2030, 0, 1) };
    expect(on({ severity: 10, target: { container: 'backup' } }, late).verdict).toBe('quarantine');
  });

  it('excuses with a rule what that rule found, and not what others found beside it', () => {
    const event = { source: 'scanner', severity: 8, target, attributes: { plus: 20 } };
    expect(on(event)).toMatchObject({ score: 78, verdict: 'observe' });
    expect(on({ ...event, source: 'web' }).verdict).toBe('isolate');
    expect(on({ ...event, attributes: { plus: 20, slow: true } }).verdict).toBe('quarantine');
    expect(on({ source: 'scanner', severity: 9, target }).verdict).toBe('isolate');
  });
});

describe('simulation', () => {
  it('of a rule changes nothing that is really done, and tells what would have been', () => {
    const { simulation, ...real } = on({ severity: 6, target, attributes: { trial: true } });
    expect(real).toMatchObject({ score: 32, verdict: 'observe', plan: { kind: 'nothing' } });
    expect(simulation).toMatchObject({
      score: 92,
      verdict: 'quarantine',
      plan: { kind: 'request', data: { action: 'quarantine', simulated: true } },
    });
  });

  it('of a rule plans nothing where the real rules already lead as far', () => {
    const { plan, simulation } = on({ severity: 10, target, attributes: { trial: true } });
    expect(plan).toMatchObject({ kind: 'request', data: { action: 'quarantine' } });
    expect(plan).not.toHaveProperty('data.simulated');
    expect(simulation).toMatchObject({
      score: 100,
      plan: { kind: 'nothing', reason: 'goes no further than the real verdict, quarantine' },
    });
  });

  it('as a whole marks everything that is told', () => {
    const policy = { ...defaultPolicy, isSimulation: true };
    expect(on({ severity: 8, target }, { policy }).plan).toMatchObject({ kind: 'notify', data: { simulated: true } });
    expect(on({ severity: 10, target }, { policy }).plan).toMatchObject({ kind: 'request', data: { simulated: true } });
    expect(on({ severity: 10 }, { policy }).plan).toMatchObject({ kind: 'rejection', data: { simulated: true } });
  });
});

describe('any telemetry', () => {
  const names = fc.oneof(
    fc.constantFrom('victim', 'twin', 'backup', 'ghost'),
    fc.string({ minLength: 1, maxLength: 255 }),
  );
  const events: fc.Arbitrary<TelemetryEvent> = fc
    .record({
      id: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 400 }),
      data: fc.record(
        {
          source: names,
          severity: fc.double({ min: 0, max: 10, noNaN: true }),
          summary: fc.string({ maxLength: 1024 }),
          target: fc.record({ container: names, host: names }, { requiredKeys: [] }),
          attributes: fc.record(
            {
              plus: fc.constantFrom(20, 21),
              slow: fc.boolean(),
              hung: fc.boolean(),
              ransom: fc.boolean(),
              trial: fc.boolean(),
              minus: fc.boolean(),
            },
            { requiredKeys: [] },
          ),
        },
        { requiredKeys: ['source'] },
      ),
    })
    .map(({ id, data }) => ({ id, subject: 'defend.auth', params: { signal: 'auth' }, data }));

  it('leads to a plan whose data keeps the contract', () => {
    fc.assert(
      fc.property(events, (event) => {
        const { plan, simulation } = decide(event, context);
        for (const { data, contract } of [plan, ...(simulation === undefined ? [] : [simulation.plan])].map(
          contractOf,
        )) {
          expect(contract?.problemsOf(data) ?? []).toEqual([]);
          expect(Buffer.byteLength(JSON.stringify(data ?? {}))).toBeLessThan(limits.eventBytes);
        }
      }),
    );
  });

  it('leads to the same bytes each time', () => {
    fc.assert(
      fc.property(events, (event) => {
        expect(JSON.stringify(decide(event, context))).toBe(JSON.stringify(decide(structuredClone(event), context)));
      }),
    );
  });

  it('is treated the same with and without rules on trial, but for what is simulated', () => {
    const inEarnest = ruleSetOf([{ file: 'f', text: rulesText.replace(/ {2}- \{ id: trial.*\n/, '') }]);
    fc.assert(
      fc.property(events, (event) => {
        const { simulation: _, ...real } = decide(event, context);
        expect(decide(event, { ...context, ruleSet: inEarnest })).toEqual(real);
      }),
    );
  });
});

describe('a test of rules', () => {
  it('shows the decision and how each test of each rule looked at the event', () => {
    const event = telemetryEventOf('auth', { source: 'web', severity: 8, attributes: { plus: 20 } });
    const report = testRules(event, context);
    expect(report.ruleSetVersion).toBe(ruleSet.version);
    expect(report.decision).toEqual(decide(event, context));
    expect(report.rules).toHaveLength(7);
    expect(report.rules.find(({ id }) => id === 'plus-20')).toMatchObject({
      isMatched: true,
      points: 20,
      reason: 'plus 20',
      condition: { text: 'attributes.plus equals 20', isTrue: true, found: 20 },
    });
    expect(report.rules.find(({ id }) => id === 'slow')).toMatchObject({
      isMatched: false,
      points: 0,
      condition: { text: 'attributes.slow equals true', isTrue: false },
    });
  });

  it('refuses telemetry that would be refused on its subject, naming the field', () => {
    expect(() => telemetryEventOf('auth', { source: 'web', severity: 11 })).toThrow('severity must be at most 10');
  });
});

function contractOf(plan: Plan) {
  switch (plan.kind) {
    case 'nothing':
      return { data: undefined, contract: undefined };
    case 'request':
      return { data: plan.data, contract: validatorFor(MitigationRequested) };
    case 'notify':
    case 'rejection':
      return { data: plan.data, contract: validatorFor(MitigationTransition) };
  }
}
