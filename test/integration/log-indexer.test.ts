import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordReader, recordDirectory, type StoredEntry, service, verifyRecord } from '@sentinel-forge/log-indexer';
import { waitFor } from '@sentinel-forge/testing';
import { storedEvents } from '../support/stored-events.js';
import { TestMesh } from '../support/test-mesh.js';
import { testToken } from '../support/tokens.js';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'forge-record-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

async function entriesOf(directory: string): Promise<readonly StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const entry of new RecordReader(directory).entries()) {
    entries.push(entry);
  }
  return entries;
}

/** Every byte of every file below a directory. */
async function allBytes(directory: string): Promise<string> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  const texts = files
    .filter((file) => file.isFile())
    .map((file) => readFile(join(file.parentPath, file.name), 'latin1'));
  return (await Promise.all(texts)).join('\n');
}

function sequencesOf(entries: readonly StoredEntry[], stream: string): readonly number[] {
  return entries.flatMap(({ entry }) => (entry.kind === 'event' && entry.stream === stream ? [entry.seq] : []));
}

describe('the record', () => {
  it('holds every event of every stream once, verifies, and shows one changed byte', async () => {
    await using mesh = await TestMesh.open();
    const indexer = await mesh.start(service, { FORGE_DATA_DIR: dataDir, LOG_ROTATE_ENTRIES: '100' });
    for (let index = 0; index < 250; index += 1) {
      mesh.connection.publish('defend.auth', JSON.stringify({ source: `s-${index}` }));
    }
    mesh.connection.publish('notify.requested', 'not even an event');
    const directory = recordDirectory(dataDir);
    await waitFor(async () => sequencesOf(await entriesOf(directory), 'DEFEND').length === 250, {
      description: '250 entries',
    });
    await waitFor(async () => sequencesOf(await entriesOf(directory), 'NOTIFY').length === 1, {
      description: 'the odd one',
    });
    expect(sequencesOf(await entriesOf(directory), 'DEFEND')).toEqual(
      Array.from({ length: 250 }, (_, index) => index + 1),
    );
    expect(
      mesh.logLines.filter((line) => line.includes('record.rotated') && /"hash":"[0-9a-f]{64}"/.test(line)).length,
    ).toBeGreaterThanOrEqual(2);

    const headers = { authorization: `Bearer ${await testToken()}` };
    const verified = (await (await fetch(`${indexer.url}/record/verify`, { method: 'POST', headers })).json()) as {
      verdict: string;
    };
    expect(verified.verdict).toBe('intact');

    const [segment = ''] = (await readdir(directory)).filter((name) => name.includes('segment')).sort();
    const file = join(directory, segment);
    const bytes = await readFile(file);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(file, bytes);
    const verification = await verifyRecord(directory);
    expect(verification).toMatchObject({
      verdict: 'tampered',
      first: { file: expect.stringContaining(segment), entry: expect.any(Number) },
    });
    await (await fetch(`${indexer.url}/record/verify`, { method: 'POST', headers })).json();
    await waitFor(() => indexer.readiness().dependencies.some(({ name, isUp }) => name === 'integrity' && !isUp), {
      description: 'readiness to tell',
    });
    const told = await waitFor(
      async () => {
        const entries = await entriesOf(directory);
        return entries.find(({ entry }) => entry.kind === 'event' && entry.subject === 'mitigation.log-indexer.self');
      },
      { description: 'mitigation.log-indexer.self' },
    );
    expect(JSON.stringify(told)).toContain('tampering-found');
  }, 30_000);

  it('takes a head that speaks of a newer version, while it writes the record itself, for tampering', async () => {
    await using mesh = await TestMesh.open();
    const indexer = await mesh.start(service, { FORGE_DATA_DIR: dataDir });
    const directory = recordDirectory(dataDir);
    const headers = { authorization: `Bearer ${await testToken()}` };
    await waitFor(
      async () => {
        // The next batch writes the true head again, so it may take more than one try to be seen.
        const file = join(directory, 'head');
        await writeFile(file, (await readFile(file, 'latin1')).replace('forge-record/1', 'forge-record/2'));
        const response = await fetch(`${indexer.url}/record/verify`, { method: 'POST', headers });
        return ((await response.json()) as { verdict: string }).verdict === 'newer';
      },
      { description: 'the verification to come upon it' },
    );
    const integrity = indexer.readiness().dependencies.find(({ name }) => name === 'integrity');
    expect(integrity).toMatchObject({ isUp: false, reason: expect.stringContaining('newer version') });
    const isTold = async () => {
      const told = await storedEvents(mesh.connection, 'mitigation.log-indexer.self');
      return told.some(({ data }) => (data as { what: string }).what === 'tampering-found');
    };
    await waitFor(isTold, { description: 'mitigation.log-indexer.self' });
    await indexer.stop();
  }, 30_000);

  it('goes on after a restart where it was, without a gap and without a repetition', async () => {
    await using mesh = await TestMesh.open();
    const environment = { FORGE_DATA_DIR: dataDir };
    const directory = recordDirectory(dataDir);
    for (let round = 1; round <= 3; round += 1) {
      const indexer = await mesh.start(service, environment);
      for (let index = 0; index < 500; index += 1) {
        mesh.connection.publish('defend.auth', JSON.stringify({ source: `r-${round}-${index}` }));
      }
      if (round < 3) {
        await mesh.connection.flush();
      } else {
        await waitFor(async () => sequencesOf(await entriesOf(directory), 'DEFEND').length >= 1_500, {
          description: 'all of them',
        });
      }
      await indexer.stop();
    }
    expect(sequencesOf(await entriesOf(directory), 'DEFEND')).toEqual(
      Array.from({ length: 1_500 }, (_, index) => index + 1),
    );
    expect(await verifyRecord(directory)).toMatchObject({ verdict: 'intact' });
  }, 30_000);

  it('holds no secret that was sent under a key of REDACT_KEYS, at any depth, also not inside a dead letter', async () => {
    await using mesh = await TestMesh.open();
    await mesh.start(service, { FORGE_DATA_DIR: dataDir, REDACT_KEYS: 'launch_code' });
    const secret = 'tangerine-4711-zebra';
    const telemetry = JSON.stringify({
      source: 'x',
      attributes: { deep: [{ er: { launchCode: secret, password: [secret] } }] },
    });
    mesh.connection.publish('defend.auth', telemetry);
    const letter = {
      cause: 'invalid',
      code: 'X',
      reason: 'y',
      subject: 'defend.x',
      sequence: 1,
      deliveries: 1,
      storedAt: '2026-01-01T00:00:00Z',
      headers: {},
      payload: Buffer.from(telemetry).toString('base64'),
    };
    mesh.connection.publish('dead-letter.DEFEND.sentinelcore', JSON.stringify(letter));
    const directory = recordDirectory(dataDir);
    await waitFor(
      async () =>
        sequencesOf(await entriesOf(directory), 'DEAD_LETTER').length === 1 &&
        sequencesOf(await entriesOf(directory), 'DEFEND').length === 1,
      { description: 'both' },
    );
    const bytes = await allBytes(dataDir);
    expect(bytes).not.toContain(secret);
    expect(bytes).not.toContain(Buffer.from(telemetry).toString('base64'));
    const enclosed = [...bytes.matchAll(/[A-Za-z0-9+/=]{40,}/g)].map(([text]) =>
      Buffer.from(text, 'base64').toString(),
    );
    expect(enclosed.join()).toContain('deep');
    expect(enclosed.join()).not.toContain(secret);
  });
});

