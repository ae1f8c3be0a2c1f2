import { stripVTControlCharacters } from 'node:util';
import { describeNotices, type ShownNotice } from './notices.js';

const notice: ShownNotice = {
  id: 'n-1',
  title: 'web-1 quarantined\u202e',
  channel: 'email',
  recipient: 'o…@example.org',
  state: 'failed',
  attempts: 3,
  reason: '550 no such user',
  acceptedAt: '2026-01-31T12:00:00Z',
};

describe('describeNotices', () => {
  it('says what became of each, how often it was tried, and what the other side answered', () => {
    const text = stripVTControlCharacters(describeNotices({ notices: [notice] }));
    expect(text).toMatch(
      /failed +email o…@example\.org +web-1 quarantined\\u\{202e\} +3 tries; 550 no such user; n-1$/,
    );
  });

  it('says that there are more', () => {
    expect(describeNotices({ notices: [notice], next: '1.1' })).toContain('There are more');
  });

  it('says that there are none', () => {
    expect(describeNotices({ notices: [] })).toBe('No notices.');
  });
});
