import { parseAttribute, telemetryFrom } from './telemetry-flags.js';

describe('telemetryFrom', () => {
  it('lets a flag hold over what the JSON says, field by field', () => {
    const base = { source: 'web', severity: 2, target: { container: 'a', user: 'root' }, attributes: { port: 22 } };
    expect(telemetryFrom(base, { severity: 9, container: 'b', attribute: [['failures', 12]] })).toEqual({
      source: 'web',
      severity: 9,
      target: { container: 'b', user: 'root' },
      attributes: { port: 22, failures: 12 },
    });
  });

  it('says who sent it when nobody is named', () => {
    expect(telemetryFrom({}, {})).toEqual({ source: 'forge-cli' });
  });

  it('keeps what is wrong in the JSON, so that it is named and not dropped', () => {
    expect(telemetryFrom({ sevrity: 3, target: { contaner: 'x' } }, {})).toMatchObject({
      sevrity: 3,
      target: { contaner: 'x' },
    });
  });
});

describe('parseAttribute', () => {
  it.each([
    ['failures=12', ['failures', 12]],
    ['process.name=sh', ['process.name', 'sh']],
    ['tags=["a"]', ['tags', ['a']]],
    ['query=a=b', ['query', 'a=b']],
  ])('reads %s', (text, expected) => {
    expect(parseAttribute(text)).toEqual(expected);
  });

  it('refuses what has no name', () => {
    expect(parseAttribute('=x')).toBeUndefined();
    expect(parseAttribute('x')).toBeUndefined();
  });
});
