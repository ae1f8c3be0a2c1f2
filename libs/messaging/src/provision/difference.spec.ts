import { describeDifference, differencesOf } from './difference.js';

describe('differencesOf', () => {
  it('finds every declared field that stands otherwise, and passes over what is not declared', () => {
    const declared = { max_age: 10, subjects: ['a.>'], num_replicas: 1 };
    const actual = { max_age: 20, subjects: ['a.>', 'b.>'], num_replicas: 1, consumer_limits: {} };
    expect(differencesOf(declared, actual).map(({ field }) => field)).toEqual(['max_age', 'subjects']);
  });

  it('finds a field that is missing', () => {
    expect(differencesOf({ allow_direct: true }, {})).toEqual([
      { field: 'allow_direct', actual: undefined, declared: true },
    ]);
  });

  it('takes one filter for the same, however the server writes it', () => {
    expect(differencesOf({ filter_subjects: ['a.>'] }, { filter_subject: 'a.>' })).toEqual([]);
    expect(differencesOf({ filter_subjects: ['a.>'] }, { filter_subject: 'b.>' })).toHaveLength(1);
  });

  it('looks in the metadata for what is declared, and passes over what the server adds', () => {
    const declared = { metadata: { 'forge.version': '1' } };
    expect(differencesOf(declared, { metadata: { 'forge.version': '1', '_nats.level': '2' } })).toEqual([]);
    expect(differencesOf(declared, { metadata: { '_nats.level': '2' } })).toHaveLength(1);
    expect(differencesOf(declared, {})).toHaveLength(1);
  });

  it('is told to a person with both values', () => {
    expect(describeDifference({ field: 'max_age', actual: 20, declared: 10 })).toBe('max_age is 20, declared is 10');
  });
});
