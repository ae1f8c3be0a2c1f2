import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Arrivals } from '@sentinel-forge/testing';
import { anyPorts } from '../support/embedded-mesh-process.js';

describe('npm start', () => {
  it('ends with 0 after a Ctrl-C, which everything that was started in the terminal hears', async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'forge-npm-start-'));
    const { PATH = '', HOME = '' } = process.env;
    const npm = spawn('npm', ['start'], {
      // The leader of a group of its own, as the shell of a terminal has it.
      detached: true,
      env: { PATH, HOME, ...anyPorts, FORGE_DATA_DIR: dataDirectory },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const group = -(npm.pid ?? 0);
    const output = new Arrivals<string>();
    for (const stream of [npm.stdout, npm.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => output.add(text));
    }
    const ended = once(npm, 'exit');
    try {
      await output.until((texts) => texts.join('').includes('Ready in'), 'the mesh to be ready', 60_000);
      process.kill(group, 'SIGINT');
      expect(await ended).toEqual([0, null]);
      expect(output.all.join('')).not.toContain('Stopping already');
    } finally {
      if (npm.exitCode === null && npm.signalCode === null) {
        process.kill(group, 'SIGKILL');
        await ended;
      }
      await rm(dataDirectory, { recursive: true, force: true });
    }
  }, 90_000);
});