describe('GET /tail', () => {
  it('follows live, redacted, and goes on at Last-Event-ID without a gap', async () => {
    await using mesh = await TestMesh.open();
    const indexer = await mesh.start(service, { FORGE_DATA_DIR: dataDir });
    await waitFor(() => indexer.readiness().status === 'up', { description: 'readiness' });
    const first = await openTail(indexer.url, {});
    mesh.connection.publish('defend.a', JSON.stringify({ source: 'one', attributes: { password: 'hunter2' } }));
    const text = await first.until('"one"');
    expect(text).not.toContain('hunter2');
    await first.close();
    const id = lastIdIn(text);
    mesh.connection.publish('defend.a', JSON.stringify({ source: 'two' }));
    await mesh.connection.flush();
    const second = await openTail(indexer.url, { 'last-event-id': id });
    const more = await second.until('"two"');
    expect(more).not.toContain('"one"');
    await second.close();
    const idle = await openTail(indexer.url, { 'last-event-id': lastIdIn(more) });
    const idleId = lastIdIn(await idle.until('\n\n'));
    await idle.close(); // cut off before its first event
    mesh.connection.publish('defend.a', JSON.stringify({ source: 'three' }));
    await mesh.connection.flush();
    const third = await openTail(indexer.url, { 'last-event-id': idleId });
    expect(await third.until('"three"')).not.toContain('"two"');
    await third.close();
    const headers = { authorization: `Bearer ${await testToken()}` };
    expect((await fetch(`${indexer.url}/tail?since=soon`, { headers })).status).toBe(400);
    expect((await fetch(`${indexer.url}/tail`)).status).toBe(401);
  });

  it('begins at the beginning where asked for more than there ever was, and refuses a subject that is none', async () => {
    await using mesh = await TestMesh.open();
    const indexer = await mesh.start(service, { FORGE_DATA_DIR: dataDir });
    await waitFor(() => indexer.readiness().status === 'up', { description: 'readiness' });
    mesh.connection.publish('defend.a', JSON.stringify({ source: 'one' }));
    await mesh.connection.flush();
    const tail = await openTail(indexer.url, {}, 'subject=defend.%3E&since=999999999d');
    await tail.until('"one"');
    await tail.close();
    const headers = { authorization: `Bearer ${await testToken()}` };
    for (const subject of [
      '',
      'defend',
      'defend.a b',
      'defend..a',
      'defend.',
      'defend.>.a',
      'defend.a*',
      'defend.a\r\nb',
    ]) {
      const response = await fetch(`${indexer.url}/tail?subject=${encodeURIComponent(subject)}`, { headers });
      const { code } = (await response.json()) as { readonly code: string };
      expect([subject, response.status, code]).toEqual([subject, 400, 'FORGE_EVENT_UNKNOWN']);
    }
  });

  it('keeps no place for a reader that went away before it was let in', async () => {
    await using mesh = await TestMesh.open();
    await using keys = await SlowKeys.open();
    const indexer = await mesh.start(service, { FORGE_DATA_DIR: dataDir, FORGE_JWKS_URL: keys.url });
    await waitFor(() => indexer.readiness().status === 'up', { description: 'readiness' });
    const headers = { authorization: `Bearer ${keys.token()}` };
    const { hostname, port } = new URL(indexer.url);
    const sockets = Array.from({ length: 64 }, () => {
      const socket = connect(Number(port), hostname);
      socket.write(`GET /tail HTTP/1.1\r\nHost: x\r\nAuthorization: ${headers.authorization}\r\n\r\n`);
      return socket;
    });
    await waitFor(async () => (await requestsLeft(indexer.url)) <= 600 - sockets.length, {
      description: 'all of them before the guard',
    });
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.destroy().once('close', resolve))));
    await requestsLeft(indexer.url); // who asks after them is answered after the server has seen them go
    keys.answer();
    expect((await fetch(`${indexer.url}/record`, { headers })).status).toBe(200);
    const ended = new AbortController();
    expect((await fetch(`${indexer.url}/tail`, { headers, signal: ended.signal })).status).toBe(200);
    ended.abort();
  });
});

