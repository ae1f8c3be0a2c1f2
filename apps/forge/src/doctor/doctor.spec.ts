import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { DataDirectory } from '../embedded/data-directory.js';
import { describeResults } from './doctor.js';
import { dataDirectoryCheck, judgeNatsVersion, natsProgramCheck, nodeCheck, portsCheck } from './machine-checks.js';
import { judgeClock, judgeToken } from './mesh-checks.js';
import { channelsCheck, dockerCheck, tokenKeyCheck } from './outside-checks.js';

const tokenOf = (claims: object): string => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

describe('what the doctor looks at', () => {
  it('takes only a Node that is new enough', async () => {
    expect((await nodeCheck('24.21.0').look()).state).toBe('ok');
    expect((await nodeCheck('22.3.0').look()).state).toBe('fail');
  });

  it('takes only a nats-server that can reset a consumer', () => {
    expect(judgeNatsVersion('nats-server: v2.15.0').state).toBe('ok');
    expect(judgeNatsVersion('2.14.0').state).toBe('ok');
    expect(judgeNatsVersion('3.0.1').state).toBe('ok');
    expect(judgeNatsVersion('nats-server: v2.9.25').state).toBe('fail');
    expect(judgeNatsVersion('').state).toBe('fail');
  });

  it('notices that the program is missing, and minds only where it is needed', async () => {
    expect(await natsProgramCheck('/nowhere/nats-server', true).look()).toMatchObject({
      state: 'fail',
      mend: expect.stringContaining('setup.sh'),
    });
    expect((await natsProgramCheck('/nowhere/nats-server', false).look()).state).toBe('skip');
  });

  it('fails when others can read a secret, and names the file', async () => {
    const path = await mkdtemp(join(tmpdir(), 'forge-doctor-'));
    try {
      const directory = new DataDirectory(path);
      expect((await dataDirectoryCheck(directory, true).look()).state).not.toBe('fail');
      await writeFile(directory.tokenFile, 'token', { mode: 0o644 });
      expect(await dataDirectoryCheck(directory, true).look()).toMatchObject({
        state: 'fail',
        detail: expect.stringContaining('operator.token'),
      });
    } finally {
      await rm(path, { recursive: true });
    }
  });

  it('finds the port that is taken, and says which setting to change', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const check = portsCheck([{ what: 'NATS', port, setting: 'FORGE_NATS_PORT' }], false);
    expect(await check.look()).toMatchObject({ state: 'fail', mend: expect.stringContaining('FORGE_NATS_PORT') });
    await new Promise((resolve) => server.close(resolve));
    expect((await check.look()).state).toBe('ok');
  });

  it('minds clocks that are seconds apart, and refuses minutes', () => {
    expect(judgeClock(500).state).toBe('ok');
    expect(judgeClock(5_000).state).toBe('warn');
    expect(judgeClock(120_000).state).toBe('fail');
  });

  it('refuses a token that has expired or is none, and warns a day before', () => {
    const nowMs = 1_000_000_000_000;
    const inSeconds = (seconds: number): string => tokenOf({ sub: 'operator', exp: nowMs / 1000 + seconds });
    expect(judgeToken(undefined, nowMs).state).toBe('fail');
    expect(judgeToken('nonsense', nowMs).state).toBe('fail');
    expect(judgeToken(inSeconds(-1), nowMs).state).toBe('fail');
    expect(judgeToken(inSeconds(3_600), nowMs).state).toBe('warn');
    expect(judgeToken(inSeconds(864_000), nowMs)).toEqual({ state: 'ok', detail: 'of operator, for another 10 d' });
  });

  it('only warns when there is no Docker engine: the rest of the mesh works', async () => {
    expect((await dockerCheck({ DOCKER_HOST: 'unix:///nowhere/docker.sock' }).look()).state).toBe('warn');
  });

  it('warns when nobody would be told of anything', async () => {
    expect((await channelsCheck({}).look()).state).toBe('warn');
    expect(await channelsCheck({ SMTP_URL_FILE: '/run/secrets/smtp' }).look()).toMatchObject({
      state: 'ok',
      detail: 'by email',
    });
  });

  it('wants a key of tokens wherever no mesh makes its own', async () => {
    expect((await tokenKeyCheck({}, true).look()).state).toBe('ok');
    expect((await tokenKeyCheck({}, false).look()).state).toBe('fail');
    expect((await tokenKeyCheck({ FORGE_JWKS_URL: 'https://id/keys' }, false).look()).state).toBe('ok');
  });
});

describe('describeResults', () => {
  it('puts the mend below what needs one, and counts', () => {
    const text = stripVTControlCharacters(
      describeResults([
        { name: 'node', state: 'ok', detail: '24' },
        { name: 'token', state: 'fail', detail: 'expired', mend: 'issue another' },
      ]),
    );
    expect(text).toBe('✓  node   24\n✗  token  expired\n    → issue another\n\n1 to mend.');
  });
});
