import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { jetstreamManager } from '@nats-io/jetstream';
import { recordDirectory, verifyRecord } from '@sentinel-forge/log-indexer';
import { SmtpTestServer, waitFor } from '@sentinel-forge/testing';
import { EmbeddedMeshProcess } from '../support/embedded-mesh-process.js';
import { connectAs, defend, giveAPast, type Past, settingsOf, telemetryDecided } from '../support/lived-in-mesh.js';
import { recordedEvents } from '../support/recorded-events.js';
import { storedEvents } from '../support/stored-events.js';

const run = promisify(execFile);

let folder: string;
let mail: SmtpTestServer;
let home: EmbeddedMeshProcess;
let past: Past;

// One mesh with a past, stopped; every test has a copy of what it left.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forge-moved-'));
  mail = await SmtpTestServer.start();
  home = await EmbeddedMeshProcess.start({ environment: settingsOf(mail) });
  past = await giveAPast(home, mail);
  expect(await home.stop()).toBe(0);
}, 60_000);

afterAll(async () => {
  await home[Symbol.asyncDispose]();
  await mail[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Copies the data as the guide says, to another folder. */
async function copied(name: string): Promise<string> {
  const directory = join(folder, name);
  await run('cp', ['-a', home.dataDirectory, directory]);
  return directory;
}

/** Every file that is meant to last, with what is in it. */
async function contentsOf(directory: string): Promise<ReadonlyMap<string, string>> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  const lasting = files.filter((file) => file.isFile() && /^(?!lock|.*\.(pid|conf|ports)$)/.test(file.name));
  const read = lasting.map(async ({ parentPath, name }): Promise<[string, string]> => {
    const path = join(parentPath, name);
    return [relative(directory, path), await readFile(path, 'latin1')];
  });
  return new Map(await Promise.all(read));
}

it('a mesh that is stopped, copied and started elsewhere goes on there: nothing is missing, nothing happens twice', async () => {
  const elsewhere = await copied('elsewhere');
  const before = await recordedEvents(recordDirectory(elsewhere));
  const segments = await contentsOf(recordDirectory(elsewhere));
  const tokenBefore = (await readFile(join(elsewhere, 'operator.token'), 'utf8')).trim();
  const checked = await home.tool({ FORGE_DATA_DIR: elsewhere }).run(['logs', 'verify']);
  expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('intact') });

  await using otherMail = await SmtpTestServer.start();
  await using mesh = await EmbeddedMeshProcess.start({ dataDirectory: elsewhere, environment: settingsOf(otherMail) });

  // What waited goes out under the id that it had; what was delivered does not go out again.
  const idsSent = () => otherMail.mails.map((received) => received.header('x-idempotency-key'));
  await waitFor(() => idsSent().includes(past.pendingId), { description: 'the waiting notice', timeoutMs: 20_000 });

  // The token of the operator, as it was copied, is good here too; and what is new is handled.
  const added = 3;
  for (let number = 1; number <= added; number += 1) {
    await defend(mesh, `piece ${past.telemetry + number}`, tokenBefore);
  }
  await waitFor(async () => (await telemetryDecided(mesh)) >= added, { description: 'decisions on what is new' });

  const mitigation = await mesh.forge('mitigation', 'show', past.mitigationId, '--json');
  expect(JSON.parse(mitigation.stdout)).toMatchObject({ state: 'requested', action: 'quarantine' });
  expect(JSON.parse((await mesh.forge('mitigation', 'list', '--json')).stdout)).toMatchObject({
    pausedHosts: ['test-host'],
  });

  const connection = await connectAs(mesh, 'operator');
  const summaries = (await storedEvents(connection, 'defend.>')).map(
    ({ data }) => (data as { summary: string }).summary,
  );
  expect(summaries).toEqual(Array.from({ length: past.telemetry + added }, (_, index) => `piece ${index + 1}`));
  expect(await storedEvents(connection, 'dead-letter.>')).toEqual([]);
  await connection.close();
  // Had a consumer been given again what was handled before, more than what is new would have been decided on.
  expect(await telemetryDecided(mesh)).toBe(added);

  const recordedTelemetry = async () =>
    (await recordedEvents(recordDirectory(elsewhere))).filter(({ stream }) => stream === 'DEFEND').length;
  await waitFor(async () => (await recordedTelemetry()) === past.telemetry + added, { description: 'the record' });
  expect(await mesh.stop()).toBe(0);
  expect(idsSent().filter((id) => id === past.pendingId)).toHaveLength(1);
  expect(idsSent()).not.toContain(past.deliveredId);

  // The record goes on from where it was: not a byte of it is another, and each event of a stream is there once.
  const after = await recordedEvents(recordDirectory(elsewhere));
  expect(after.slice(0, before.length)).toEqual(before);
  const places = after.map(({ stream, born, seq }) => `${stream} ${born} ${seq}`);
  expect(new Set(places).size).toBe(places.length);
  const segmentsAfter = await contentsOf(recordDirectory(elsewhere));
  for (const [name, text] of segments) {
    expect({ name, goesOn: name === 'head' || segmentsAfter.get(name)?.startsWith(text) }).toEqual({
      name,
      goesOn: true,
    });
  }
  expect(await verifyRecord(recordDirectory(elsewhere))).toMatchObject({ verdict: 'intact' });
}, 90_000);