/** How many more requests the service takes in this minute; this one counts. */
async function requestsLeft(url: string): Promise<number> {
  const response = await fetch(`${url}/docs`);
  await response.text();
  return Number(response.headers.get('x-ratelimit-remaining'));
}

/** A key server that answers when it is told to. */
class SlowKeys implements AsyncDisposable {
  readonly #pair = generateKeyPairSync('ed25519');
  readonly #told = Promise.withResolvers<void>();
  readonly #server: Server;

  private constructor() {
    const keys = [{ ...this.#pair.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'EdDSA', use: 'sig' }];
    this.#server = createServer(async (_request, response) => {
      await this.#told.promise;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    });
  }

  static async open(): Promise<SlowKeys> {
    const keys = new SlowKeys();
    await once(keys.#server.listen(0, '127.0.0.1'), 'listening');
    return keys;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/keys`;
  }

  answer(): void {
    this.#told.resolve();
  }

  token(): string {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(Date.now() / 1000) + 60;
    const claims = { iss: 'sentinel-forge', aud: 'sentinel-forge', sub: 'ada', scope: 'record:read', exp };
    const input = `${part({ alg: 'EdDSA', kid: 'one' })}.${part(claims)}`;
    return `${input}.${sign(null, Buffer.from(input), this.#pair.privateKey).toString('base64url')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The id that an event source would send as `Last-Event-ID`. */
function lastIdIn(text: string): string {
  return [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '';
}

async function openTail(url: string, more: Readonly<Record<string, string>>, query = 'subject=defend.%3E') {
  const ended = new AbortController();
  const headers = { authorization: `Bearer ${await testToken()}`, ...more };
  const response = await fetch(`${url}/tail?${query}`, { headers, signal: ended.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  return {
    until: async (wanted: string): Promise<string> => {
      while (!seen.includes(wanted)) {
        const { value, done } = (await reader?.read()) ?? { done: true };
        if (done) {
          throw new Error(`the tail ended before ${wanted}: ${seen}`);
        }
        seen += value;
      }
      return seen;
    },
    close: async (): Promise<void> => {
      ended.abort();
      await reader?.cancel().catch(() => undefined);
    },
  };
}
