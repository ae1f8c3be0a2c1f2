import { type ExecFileException, execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const root = fileURLToPath(new URL('../..', import.meta.url));
const buildWithinMs = 10 * 60_000;
const callWithinMs = 120_000;
const portSettings = [
  'SENTINELCORE_PORT',
  'NOTIFICATION_DISPATCHER_PORT',
  'SUPERVISOR_PORT',
  'LOG_INDEXER_PORT',
  'HARDENING_AUDITOR_PORT',
  'TASK_REGISTRY_PORT',
  'NATS_PORT',
  'PROMETHEUS_PORT',
];

/** What came of a command in a container. */
export interface CommandResult {
  readonly code: number;
  readonly output: string;
}

/** A row of `docker compose ps`. */
export interface ComposeContainer {
  readonly ID: string;
  readonly Name: string;
  readonly Service: string;
  readonly State: string;
  readonly Health: string;
  readonly ExitCode: number;
}

/** The stack of `compose.yaml` as a project of its own, on ports of the system's choice. */
export class ComposeStack implements AsyncDisposable {
  readonly project = `forge-${randomBytes(4).toString('hex')}`;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = {
      ...process.env,
      ...Object.fromEntries(portSettings.map((name) => [name, '0'])),
      FORGE_VERSION: 'test',
      ...environment,
    };
  }

  /** Builds the images; `services` are all unless told otherwise. */
  async build(...services: readonly string[]): Promise<void> {
    await this.compose(['build', '--quiet', ...services], buildWithinMs);
  }

  /** Starts everything, and resolves when everything is healthy, to how long that took. Rejects if something is not. */
  async up(): Promise<number> {
    const startedAtMs = performance.now();
    await this.compose(['up', '--wait', '--no-build']);
    return performance.now() - startedAtMs;
  }

  /** `docker compose …`; rejects with what it printed when it fails. */
  async compose(args: readonly string[], timeout = callWithinMs): Promise<string> {
    try {
      const { stdout } = await run('docker', ['compose', '--project-name', this.project, ...args], {
        cwd: root,
        env: this.#environment,
        timeout,
        maxBuffer: 64 * 1024 * 1024,
      });
      return stdout;
    } catch (error) {
      const { stdout, stderr } = error as ExecFileException;
      throw new Error(`docker compose ${args.join(' ')} failed: ${String(stderr).slice(-4_000)}${stdout}`, {
        cause: error,
      });
    }
  }

  /** Every container, those that have ended too. */
  async containers(): Promise<readonly ComposeContainer[]> {
    const lines = (await this.compose(['ps', '--all', '--format', 'json'])).trim().split('\n');
    return lines.map((line) => JSON.parse(line) as ComposeContainer);
  }

  /** The id of a service's container. */
  async idOf(service: string): Promise<string> {
    return (await this.compose(['ps', '--all', '--quiet', service])).trim();
  }

  /** Where a published port of a service is found, as `127.0.0.1:49153`. */
  async address(service: string, port: number): Promise<string> {
    return (await this.compose(['port', service, String(port)])).trim();
  }

  /** Runs a command in a service's container. */
  async exec(service: string, ...command: readonly string[]): Promise<CommandResult> {
    try {
      const { stdout, stderr } = await run('docker', ['exec', await this.idOf(service), ...command], {
        timeout: callWithinMs,
      });
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as ExecFileException;
      return { code: typeof code === 'number' ? code : 1, output: `${stdout}${stderr}` };
    }
  }

  /** The operator's tool, as the README calls it. */
  forge(...args: readonly string[]): Promise<string> {
    return this.compose(['run', '--rm', '--no-TTY', 'forge', ...args]);
  }

  /** Takes everything away, volumes included. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.compose(['--profile', '*', 'down', '--volumes', '--remove-orphans']);
  }
}
