import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { KeptEvidence } from './evidence.port.js';
import { EvidenceFolder } from './folder.evidence.js';
import { selectExpired } from './retention.service.js';

const piece: KeptEvidence = {
  about: 'm-1',
  label: 'snapshot',
  takenAt: '2026-01-01T00:00:00Z',
  container: { id: 'v', name: 'victim' },
  inspect: {},
  logs: 'first',
  changes: [],
  processes: [],
  missing: [],
};

describe('the folder of evidence', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'forge-evidence-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('keeps a piece once, for its owner only, and knows that it is there', async () => {
    const evidence = new EvidenceFolder(folder);
    expect(await evidence.labelsOf('m-1')).toEqual(new Set());
    await evidence.keep(piece);
    await evidence.keep({ ...piece, logs: 'second' });
    expect(await evidence.labelsOf('m-1')).toEqual(new Set(['snapshot']));
    const path = join(folder, 'm-1', 'snapshot.json');
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ version: 1, logs: 'first' });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'm-1'))).toEqual(['snapshot.json']);
  });

  it('removes what is too old, and leaves the rest', async () => {
    const evidence = new EvidenceFolder(folder);
    await evidence.keep(piece);
    const retention = { maxAgeMs: 60_000, maxBytes: 1e9 };
    expect(await evidence.prune(retention, Date.now())).toBe(0);
    expect(await evidence.prune(retention, Date.now() + 120_000)).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps the newest that fit, and nothing that is too old', () => {
    const file = fc.record({ path: fc.string(), bytes: fc.nat(1000), takenAtMs: fc.nat(1000) });
    fc.assert(
      fc.property(fc.array(file), fc.nat(1000), fc.nat(5000), (files, maxAgeMs, maxBytes) => {
        const expired = new Set(selectExpired(files, { maxAgeMs, maxBytes }, 1000));
        const kept = files.filter((one) => !expired.has(one));
        expect(kept.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(maxBytes);
        for (const one of kept) {
          expect(1000 - one.takenAtMs).toBeLessThanOrEqual(maxAgeMs);
        }
      }),
    );
  });
});
