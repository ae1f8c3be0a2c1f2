import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type AppName, apps } from '@sentinel-forge/contracts';

const startWithinMs = 60_000;

/** One service as a process of its own, as a container would run it: what is killed in tests. */
export class ServiceProcess implements AsyncDisposable {
  readonly lines: string[] = [];
  #process: ChildProcess | undefined;
  #url = '';

  private constructor(
    private readonly app: AppName,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** Resolves when its HTTP listens. */
  static async start(app: AppName, environment: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    const service = new ServiceProcess(app, environment);
    await service.restart();
    return service;
  }

  get url(): string {
    return this.#url;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Starts it again after it was killed or stopped. */
  async restart(): Promise<void> {
    const main = fileURLToPath(new URL(`../../apps/${this.app}/dist/main.js`, import.meta.url));
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, [main], {
      env: { PATH, [apps[this.app].portSetting]: '0', ...this.environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    const started = Promise.withResolvers<string>();
    started.promise.catch(() => undefined);
    child.once('exit', (code, signal) => started.reject(new Error(`${this.app} ended with ${signal ?? code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.lines.push(line);
      const url = /"evt":"service.started".*"url":"([^"]+)"/.exec(line)?.[1];
      if (url !== undefined) {
        started.resolve(url);
      }
    });
    const isLate = (): Error =>
      new Error(`${this.app} did not listen in time; the last it said:\n${this.lines.slice(-10).join('\n')}`);
    const late = setTimeout(() => started.reject(isLate()), startWithinMs);
    this.#url = await started.promise.finally(() => clearTimeout(late));
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** As an orchestrator would. Resolves to the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      return child?.exitCode ?? null;
    }
    const exited = once(child, 'exit');
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }
}
