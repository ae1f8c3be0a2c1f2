import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { connectClient } from '@sentinel-forge/messaging';
import { waitFor } from '@sentinel-forge/testing';
import { EmbeddedMeshProcess } from '../support/embedded-mesh-process.js';
import { ForgeTool } from '../support/forge-tool.js';

// Each call is a process of its own, on a machine that may be busy.
jest.setTimeout(45_000);

const traceIdPattern = /^[0-9a-f]{32}$/;
const controlSequence = '\u001b[';

/** The real tool on a real mesh, each a process of its own. */
describe('forge', () => {
  let mesh: EmbeddedMeshProcess;
  let scratch: string;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'forge-cli-'));
    mesh = await EmbeddedMeshProcess.start({ environment: { REDACT_KEYS: 'badge_number' } });
  }, 60_000);

  afterAll(async () => {
    await mesh?.[Symbol.asyncDispose]();
    await rm(scratch, { recursive: true, force: true });
  }, 30_000);

  /** A tool that has never heard of a mesh. */
  const stranger = (environment: Readonly<Record<string, string>> = {}): ForgeTool =>
    new ForgeTool({
      PATH: process.env.PATH ?? '',
      HOME: scratch,
      FORGE_DATA_DIR: join(scratch, 'nothing-here'),
      ...environment,
    });

  async function json<T>(...args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await mesh.forge(...args, '--json');
    if (code !== 0) {
      throw new Error(`forge ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    }
    return JSON.parse(stdout) as T;
  }

  interface Sent {
    readonly traceId: string;
    readonly sequence: number;
  }

  describe('finding the mesh', () => {
    it('needs no credentials where the mesh was started: it finds them itself', async () => {
      const { services } = JSON.parse((await mesh.forge('status', '--json')).stdout) as {
        readonly services: readonly { readonly app: string }[];
      };
      expect(services).toHaveLength(6);
    });

    it('ends with 3 and says what to do when there is no mesh', async () => {
      const { code, stderr } = await stranger().run(['status']);
      expect(code).toBe(3);
      expect(stderr).toMatch(/^forge: No mesh runs on .*nothing-here\n {2}→ start one with `npm start`/);
    });

    it('ends with 3 when the server that is named does not answer', async () => {
      const { code, stderr } = await stranger({ NATS_URL: 'nats://127.0.0.1:1' }).run(['tail']);
      expect(code).toBe(3);
      expect(stderr).toContain('No nats-server answers at nats://127.0.0.1:1');
    });

    it('reaches a mesh through settings alone', async () => {
      const tool = stranger({
        NATS_URL: mesh.natsUrl,
        NATS_USER: 'operator',
        NATS_PASSWORD: await mesh.passwordOf('operator'),
        FORGE_TOKEN: await mesh.token(),
      });
      expect((await tool.run(['rules', 'list'])).code).toBe(0);
    });

    it('ends with 2 and lists every setting that is wrong', async () => {
      const { code, stderr } = await stranger({ FORGE_NATS_PROT: '1', FORGE_RATE_LIMIT_RPM: 'x' }).run(['status']);
      expect(code).toBe(2);
      expect(stderr).toContain('FORGE_NATS_PROT is not a setting of any service; did you mean FORGE_NATS_PORT?');
      expect(stderr).toContain('FORGE_RATE_LIMIT_RPM must be a whole number');
      expect(stderr).not.toContain('    at ');
    });
  });

  describe('its face', () => {
    it('is there at once', async () => {
      const runsMs: number[] = [];
      for (let run = 0; run < 5; run += 1) {
        const startedAtMs = performance.now();
        expect((await stranger().run(['--help'])).code).toBe(0);
        runsMs.push(performance.now() - startedAtMs);
      }
      // Measured at 60 to 80 ms; a heavy import would cost 300 more.
      expect(Math.min(...runsMs)).toBeLessThan(250);
    });

    it('suggests the command that was meant', async () => {
      const { code, stderr } = await stranger().run(['mitigaton', 'list']);
      expect(code).toBe(2);
      expect(stderr).toContain('Did you mean mitigation?');
    });

    it('documents its exit codes', async () => {
      expect((await stranger().run(['--help'])).stdout).toContain('3  the mesh cannot be reached');
    });

    it('writes no colour into a pipe', async () => {
      const runs = await Promise.all([mesh.forge('status'), mesh.forge('doctor'), mesh.forge('rules', 'list')]);
      expect(runs.map(({ stdout }) => stdout.includes(controlSequence))).toEqual([false, false, false]);
    });

    it('completes commands and options in bash', async () => {
      const { stdout } = await stranger().run(['completion', 'bash']);
      const complete = (...words: readonly string[]): readonly string[] => {
        const script = `${stdout}\nCOMP_WORDS=(forge ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _forge; echo "\${COMPREPLY[@]}"`;
        return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split(/\s+/);
      };
      expect(complete('mit')).toEqual(['mitigation']);
      expect(complete('mitigation', 're')).toEqual(['reject', 'release', 'resume']);
      expect(complete('tail', '--from')).toEqual(['--from-seq']);
    });
  });

  describe('status and doctor', () => {
    it('shows every service, and the exit code says whether all are up', async () => {
      const { code, stdout } = await mesh.forge('status', '--json');
      const status = JSON.parse(stdout) as {
        readonly isUp: boolean;
        readonly services: readonly { readonly state: string; readonly reason: string }[];
        readonly consumers: readonly object[];
      };
      expect(status.services.filter(({ state }) => state === 'down')).toEqual([]);
      expect(code).toBe(status.isUp ? 0 : 1);
      expect(status.isUp).toBe(status.services.every(({ state }) => state === 'up'));
      expect(status.services.every(({ state, reason }) => state === 'up' || reason !== '')).toBe(true);
      expect(status.consumers.length).toBeGreaterThan(10);
    });

    it('finds nothing in the way on a mesh that runs', async () => {
      const { isWell, checks } = await json<{
        readonly isWell: boolean;
        readonly checks: readonly { readonly name: string; readonly state: string }[];
      }>('doctor');
      expect(checks.filter(({ state }) => state === 'fail')).toEqual([]);
      expect(isWell).toBe(true);
      expect(checks.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['node', 'NATS', 'streams and consumers', 'clock', 'Docker', 'token', 'notices']),
      );
    });

    it('says what stands in the way where there is no mesh, and ends with 1', async () => {
      const { code, stdout } = await stranger().run(['doctor']);
      expect(code).toBe(1);
      expect(stdout).toMatch(/✗ +mesh +none runs here\n {4}→ start it with `npm start`/);
    });

    it('finds that everything is provisioned', async () => {
      const { steps } = await json<{ readonly steps: readonly { readonly action: string }[] }>(
        'provision',
        '--dry-run',
      );
      expect(new Set(steps.map(({ action }) => action))).toEqual(new Set(['keep']));
    });
  });

  describe('defend and trace', () => {
    it('sends telemetry, and prints the trace id under which it can be found', async () => {
      const { code, stdout } = await mesh.forge(
        'defend',
        'auth.ssh',
        '--severity',
        '3',
        '--user',
        'root',
        '--attribute',
        'failures=12',
      );
      expect(code).toBe(0);
      const traceId = stdout.split('\n')[0] ?? '';
      expect(traceId).toMatch(traceIdPattern);
      const { steps } = await json<{ readonly steps: readonly { readonly stage: string; readonly summary: string }[] }>(
        'trace',
        traceId,
      );
      expect(steps[0]).toMatchObject({ stage: 'telemetry', summary: 'auth.ssh, severity 3, about root' });
    });

    it('takes JSON from standard input, and flags on top of it', async () => {
      const { code, stdout } = await mesh
        .tool()
        .run(['defend', 'auth', '--event', '-', '--severity', '1', '--json'], '{"source":"from-stdin","severity":9}');
      expect(code).toBe(0);
      const { sequence } = JSON.parse(stdout) as Sent;
      const { steps } = await json<{
        readonly steps: readonly { readonly service: string; readonly summary: string }[];
      }>('trace', `DEFEND:${sequence}`);
      expect(steps[0]).toMatchObject({ service: 'from-stdin', summary: 'auth, severity 1' });
    });

    it('keeps a trace that there is already', async () => {
      const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
      expect(await json<Sent>('defend', 'auth', '--trace', traceId)).toMatchObject({ traceId });
    });

    it('names the field that is wrong, sends nothing, and ends with 2', async () => {
      const { sequence } = await json<Sent>('defend', 'probe');
      const { code, stderr } = await mesh.tool().run(['defend', 'auth', '--event', '{"source":"web","sevrity":3}']);
      expect(code).toBe(2);
      expect(stderr).toContain('sevrity is not a known field');
      expect((await json<Sent>('defend', 'probe')).sequence).toBe(sequence + 1);
    });

    it('waits for the decision, and shows what the score is the sum of', async () => {
      const answer = await json<{
        readonly traceId: string;
        readonly verdict: string;
        readonly score: number;
        readonly contributions: readonly { readonly points: number }[];
      }>('defend', 'auth', '--severity', '2', '--wait');
      expect(answer).toMatchObject({ verdict: 'observe', traceId: expect.stringMatching(traceIdPattern) });
      expect(answer.contributions.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(answer.score);
    });

    it("follows one event into sentinelcore's decision under one trace id", async () => {
      const { traceId } = await json<Sent>('defend', 'auth', '--severity', '10', '--container', 'nobody-knows-it');
      const trace = await waitFor(
        async () => {
          const found = await json<{
            readonly steps: readonly { readonly stage: string; readonly service: string; readonly offsetMs: number }[];
          }>('trace', traceId);
          return found.steps.some(({ stage }) => stage === 'reject') ? found : undefined;
        },
        { description: 'the rejection under the trace', intervalMs: 100 },
      );
      expect(trace.steps[0]).toMatchObject({ stage: 'telemetry', service: 'forge-cli', offsetMs: 0 });
      expect(trace.steps.find(({ stage }) => stage === 'reject')).toMatchObject({ service: 'sentinelcore' });
      expect(trace.steps.map(({ offsetMs }) => offsetMs)).toEqual(
        trace.steps.map(({ offsetMs }) => offsetMs).toSorted((a, b) => a - b),
      );
    });

    it('ends with 1 when nothing was said under a trace, and with 2 for what is no id', async () => {
      expect((await mesh.forge('trace', 'f'.repeat(32))).code).toBe(1);
      expect((await mesh.forge('trace', 'DEFEND:999999')).code).toBe(1);
      expect((await mesh.forge('trace', 'nonsense')).code).toBe(2);
    });
  });

  describe('tail', () => {
    it('follows live across streams, and ends with 0 on Ctrl-C', async () => {
      await using following = mesh.tool().follow(['tail', 'defend.>', 'mitigation.>', '--since', '1s', '--json']);
      const { traceId } = await json<Sent>('defend', 'auth', '--severity', '10', '--container', 'followed');
      const ofTrace = (line: string): boolean => line.includes(traceId);
      const lines = await following.lines.until(
        (all) => all.filter(ofTrace).length >= 2,
        'telemetry and what follows from it',
      );
      const subjects = lines.filter(ofTrace).map((line) => (JSON.parse(line) as { readonly subject: string }).subject);
      expect(subjects).toEqual(['defend.auth', 'mitigation.sentinelcore.rejected']);
      expect(await following.interrupt()).toBe(0);
    });

    it('goes on at a sequence: nothing missing, nothing twice', async () => {
      const sent: number[] = [];
      for (let event = 0; event < 3; event += 1) {
        sent.push((await json<Sent>('defend', 'resume')).sequence);
      }
      const { code, stdout } = await mesh.forge(
        'tail',
        'defend.resume',
        '--from-seq',
        String(sent[1]),
        '--no-follow',
        '--json',
      );
      expect(code).toBe(0);
      const seen = stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as Sent).sequence);
      expect(seen).toEqual(sent.slice(1));
    });

    it('refuses a sequence for subjects of several streams', async () => {
      const { code, stderr } = await mesh.forge('tail', '--from-seq', '1');
      expect(code).toBe(2);
      expect(stderr).toContain('subjects of one stream');
    });

    it('shows no secret, whatever its depth, and cannot be made to write a line of its own', async () => {
      const hostile = {
        source: 'evil\n2026-01-01T00:00:00Z forged',
        summary: `${controlSequence}2J\u202e`,
        attributes: { a: { badge_number: 'hunter2', list: [{ password: 'hunter3' }] } },
      };
      const { sequence } = JSON.parse(
        (await mesh.tool().run(['defend', 'hostile', '--event', '-', '--json'], JSON.stringify(hostile))).stdout,
      ) as Sent;
      for (const form of [[], ['--json']]) {
        const { stdout } = await mesh.forge(
          'tail',
          'defend.hostile',
          '--from-seq',
          String(sequence),
          '--no-follow',
          ...form,
        );
        expect(stdout).not.toMatch(/hunter/);
        expect(stdout.trimEnd().split('\n')).toHaveLength(1);
        expect([controlSequence, '\u202e'].filter((harm) => stdout.includes(harm))).toEqual([]);
      }
    });

    it('ends with 0 when its reader has had enough', async () => {
      await using following = mesh.tool().follow(['tail', '--since', '1h']);
      await following.lines.until((all) => all.length > 0, 'the first line');
      const exited = following.closeOutput();
      await json<Sent>('defend', 'one-more');
      expect(await exited).toBe(0);
    });

    it('outlasts a nats-server that is killed', async () => {
      await using following = mesh.tool().follow(['tail', 'defend.outlast', '--since', '1s', '--json']);
      const before = await json<Sent>('defend', 'outlast');
      await following.lines.until((all) => all.some((line) => line.includes(before.traceId)), 'the event before');
      await mesh.killNatsServer();
      const after = await waitFor(() => json<Sent>('defend', 'outlast'), {
        description: 'the mesh to be back',
        timeoutMs: 15_000,
      });
      const lines = await following.lines.until(
        (all) => all.some((line) => line.includes(after.traceId)),
        'the event after',
        15_000,
      );
      expect(new Set(lines).size).toBe(lines.length);
      expect(await following.interrupt()).toBe(0);
    }, 45_000);

    it('says which streams there are for a subject that none holds', async () => {
      const { code, stderr } = await mesh.forge('tail', 'nonsense.>');
      expect(code).toBe(2);
      expect(stderr).toContain('there are defend.>, mitigation.>');
    });

    it('follows the logs of a service', async () => {
      const { code, stdout } = await mesh.forge('logs', 'tail', 'sentinelcore', '--no-follow');
      expect(code).toBe(0);
      expect(stdout).toContain('sentinelcore service.started');
      expect(stdout).not.toContain('supervisor service.started');
    });
  });

  describe('token', () => {
    const defend = async (token: string): Promise<number> => {
      const response = await fetch(`${mesh.urlOf('sentinelcore')}/defend`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: '{"source":"web","severity":1}',
      });
      return response.status;
    };

    it('prints one that the services take', async () => {
      expect(await defend((await mesh.forge('token')).stdout.trim())).toBe(200);
    });

    it('issues one that allows what it names and nothing else, for as long as it says', async () => {
      const { token, subject, scopes, expiresAt } = await json<{
        readonly token: string;
        readonly subject: string;
        readonly scopes: readonly string[];
        readonly expiresAt: string;
      }>('token', '--scope', 'rules:read', '--subject', 'ci', '--ttl', '1h');
      expect({ subject, scopes }).toEqual({ subject: 'ci', scopes: ['rules:read'] });
      expect(Math.abs(Date.parse(expiresAt) - Date.now() - 3_600_000)).toBeLessThan(60_000);
      expect(await defend(token)).toBe(403);
    });

    it('refuses a scope that there is not', async () => {
      const { code, stderr } = await mesh.forge('token', '--scope', 'everything');
      expect(code).toBe(2);
      expect(stderr).toContain('there are defend:write');
    });

    it('is refused over NATS too when it does not allow what is asked', async () => {
      const { token } = await json<{ readonly token: string }>('token', '--scope', 'notify:read');
      const { code, stderr } = await mesh.tool({ FORGE_TOKEN: token }).run(['rules', 'list']);
      expect(code).toBe(1);
      expect(stderr).toContain('does not carry the scope rules:read');
    });
  });

  describe('rules', () => {
    it('checks files without a mesh, and names line and mend of what is wrong', async () => {
      const file = join(scratch, 'bad.yaml');
      await writeFile(
        file,
        'rules:\n  - id: one\n    description: x\n    when: { field: nonsense, equals: 1 }\n    score: 10\n',
      );
      const { code, stdout } = await stranger().run(['rules', 'check', file]);
      expect(code).toBe(1);
      expect(stdout).toMatch(new RegExp(`^${file}:4:\\d+: .*"nonsense" is not a field of telemetry`));
      expect((await stranger().run(['rules', 'check'])).code).toBe(0);
    });

    it('shows what would be decided on an event, and why, without a mesh', async () => {
      const { code, stdout } = await stranger().run([
        'rules',
        'test',
        '--event',
        '{"source":"x","severity":10,"target":{"container":"web"}}',
      ]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^quarantine at score \d+/);
      expect(stdout).toContain('plan: request m-');
    });

    it('lists those in force', async () => {
      const { rules } = await json<{ readonly rules: readonly object[] }>('rules', 'list');
      expect(rules.length).toBeGreaterThan(10);
    });
  });

  describe('dead-letters', () => {
    it('shows what could not be handled and why, and has it handled again when it is mended', async () => {
      const connection = await connectClient({ name: 'producer', servers: [mesh.natsUrl] });
      connection.publish('defend.broken', '{"source":"web","severity":99,"password":"hunter2"}');
      await connection.flush();
      await connection.close();
      const letter = await waitFor(
        async () => {
          const { deadLetters } = await json<{
            readonly deadLetters: readonly {
              readonly sequence: number;
              readonly subject: string;
              readonly reason: string;
            }[];
          }>('dead-letters', 'list');
          return deadLetters.find(({ subject }) => subject === 'defend.broken');
        },
        { description: 'the dead letter', intervalMs: 200 },
      );
      expect(letter.reason).toContain('severity must be at most 10');

      const shown = await mesh.forge('dead-letters', 'show', String(letter.sequence));
      expect(shown.stdout).toContain('defend.broken');
      expect(shown.stdout).not.toContain('hunter2');

      const unmended = await mesh.forge('dead-letters', 'replay', String(letter.sequence));
      expect(unmended.code).toBe(2);
      const file = join(scratch, 'mended.json');
      await writeFile(file, '{"source":"web","severity":9}');
      expect((await mesh.forge('dead-letters', 'replay', String(letter.sequence), '--payload', `@${file}`)).code).toBe(
        0,
      );
      expect((await mesh.forge('dead-letters', 'show', String(letter.sequence))).code).toBe(1);
    }, 30_000);
  });

  describe('logs verify', () => {
    it('passes on what was recorded, fails on one changed byte naming the entry, and needs no mesh', async () => {
      const intact = await json<{ readonly verdict: string; readonly entries: number }>('logs', 'verify');
      expect(intact).toMatchObject({ verdict: 'intact' });
      expect(intact.entries).toBeGreaterThan(0);

      const copy = join(scratch, 'record');
      await cp(join(mesh.dataDirectory, 'log-indexer', 'record'), copy, { recursive: true });
      expect((await stranger().run(['logs', 'verify', '--dir', copy])).code).toBe(0);
      await changeOneByte(copy);
      const tampered = await stranger().run(['logs', 'verify', '--dir', copy]);
      expect(tampered.code).toBe(1);
      expect(tampered.stdout).toMatch(/^tampered at entry \d+/);
    });

    it('ends with 4 when there is nothing to read', async () => {
      expect((await stranger().run(['logs', 'verify', '--dir', join(scratch, 'nowhere')])).code).toBe(4);
    });
  });

  describe('notices', () => {
    it('lists what people would have been told, though no channel is set up', async () => {
      const { traceId } = await json<Sent>('defend', 'auth', '--severity', '10', '--container', 'told-of');
      const notice = await waitFor(
        async () =>
          (
            await json<{ readonly notices: readonly { readonly state: string; readonly title: string }[] }>(
              'notices',
              'list',
              '--trace',
              traceId,
            )
          ).notices[0],
        { description: 'the notice', intervalMs: 200 },
      );
      expect(notice).toMatchObject({ state: 'untold', title: expect.stringContaining('told-of') });
    });
  });

  describe('run', () => {
    it('runs one service as a process of its own, and drains it on a signal', async () => {
      const environment = {
        NATS_URL: mesh.natsUrl,
        NATS_USER: 'task-registry',
        NATS_PASSWORD: await mesh.passwordOf('task-registry'),
        FORGE_JWT_SECRET: 'a-secret-for-tests-of-32-characters',
      };
      await using running = mesh.tool(environment).follow(['run', 'task-registry']);
      const lines = await running.lines.until(
        (all) => all.some((line) => line.includes('"service.started"')),
        'the start of the service',
        15_000,
      );
      const { url } = JSON.parse(lines.find((line) => line.includes('"service.started"')) ?? '') as {
        readonly url: string;
      };
      expect((await fetch(`${url}/health`)).status).toBe(200);
      expect(await running.interrupt()).toBe(0);
    }, 30_000);

    it('says which apps there are for one that there is not', async () => {
      const { code, stderr } = await stranger().run(['run', 'nonsense']);
      expect(code).toBe(2);
      expect(stderr).toContain('there are log-indexer, notification-dispatcher, supervisor');
    });
  });

  describe('mitigation', () => {
    it('lists none where none was asked for', async () => {
      expect(await json('mitigation', 'list')).toEqual({ pausedHosts: [], mitigations: [] });
    });

    it('ends with 1 for one that nobody knows, and with 2 for neither an id nor --all', async () => {
      expect((await mesh.forge('mitigation', 'show', 'm-abcdef')).code).toBe(1);
      expect((await mesh.forge('mitigation', 'release')).code).toBe(2);
    });

    it('sets the one big switch, and takes it back', async () => {
      expect(await json('mitigation', 'pause', '--reason', 'a test')).toMatchObject({ isPaused: true });
      expect(await json<{ readonly pausedHosts: readonly string[] }>('mitigation', 'list')).toMatchObject({
        pausedHosts: [expect.any(String)],
      });
      expect(await json('mitigation', 'resume')).toMatchObject({ isPaused: false });
    });

    it('refuses whoever may only read', async () => {
      const { token } = await json<{ readonly token: string }>('token', '--scope', 'mitigation:read');
      const { code } = await mesh.tool({ FORGE_TOKEN: token }).run(['mitigation', 'pause']);
      expect(code).toBe(1);
    });
  });
});

async function changeOneByte(record: string): Promise<void> {
  const segment = (await readdir(record)).find((name) => name.endsWith('.log')) ?? '';
  const file = await open(join(record, segment), 'r+');
  const { size } = await file.stat();
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, Math.floor(size / 2));
  byte[0] = (byte[0] ?? 0) ^ 1;
  await file.write(byte, 0, 1, Math.floor(size / 2));
  await file.close();
}