describe('npm start on data that a newer version has gone on with', () => {
  const newerParts: Readonly<Record<string, (directory: string) => Promise<string>>> = {
    'the secrets': async (directory) => {
      const file = join(directory, 'secrets.json');
      await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), version: 2 }));
      return file;
    },
    'the record': async (directory) => {
      const file = join(recordDirectory(directory), 'head');
      await writeFile(file, (await readFile(file, 'latin1')).replace('forge-record/1', 'forge-record/2'));
      return file;
    },
    'the outbox': async (directory) => {
      const file = join(directory, 'notification-dispatcher', 'outbox.sqlite');
      const database = new DatabaseSync(file);
      database.exec('PRAGMA user_version = 2');
      database.close();
      return file;
    },
  };

  it.each(Object.keys(newerParts))(
    '%s: refuses with the file, both formats and the mend, and harms nothing',
    async (part) => {
      const directory = await copied(part.replace(' ', '-'));
      const file = await newerParts[part]?.(directory);
      const before = await contentsOf(directory);
      const started = await home.tool({ FORGE_DATA_DIR: directory }).run(['up']);
      expect(started.code).toBe(1);
      expect(started.stderr).toContain(`${file} was written by a newer version`);
      expect(started.stderr).toMatch(/is (forge-record\/)?2, and this version understands (forge-record\/)?1\b/);
      expect(started.stderr).toMatch(/Start the newer version again, or restore the backup/);
      const after = await contentsOf(directory);
      const lasting = [...before].filter(([name]) => /^(secrets|log-indexer|notification-dispatcher)/.test(name));
      for (const [name, text] of lasting) {
        // The parts that are understood may have gone on before the start failed: the record by what was said meanwhile.
        const isSame = part === 'the outbox' && name.startsWith('log-indexer') ? true : after.get(name) === text;
        expect({ name, isSame }).toEqual({ name, isSame: true });
      }
      const verified = await home.tool({ FORGE_DATA_DIR: directory }).run(['logs', 'verify']);
      expect(verified.code).toBe(part === 'the record' ? 3 : 0);
    },
    60_000,
  );

  it('the streams: refuses before any service has read or written anything', async () => {
    const directory = await copied('streams');
    {
      // What a newer version would have done, done as the one who may.
      const mesh = await EmbeddedMeshProcess.start({ dataDirectory: directory, environment: settingsOf(mail) });
      const connection = await connectAs(mesh, 'deployer');
      const jsm = await jetstreamManager(connection);
      await jsm.streams.update('KV_mitigations', { metadata: { 'forge.version': '2' } });
      await connection.close();
      expect(await mesh.stop()).toBe(0);
    }
    const before = await contentsOf(recordDirectory(directory));
    const started = await home.tool({ FORGE_DATA_DIR: directory }).run(['up']);
    expect(started.code).toBe(1);
    expect(started.stderr).toMatch(/The stream KV_mitigations was written by a newer version.*is 2,.*understands 1\b/);
    expect(await contentsOf(recordDirectory(directory))).toEqual(before);
  }, 60_000);
});
