import fc from 'fast-check';
import { actionNames } from './events/mitigation.js';
import { mitigationIdOf, stableHash } from './identifiers.js';

const action = fc.constantFrom(...actionNames);

describe('the id of a mitigation', () => {
  it('is the same for the same wish, in every process and for ever', () => {
    expect(mitigationIdOf('DEFEND:42', 'host-a/c0ffee', 'quarantine')).toBe('m-ad65519579d3060cd31463bac800a0b2');
  });

  it('differs when the event, the target or the action does', () => {
    const wish = fc.tuple(fc.string(), fc.string(), action);
    fc.assert(
      fc.property(wish, wish, (one, other) => {
        const isSameWish = one.every((part, index) => part === other[index]);
        expect(mitigationIdOf(...one) === mitigationIdOf(...other)).toBe(isSameWish);
      }),
    );
  });
});

it('hashes a list of texts by what they are and by where one ends', () => {
  expect(stableHash('ab', 'c')).not.toBe(stableHash('a', 'bc'));
  expect(stableHash('a', '')).not.toBe(stableHash('a'));
  expect(stableHash('a","b')).not.toBe(stableHash('a', 'b'));
  expect(stableHash('é')).toMatch(/^[0-9a-f]{32}$/);
});
