import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordReader, recordDirectory, verifyRecord } from '@sentinel-forge/log-indexer';
import { waitFor } from '@sentinel-forge/testing';
import { ServiceProcess } from '../support/service-process.js';
import { TestMesh } from '../support/test-mesh.js';

const kills = 10;

/** The sequences of DEFEND in the record, in its order. */
async function recordedSequences(directory: string): Promise<readonly number[]> {
  const sequences: number[] = [];
  for await (const { entry } of new RecordReader(directory).entries()) {
    if (entry.kind === 'event' && entry.stream === 'DEFEND') {
      sequences.push(entry.seq);
    }
  }
  return sequences;
}

it('records every event exactly once though log-indexer is killed ten times under load', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'forge-kill-'));
  await using mesh = await TestMesh.open();
  const environment = mesh.environment({ FORGE_DATA_DIR: dataDir, LOG_ROTATE_ENTRIES: '1000' });
  const directory = recordDirectory(dataDir);
  await using indexer = await ServiceProcess.start('log-indexer', environment);
  let published = 0;
  const load = setInterval(() => {
    for (let index = 0; index < 20; index += 1) {
      published += 1;
      mesh.connection.publish(
        'defend.load',
        JSON.stringify({ source: `load-${published}`, attributes: { filling: 'x'.repeat(200) } }),
      );
    }
  }, 10);
  try {
    for (let round = 0; round < kills; round += 1) {
      const before = (await recordedSequences(directory)).length;
      // It is killed while it writes: something was recorded since the last start, and more is under way.
      await waitFor(async () => (await recordedSequences(directory)).length > before, {
        description: 'some progress',
        timeoutMs: 15_000,
      });
      await indexer.kill();
      await indexer.restart();
    }
  } finally {
    clearInterval(load);
  }
  await mesh.connection.flush();
  const recorded = await waitFor(
    async () => {
      const sequences = await recordedSequences(directory);
      return sequences.length >= published && sequences;
    },
    { description: `all ${published} events`, timeoutMs: 30_000 },
  );
  expect(recorded).toEqual(Array.from({ length: published }, (_, index) => index + 1));
  expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact' });
  expect(await indexer.stop()).toBe(0);
  await rm(dataDir, { recursive: true });
}, 120_000);
