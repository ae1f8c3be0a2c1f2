import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Arrivals } from '@sentinel-forge/testing';

const loader = fileURLToPath(new URL('../../../scripts/typescript.js', import.meta.url));

/** One of the files beside this one as a process of its own: what is measured shares no compiler and no heap with anything else. */
export class BenchProcess implements AsyncDisposable {
  readonly #lines = new Arrivals<string>();
  readonly #child: ChildProcess;

  constructor(name: string, options: object, environment: Readonly<Record<string, string>> = {}) {
    const script = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, ['--import', loader, script, JSON.stringify(options)], {
      env: { PATH, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#lines.add(line));
    this.#child = child;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The first line that fits, as soon as it is printed. */
  async line(isWanted: (line: string) => boolean, what: string, deadlineMs = 60_000): Promise<string> {
    const lines = await this.#lines.until((all) => all.some(isWanted), what, deadlineMs);
    return lines.find(isWanted) ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
  }
}
