import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { RecordReader, recordDirectory, verifyRecord } from '@sentinel-forge/log-indexer';
import { provision } from '@sentinel-forge/messaging';
import { SmtpTestServer, waitFor } from '@sentinel-forge/testing';
import { EmbeddedMeshProcess } from '../support/embedded-mesh-process.js';
import { connectAs, defend, noticesOf, type Past, settingsOf, telemetryDecided } from '../support/lived-in-mesh.js';

/** A data directory that an older version has left, and what was true of it (test/fixtures/write-data.ts). */
interface OlderData extends Past {
  readonly record: { readonly entries: number; readonly hash: string };
}

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const names = readdirSync(fixtures).flatMap((file) => /^(data-\d+)\.json$/.exec(file)?.[1] ?? []);
const run = promisify(execFile);

let directory: string;
let mail: SmtpTestServer;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'forge-older-'));
  mail = await SmtpTestServer.start();
});
afterEach(async () => {
  await mail[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

// Streams forget by age, and these get old: so nothing is asked of what was in them, only of what is kept for ever.
it.each(names)(
  'reads %s, as an older version has left it, and goes on with it',
  async (name) => {
    const older = JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8')) as OlderData;
    await run('tar', ['-xzf', join(fixtures, `${name}.tar.gz`), '-C', directory]);
    const record = recordDirectory(directory);
    expect(await verifyRecord(record)).toMatchObject({ verdict: 'intact', ...older.record });

    await using mesh = await EmbeddedMeshProcess.start({ dataDirectory: directory, environment: settingsOf(mail) });
    await waitFor(() => mail.mails.some((received) => received.header('x-idempotency-key') === older.pendingId), {
      description: 'the notice that waited',
      timeoutMs: 20_000,
    });
    await waitFor(async () => (await noticesOf(mesh)).find(({ id }) => id === older.pendingId)?.state === 'delivered', {
      description: 'that to be on record',
    });
    const shown = await mesh.forge('mitigation', 'show', older.mitigationId, '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({ id: older.mitigationId, action: 'quarantine' });
    const listed = await mesh.forge('mitigation', 'list', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject({ pausedHosts: ['test-host'] });
    await defend(mesh, 'of today');
    await waitFor(async () => (await telemetryDecided(mesh)) > 0, { description: 'a decision' });
    expect(await telemetryDecided(mesh)).toBe(1);

    // Everything on the server is as this version declares it, made so in place.
    const connection = await connectAs(mesh, 'deployer');
    const steps = await provision(connection, { replicas: 1, hosts: ['test-host'], isDryRun: true });
    expect(steps.filter(({ action }) => action !== 'keep')).toEqual([]);
    await connection.close();
    expect(await mesh.stop()).toBe(0);
    expect(mail.mails.map((received) => received.header('x-idempotency-key'))).not.toContain(older.deliveredId);

    const leaves = await Array.fromAsync(new RecordReader(record).leaves({ from: older.record.entries - 1 }));
    expect(leaves[0]).toMatchObject({ number: older.record.entries - 1, hash: older.record.hash });
    expect(leaves.some(({ leaf }) => leaf.includes('of today'))).toBe(true);
    expect(await verifyRecord(record)).toMatchObject({ verdict: 'intact' });
  },
  60_000,
);
