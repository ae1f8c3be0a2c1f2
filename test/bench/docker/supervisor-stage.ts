import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kvm } from '@nats-io/kv';
import { connectClient, provision, refuseBlocked } from '@sentinel-forge/messaging';
import {
  Arrivals,
  DockerLab,
  EngineProxy,
  NatsTestServer,
  type Victim,
  type VictimOptions,
  waitFor,
} from '@sentinel-forge/testing';
import { ServiceProcess } from '../../support/service-process.js';
import { testSecret } from '../../support/tokens.js';

type NatsConnection = Awaited<ReturnType<typeof connectClient>>;

export const host = 'bench-host';

/** supervisor as it is deployed, a process of its own, on a real nats-server and a real engine whose every request is timed. */
export class SupervisorStage implements AsyncDisposable {
  readonly #told = new Arrivals<{ readonly subject: string; readonly body: string }>();

  private constructor(
    readonly lab: DockerLab,
    readonly connection: NatsConnection,
    private readonly proxy: EngineProxy,
    private readonly stack: AsyncDisposableStack,
  ) {
    for (const subject of ['mitigation.supervisor.>', 'health.container.>']) {
      connection.subscribe(subject, {
        callback: (_, message) => this.#told.add({ subject: message.subject, body: message.string() }),
      });
    }
  }

  static async open(settings: Readonly<Record<string, string>>): Promise<SupervisorStage> {
    await using stack = new AsyncDisposableStack();
    const nats = stack.use(await NatsTestServer.start());
    const connection = await connectClient({ name: 'bench', servers: [nats.url] });
    stack.defer(() => connection.close());
    refuseBlocked(await provision(connection, { replicas: 1, hosts: [host] }));
    const folder = await mkdtemp(join(tmpdir(), 'forge-bench-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const lab = stack.use(await DockerLab.open());
    const proxy = stack.use(await EngineProxy.start());
    const supervisor = stack.use(
      await ServiceProcess.start('supervisor', {
        NATS_URL: nats.url,
        FORGE_JWT_SECRET: testSecret,
        FORGE_HOST: host,
        FORGE_DATA_DIR: folder,
        DOCKER_HOST: proxy.dockerHost,
        ...settings,
      }),
    );
    await waitFor(async () => (await fetch(`${supervisor.url}/ready`)).ok, { description: 'supervisor to be ready' });
    return new SupervisorStage(lab, connection, proxy, stack.move());
  }

  /** Containers that run; healthy ones, where they have a health check. */
  async victims(count: number, options: VictimOptions): Promise<readonly Victim[]> {
    const victims: Victim[] = [];
    while (victims.length < count) {
      victims.push(await this.lab.victim(options));
    }
    if (options.hasHealthCheck === true) {
      await waitFor(async () => (await Promise.all(victims.map(isHealthy))).every(Boolean), {
        description: 'the victims to be healthy',
        timeoutMs: 30_000,
      });
    }
    return victims;
  }

  /** How many requests the engine has had from the supervisor so far. */
  get requestCount(): number {
    return this.proxy.requests.length;
  }

  /** When the first request came that fits, of those after so many; in milliseconds since 1970. */
  async requestedAtMs(isWanted: (line: string) => boolean, after: number, description: string): Promise<number> {
    const { index } = await waitFor(
      () => {
        const found = this.proxy.requests.findIndex((line, place) => place >= after && isWanted(line));
        return found >= 0 && { index: found };
      },
      { description },
    );
    return this.proxy.requestTimesMs[index] ?? Number.NaN;
  }

  /** Resolves when the supervisor has said that something became of a container: by then it is done with it. */
  async says(word: 'applied' | 'restarted', victim: Victim): Promise<void> {
    const isIt = ({ subject, body }: { subject: string; body: string }): boolean =>
      subject.endsWith(`.${word}`) && body.includes(victim.id);
    await this.#told.until((all) => all.some(isIt), `${victim.name} to be ${word}`, 30_000);
  }

  /** Resolves when the supervisor has told everybody of a container. */
  async knows(victim: Victim): Promise<void> {
    const inventory = await new Kvm(this.connection).open('inventory');
    await waitFor(async () => (await inventory.get(`${host}.${victim.id}`)) !== null, {
      description: `${victim.name} in the inventory`,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stack.disposeAsync();
  }
}

async function isHealthy(victim: Victim): Promise<boolean> {
  return (await victim.inspect()).State.Health?.Status === 'healthy';
}
