import { stripVTControlCharacters } from 'node:util';
import type { Finding } from '@sentinel-forge/log-indexer';
import { logFilters } from './tail-logs.js';
import { describeVerification } from './verify-logs.js';

const finding: Finding = {
  file: 'segment-0.log',
  entry: 12,
  offset: 340,
  reason: 'edited',
  detail: 'the content of entry 12 was changed',
};

describe('describeVerification', () => {
  it('names the first bad entry first, then every place', () => {
    const text = stripVTControlCharacters(
      describeVerification({
        verdict: 'tampered',
        first: finding,
        findings: [finding],
        entries: 20,
        segments: 1,
        bytes: 900,
      }),
    );
    expect(text).toMatch(
      /^tampered at entry 12: the content of entry 12 was changed\n20 entries in 1 segments; what was found:\n {2}segment-0\.log at byte 340: edited/,
    );
  });

  it('gives the hash that can be kept elsewhere', () => {
    const text = describeVerification({
      verdict: 'intact',
      entries: 2,
      hash: 'ab'.repeat(32),
      segments: 1,
      bytes: 9,
      unfinishedBytes: 0,
    });
    expect(stripVTControlCharacters(text)).toBe(
      `intact: 2 entries in 1 segments\nhash of the last entry: ${'ab'.repeat(32)}`,
    );
  });

  it('says what cannot be read', () => {
    expect(describeVerification({ verdict: 'unreadable', path: '/x', detail: 'no such file' })).toContain(
      '/x: no such file',
    );
  });
});

describe('logFilters', () => {
  it('asks for the wanted levels of the wanted services, or of all', () => {
    expect(logFilters(['supervisor'], ['warn', 'error'])).toEqual(['log.supervisor.warn', 'log.supervisor.error']);
    expect(logFilters([], ['fatal'])).toEqual(['log.*.fatal']);
  });
});
