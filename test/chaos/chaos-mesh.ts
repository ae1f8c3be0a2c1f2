import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppName } from '@sentinel-forge/contracts';
import { accountsConfig, connectClient, provision, refuseBlocked } from '@sentinel-forge/messaging';
import { HttpTestServer, NatsTestServer } from '@sentinel-forge/testing';
import type { PrivateEngine } from '../support/private-engine.js';
import { ServiceProcess } from '../support/service-process.js';
import { testSecret } from '../support/tokens.js';
import type { VictimOfChaos } from './chaos-plan.js';
import { RecordingProxy } from './recording-proxy.js';

const apps = ['log-indexer', 'notification-dispatcher', 'supervisor', 'sentinelcore'] as const satisfies AppName[];
const hosts = ['chaos'];
const passwordOf = (user: string): string => `password-of-${user}`;

const rules = `rules:
  - id: chaos-restart
    description: A test asks for a restart
    when: { field: signal, equals: chaos.restart }
    score: 50
    action: restart
`;

/** The four apps as processes of their own, each with its own rights, on a nats-server and an engine that can be killed. */
export class ChaosMesh implements AsyncDisposable {
  readonly #disposables = new AsyncDisposableStack();
  readonly #services = new Map<AppName, ServiceProcess>();

  private constructor(
    readonly engine: PrivateEngine,
    readonly nats: NatsTestServer,
    readonly proxy: RecordingProxy,
    readonly folder: string,
  ) {}

  static async start(engine: PrivateEngine): Promise<ChaosMesh> {
    const identities = ({ name }: { readonly name: string }): readonly string[] => [
      `user: ${JSON.stringify(name)}, password: ${JSON.stringify(passwordOf(name))}`,
    ];
    const nats = await NatsTestServer.start({ config: accountsConfig({ hosts, identities, anonymous: 'none' }) });
    const proxy = await RecordingProxy.start(engine.dockerHost);
    const mesh = new ChaosMesh(engine, nats, proxy, await mkdtemp(join(tmpdir(), 'forge-chaos-')));
    mesh.#disposables.use(nats);
    mesh.#disposables.use(proxy);
    mesh.#disposables.defer(() => rm(mesh.folder, { recursive: true, force: true }));
    try {
      await mesh.#startApps();
      return mesh;
    } catch (error) {
      await mesh[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A connection of one of the users. */
  connect(user: 'operator' | 'deployer') {
    return connectClient({
      name: 'chaos',
      role: user,
      servers: [this.nats.url],
      user,
      password: passwordOf(user),
      timeoutMs: 10_000,
    });
  }

  /** Where an app keeps its data. */
  dataOf(app: AppName): string {
    return join(this.folder, app);
  }

  async kill(victim: VictimOfChaos): Promise<void> {
    if (victim === 'nats-server') {
      await this.nats.kill();
    } else if (victim === 'dockerd') {
      await this.engine.stop('SIGKILL');
    } else {
      await this.#services.get(victim)?.kill();
    }
  }

  async revive(victim: VictimOfChaos): Promise<void> {
    if (victim === 'nats-server') {
      await this.nats.restart();
    } else if (victim === 'dockerd') {
      await this.engine.start();
    } else {
      await this.#services.get(victim)?.restart();
    }
  }

  /** Ends every app as an orchestrator would. Resolves to those that did not end with 0. */
  async stop(): Promise<readonly string[]> {
    const codes = await Promise.all(
      [...this.#services].map(async ([app, service]) => ({ app, code: await service.stop() })),
    );
    return codes.filter(({ code }) => code !== 0).map(({ app, code }) => `${app} ended with ${code}`);
  }

  /** The lines that an app has logged. */
  logOf(app: AppName): readonly string[] {
    return this.#services.get(app)?.lines ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disposables.disposeAsync();
  }

  async #startApps(): Promise<void> {
    const deployer = await this.connect('deployer');
    refuseBlocked(await provision(deployer, { replicas: 1, hosts }));
    await deployer.close();
    const hook = this.#disposables.use(await HttpTestServer.start());
    const rulesFile = join(this.folder, 'rules.yaml');
    await writeFile(rulesFile, rules);
    for (const app of apps) {
      const service = await ServiceProcess.start(app, {
        NATS_URL: this.nats.url,
        NATS_USER: app,
        NATS_PASSWORD: passwordOf(app),
        FORGE_HOST: hosts[0] ?? '',
        FORGE_JWT_SECRET: testSecret,
        FORGE_DATA_DIR: this.dataOf(app),
        DOCKER_HOST: this.proxy.dockerHost,
        SENTINELCORE_RULES: rulesFile,
        SUPERVISOR_MAX_ACTIONS_PER_MINUTE: '10000',
        SUPERVISOR_MAX_CONTAINED_PERCENT: '100',
        LOG_ROTATE_ENTRIES: '1000',
        NOTIFY_WEBHOOK_URL: `${hook.url}/hook`,
      });
      this.#services.set(app, service);
      this.#disposables.use(service);
    }
  }
}
