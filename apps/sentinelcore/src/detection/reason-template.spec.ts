import fc from 'fast-check';
import { telemetryEventOf } from '../planning/rule-test.js';
import { ReasonTemplate } from './reason-template.js';

const render = (template: string, data: object): string =>
  new ReasonTemplate(template).render(telemetryEventOf('auth', { source: 'web', ...data }));

describe('a reason', () => {
  it('says what the event holds, and ? for what it does not', () => {
    const data = { severity: 7, attributes: { n: 3, is: true, list: ['a', 1, { x: 1 }], object: {} } };
    expect(render('{source} {severity} {attributes.n} {attributes.is} {attributes.list} {target.user}', data)).toBe(
      'web 7 3 true a, 1, ? ?',
    );
    expect(render('{attributes.object}', data)).toBe('?');
  });

  it('stays one bounded line without control characters, whatever a stranger sends', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
        const line = render('{attributes.text} {attributes.text} {attributes.text}', { attributes: { text } });
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
        expect(line.isWellFormed()).toBe(true);
        expect(line.length).toBeLessThanOrEqual(500);
      }),
    );
    expect(render('{summary}', { summary: 'a\u001b[31m\r\nb' })).toBe('a [31m b');
  });
});
