import { IsEmail, IsString } from 'class-validator';
import { MitigationRequested } from '../events/mitigation.js';
import { Telemetry } from '../events/telemetry.js';
import { Optional } from './decorators.js';
import { jsonSchemaOf } from './json-schema.js';
import { describeProblems, validatorFor } from './validator.js';

const complaint = (type: new () => object, value: unknown): string =>
  describeProblems(validatorFor(type).problemsOf(value));

describe('a problem', () => {
  it.each([
    [{}, 'source is required'],
    [null, 'must be of type object, not null'],
    [[], 'must be of type object, not array'],
    [{ source: 7 }, 'source must be of type string, not number'],
    [{ source: '' }, 'source must have at least 1 character(s)'],
    [{ source: 'x'.repeat(256) }, 'source must have at most 255 characters'],
    [{ source: 'web', severity: 11 }, 'severity must be at most 10'],
    [{ source: 'web', severity: null }, 'severity must be of type number, not null'],
    [{ source: 'web', time: 'now' }, 'time must be an RFC 3339 time such as 2026-01-31T12:00:00Z'],
    [
      { source: 'web', target: { contaner: 'x' } },
      'target.contaner is not a known field; known are container, host, user, address',
    ],
    [{ source: 'web', attributes: [] }, 'attributes must be of type object, not array'],
  ])('of the telemetry %j reads: %s', (value, reason) => {
    expect(complaint(Telemetry, value)).toBe(reason);
  });

  it('names its place, be it in a list, and all of them are told', () => {
    const contribution = { rule: 'r', points: 1, reason: 'x' };
    const evidence = {
      eventId: 'e',
      subject: 's',
      source: 'x',
      contributions: [contribution, { ...contribution, points: '1' }],
    };
    const text = complaint(MitigationRequested, { mitigationId: 'm-1', action: 'explode', evidence });
    expect(text).toContain('evidence.contributions[1].points must be of type number, not string');
    expect(text).toContain('action must be one of notify, snapshot');
    expect(text).toContain('target is required');
  });

  it('never repeats the value: it may be a secret', () => {
    expect(complaint(Telemetry, { source: 'web', severity: 'hunter2', time: 'hunter2' })).not.toContain('hunter2');
  });
});

describe('parse', () => {
  it('gives the very value back, untouched', () => {
    const value = Object.freeze({ source: 'web' });
    expect(validatorFor(Telemetry).parse(value)).toBe(value);
  });

  it('throws what can be told to a client', () => {
    expect(() => validatorFor(Telemetry).parse({ source: 'web', severity: -1 })).toThrow(
      expect.objectContaining({
        code: 'FORGE_EVENT_INVALID',
        message: 'severity must be at least 0',
        details: { problems: [{ path: 'severity', reason: 'must be at least 0' }] },
      }),
    );
  });
});

it('refuses a class with a rule that has no compiled form, naming both', () => {
  class Person {
    @IsEmail()
    readonly mail!: string;
  }
  expect(() => jsonSchemaOf(Person)).toThrow('Person.mail: the rule "isEmail" has no compiled form');
});

it('holds a class to what the class it extends declares', () => {
  class SignalledTelemetry extends Telemetry {
    @Optional()
    @IsString()
    readonly signal?: string;
  }
  expect(complaint(SignalledTelemetry, { signal: 1, target: null })).toBe(
    'source is required; signal must be of type string, not number; target must be of type object, not null',
  );
});
