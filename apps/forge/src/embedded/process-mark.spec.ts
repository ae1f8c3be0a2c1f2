import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { waitFor } from '@sentinel-forge/testing';
import { isAlive, isRunning, markOf, pidIn } from './process-mark.js';

const itOnLinux = existsSync('/proc/self/stat') ? it : it.skip;

it('is of a process for as long as it runs', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const mark = markOf(child.pid ?? 0);
  expect(pidIn(mark)).toBe(child.pid);
  expect(isAlive(mark)).toBe(true);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  expect(isAlive(mark)).toBe(false);
});

itOnLinux('is not of another process that was given the same id', () => {
  const mark = markOf(process.pid);
  expect(isAlive(mark)).toBe(true);
  expect(isAlive(`${mark}0`)).toBe(false);
});

itOnLinux('is not of a zombie: it holds its id, and does nothing any more', async () => {
  // A shell that has become `sleep` never asks after the child it had; until then it might.
  const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  });
  try {
    const [, stdout, , stopChild] = parent.stdio;
    const zombie = Number(String((await once(stdout as Readable, 'data'))[0]));
    await waitFor(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n', { description: 'the sleep' });
    (stopChild as Writable).destroy();
    const isZombie = (): boolean => / Z /.test(readFileSync(`/proc/${zombie}/stat`, 'utf8'));
    await waitFor(isZombie, { description: 'the child to end' });
    expect(isRunning(zombie)).toBe(false);
  } finally {
    const exited = once(parent, 'exit');
    parent.kill('SIGKILL');
    await exited;
  }
});

it.each(['', '0', '-1', 'x', '12x', '1.5'])('%j is a mark of nothing', (text) => {
  expect(isAlive(text)).toBe(false);
});
