import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { events } from '@sentinel-forge/contracts';
import { connectClient, provision, refuseBlocked } from '@sentinel-forge/messaging';
import { NatsTestServer, waitFor } from '@sentinel-forge/testing';
import { ForgeTool } from '../support/forge-tool.js';
import { MeshParts } from '../support/mesh-parts.js';

const hosts = ['test-host'];
let directory: string;
const at = (...names: readonly string[]): string => join(directory, ...names);
const text = (...names: readonly string[]): string => readFileSync(at(...names), 'utf8');
const seedOf = (user: string) => ({ nkeySeed: text(user, 'nats.seed') });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'forge-credentials-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

async function credentials(...args: readonly string[]) {
  const tool = new ForgeTool({ PATH: process.env.PATH ?? '', FORGE_HOST: 'test-host' });
  return tool.run(['credentials', ...args, '--dir', directory]);
}

describe('forge credentials', () => {
  it('makes what is missing, each for its own user alone, and keeps what is there', async () => {
    const first = await credentials('make', '--json');
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout).steps.every(({ action }: { action: string }) => action === 'made')).toBe(true);
    for (const file of ['supervisor/nats.seed', 'operator/jwt-private.pem', 'nats/accounts.conf']) {
      expect(statSync(at(file)).mode & 0o777).toBe(0o400);
    }
    expect(text('nats', 'accounts.conf')).not.toContain(text('supervisor', 'nats.seed').trim());
    const before = text('supervisor', 'nats.seed') + text('nats', 'accounts.conf') + text('nats', 'jetstream.conf');
    const second = await credentials('make', '--json');
    expect(JSON.parse(second.stdout).steps.every(({ action }: { action: string }) => action === 'kept')).toBe(true);
    expect(text('supervisor', 'nats.seed') + text('nats', 'accounts.conf') + text('nats', 'jetstream.conf')).toBe(
      before,
    );
  });

  it('rotates a seed while its user publishes: nothing is lost, and the old seed is refused in the end', async () => {
    await credentials('make');
    await using nats = await NatsTestServer.start({ config: text('nats', 'accounts.conf') });
    const deployer = await connectClient({
      name: 'test',
      role: 'deployer',
      servers: [nats.url],
      ...seedOf('deployer'),
    });
    refuseBlocked(await provision(deployer, { replicas: 1, hosts }));
    await deployer.close();
    const old = seedOf('supervisor');
    await using before = new MeshParts(nats.url, 'supervisor', old);
    let published = 0;
    const say = async ({ publisher }: MeshParts): Promise<void> => {
      await publisher.publish(events.selfMitigation, { app: 'supervisor' }, { what: 'tested', reason: '' });
      published += 1;
    };
    await say(before);

    expect((await credentials('rotate', 'supervisor')).stdout).toContain('--finish');
    await nats.reload(text('nats', 'accounts.conf'));
    await say(before); // nothing that runs is cut off
    await using after = new MeshParts(nats.url, 'supervisor', seedOf('supervisor'));
    await say(after);
    const again = await credentials('rotate', 'supervisor');
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('is not finished')]);

    expect((await credentials('rotate', 'supervisor', '--finish')).code).toBe(0);
    await nats.reload(text('nats', 'accounts.conf'));
    await say(after);
    await waitFor(() => !before.connection.state.isConnected, { description: 'the old seed to be refused' });
    const operator = await connectClient({ name: 'test', servers: [nats.url], ...seedOf('operator') });
    const jsm = await jetstreamManager(operator, { checkAPI: false });
    expect((await jsm.streams.info('MITIGATION')).state.messages).toBe(published);
    await operator.close();
    const refused = connectClient({ name: 'test', servers: [nats.url], ...old });
    await expect(refused).rejects.toMatchObject({
      message: expect.stringContaining('Not let in by'),
      details: { mend: expect.stringContaining('NATS_NKEY_SEED') },
    });
  }, 30_000);

  it('says whom there is for a user that there is not, and where to write for a directory that it may not', async () => {
    await credentials('make');
    const { code, stderr } = await credentials('rotate', 'nobody');
    expect(code).toBe(2);
    expect(stderr).toContain('"nobody" is no user; there are log-indexer');
    expect(stderr).not.toContain('    at ');
  });
});

describe('a nats-server that encrypts', () => {
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  };
  const selfSigned = (name: string): void =>
    openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...[
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.pem`,
        '-subj',
        `/CN=${name}`,
        '-addext',
        'subjectAltName=DNS:localhost,IP:127.0.0.1',
      ],
    );

  it('is trusted by whoever knows its certificate, and by nobody else; nothing is sent in the clear', async () => {
    selfSigned('server');
    selfSigned('stranger');
    const config = `tls { cert_file: "${at('server.pem')}", key_file: "${at('server.key')}", min_version: "1.3" }`;
    await using nats = await NatsTestServer.start({ config });
    const url = nats.url.replace('nats:', 'tls:');
    const trusted = await connectClient({ name: 'test', servers: [url], ca: text('server.pem') });
    await trusted.flush();
    await trusted.close();
    const noTrust = {
      message: expect.stringContaining('No trust in'),
      details: { mend: expect.stringContaining('NATS_CA_FILE') },
    };
    await expect(connectClient({ name: 'test', servers: [url], ca: text('stranger.pem') })).rejects.toMatchObject(
      noTrust,
    );
    await expect(connectClient({ name: 'test', servers: [url] })).rejects.toMatchObject(noTrust);
  });

  it('is insisted on: a server that does not encrypt is not spoken to where a certificate is named', async () => {
    selfSigned('server');
    await using nats = await NatsTestServer.start();
    await expect(connectClient({ name: 'test', servers: [nats.url], ca: text('server.pem') })).rejects.toMatchObject({
      code: 'FORGE_NATS_UNAVAILABLE',
    });
  });
});
