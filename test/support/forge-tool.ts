import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Arrivals } from '@sentinel-forge/testing';

/** What became of one call of the tool. */
export interface ForgeRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const forge = fileURLToPath(new URL('../../apps/forge/bin/forge.js', import.meta.url));
const runWithinMs = 20_000;

/** The real `forge`, called as a person does, with an environment of the test's choice. */
export class ForgeTool {
  constructor(private readonly environment: Readonly<Record<string, string>>) {}

  /** Runs a command to its end. */
  async run(args: readonly string[], input?: string): Promise<ForgeRun> {
    const child = this.#spawn(args);
    const stuck = setTimeout(() => child.kill('SIGKILL'), runWithinMs);
    child.stdin.on('error', () => undefined); // it may end without reading
    child.stdin.end(input);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const [code] = await once(child, 'close');
    clearTimeout(stuck);
    return { code: code as number | null, stdout, stderr };
  }

  /** Starts a command that goes on until it is ended. */
  follow(args: readonly string[]): FollowingForge {
    return new FollowingForge(this.#spawn(args));
  }

  #spawn(args: readonly string[]): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, [forge, ...args], { env: this.environment });
  }
}

/** A command that goes on: its lines as they come. */
export class FollowingForge implements AsyncDisposable {
  readonly lines = new Arrivals<string>();
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<number | null>;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#exited = once(child, 'exit').then(([code]) => code as number | null);
    createInterface({ input: child.stdout }).on('line', (line) => this.lines.add(line));
  }

  /** Presses Ctrl-C, and resolves to the exit code. */
  interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT');
    return this.#exited;
  }

  /** Stops reading, as `head` does. */
  async closeOutput(): Promise<number | null> {
    this.#child.stdout.destroy();
    return this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
