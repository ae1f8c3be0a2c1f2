import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readlink, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '@sentinel-forge/testing';

const run = promisify(execFile);
const startTimeoutMs = 60_000;
/** What keeps a network namespace alive while nobody else is in it. */
const networkHolder = ['unshare', '--net', 'sleep', 'infinity'] as const;

/** How a {@link PrivateEngine} is started. */
export interface PrivateEngineOptions {
  /**
   * Whether containers outlive a dockerd that is killed, as `live-restore` has it; else its successor ends them. That is
   * for a dockerd of today, which is fetched where the one in PATH is older (scripts/fetch-docker-engine.sh says why).
   */
  readonly isLiveRestoring?: boolean;
}

/**
 * A real Docker engine of the test's own, beside the one that everybody uses, to be stopped, killed and started again at
 * will. It lives in a network namespace of its own, which it keeps over every start: an engine without a bridge removes
 * docker0, whoever else uses it. Networks that are made lead nowhere.
 */
export class PrivateEngine implements AsyncDisposable {
  /** As in DOCKER_HOST. */
  readonly dockerHost: string;
  readonly #socketPath: string;
  #process: ChildProcess | undefined;
  #output = '';

  private constructor(
    private readonly folder: string,
    private readonly network: ChildProcess,
    private readonly options: PrivateEngineOptions,
    /** Folders to look for programs in before PATH. */
    private readonly programs: readonly string[],
  ) {
    this.#socketPath = join(folder, 'docker.sock');
    this.dockerHost = `unix://${this.#socketPath}`;
  }

  static async start(options: PrivateEngineOptions = {}): Promise<PrivateEngine> {
    const programs = options.isLiveRestoring === true ? [await todaysEngine()] : [];
    const folder = await mkdtemp(join(tmpdir(), 'forge-dockerd-'));
    const engine = new PrivateEngine(folder, await ownNetwork(), options, programs);
    try {
      await engine.start();
      return engine;
    } catch (error) {
      await engine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts it again on what it had; resolves when it answers. */
  async start(): Promise<void> {
    const at = (name: string): string => join(this.folder, name);
    const name = `forge-${this.folder.slice(-6).toLowerCase()}`;
    const flags = [
      ...['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid'), '--host', this.dockerHost],
      ...[
        '--containerd-namespace',
        name,
        '--containerd-plugins-namespace',
        `${name}-plugins`,
        '--storage-driver',
        'vfs',
      ],
      ...['--bridge', 'none', '--iptables=false', '--ip-forward=false', '--ip-masq=false'],
      ...(this.options.isLiveRestoring === true ? ['--live-restore'] : []),
    ];
    const inNetwork = [`--net=/proc/${this.network.pid}/ns/net`, 'dockerd'];
    const dockerd = spawn('nsenter', [...inNetwork, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: [...this.programs, process.env.PATH].join(delimiter) },
    });
    this.#process = dockerd;
    const keep = (text: Buffer): void => {
      this.#output = `${this.#output}${text.toString()}`.slice(-4_000);
    };
    dockerd.stdout.on('data', keep);
    dockerd.stderr.on('data', keep);
    const failed = once(dockerd, 'exit').then(() => Promise.reject(new Error(`dockerd ended: ${this.#output}`)));
    const answers = waitFor(() => this.#ping(), { description: 'dockerd to answer', timeoutMs: startTimeoutMs });
    await Promise.race([answers, failed]);
    failed.catch(() => undefined);
  }

  /** As `systemctl stop docker` does it (SIGTERM: it stops every container first), or as the kernel does it (SIGKILL). */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const dockerd = this.#process;
    this.#process = undefined;
    if (dockerd !== undefined && dockerd.exitCode === null && dockerd.signalCode === null) {
      const ended = once(dockerd, 'exit');
      dockerd.kill(signal);
      await ended;
      await this.#containerdGone();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process === undefined) {
      // What a killed engine left running is its next one's to end.
      await this.start();
    }
    await this.stop();
    await endOf(this.network);
    await run('umount', [join(this.folder, 'data')]).catch(() => undefined);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The kernel ends it with its dockerd, and the next dockerd takes one that is ending, or that nobody buried, for alive. */
  async #containerdGone(): Promise<void> {
    const pidFile = join(this.folder, 'exec/containerd/containerd.pid');
    const pid = await readFile(pidFile, 'utf8').catch(() => undefined);
    const hasEnded = async (): Promise<boolean> => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
      return stat === undefined || / Z /.test(stat);
    };
    if (pid !== undefined) {
      await waitFor(hasEnded, { description: 'containerd to end' });
      await rm(pidFile, { force: true });
    }
  }

  #ping(): Promise<boolean> {
    return new Promise((resolve) => {
      const ping = request({ socketPath: this.#socketPath, path: '/_ping' }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      ping.on('error', () => resolve(false));
      ping.end();
    });
  }
}

/** Why no engine of our own can be started here; undefined when one can. */
export async function whyNoPrivateEngine(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) {
    return 'only root can start dockerd';
  }
  const [program, ...flags] = networkHolder;
  return run(program, [...flags.slice(0, 1), 'dockerd', '--version']).then(
    () => undefined,
    () => 'there is no dockerd here, or it cannot have a network of its own',
  );
}

async function todaysEngine(): Promise<string> {
  const { stdout } = await run('sh', ['scripts/fetch-docker-engine.sh']);
  return stdout.trim();
}

async function ownNetwork(): Promise<ChildProcess> {
  const [program, ...flags] = networkHolder;
  const holder = spawn(program, flags, { stdio: 'ignore' });
  await once(holder, 'spawn');
  const namespaceOf = (pid: number | 'self'): Promise<string> => readlink(`/proc/${pid}/ns/net`);
  const isOwn = async (): Promise<boolean> => (await namespaceOf(holder.pid ?? 0)) !== (await namespaceOf('self'));
  await waitFor(isOwn, { description: 'a network namespace' });
  return holder;
}

async function endOf(process: ChildProcess): Promise<void> {
  if (process.exitCode === null && process.signalCode === null) {
    const ended = once(process, 'exit');
    process.kill('SIGKILL');
    await ended;
  }
}
