import { streamOf, subjectFilters } from './subject-filters.js';

describe('subjectFilters', () => {
  it('follows every event but the logs when nothing is named', () => {
    const filters = subjectFilters([]);
    expect(filters).toContain('defend.>');
    expect(filters).toContain('dead-letter.>');
    expect(filters).not.toContain('log.>');
  });

  it('takes ">" for everything, the logs included, in a form that an operator may subscribe to', () => {
    const filters = subjectFilters(['>']);
    expect(filters).toContain('log.>');
    expect(filters.every((filter) => /^[a-z-]+\.>$/.test(filter))).toBe(true);
  });

  it('spreads a wildcard in the first place', () => {
    expect(subjectFilters(['*.requested'])).toContain('notify.requested');
  });
});

describe('streamOf', () => {
  it('names the one stream that sequences would be of', () => {
    expect(streamOf(['defend.auth', 'defend.process'])).toBe('DEFEND');
  });

  it('names none for several', () => {
    expect(streamOf(['defend.>', 'mitigation.>'])).toBeUndefined();
  });
});
