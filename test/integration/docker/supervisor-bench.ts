import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MitigationRequested } from '@sentinel-forge/contracts';
import { DockerEngine } from '@sentinel-forge/docker';
import {
  ContainerLanes,
  DockerContainerEngine,
  defaultHealingPolicy,
  defaultResponsePolicy,
  EngineWatch,
  EvidenceFolder,
  Healer,
  type HealingPolicy,
  HealingRecord,
  Inventory,
  MitigationRecord,
  OwnActs,
  type ResponsePolicy,
  ResponseSwitch,
  Responses,
} from '@sentinel-forge/supervisor';
import { EngineProxy, waitFor } from '@sentinel-forge/testing';
import { CollectedEvents } from '../../../apps/supervisor/src/testing/collected-events.js';
import { CollectedHealth } from '../../../apps/supervisor/src/testing/collected-health.js';
import { MemoryKeyValueStore } from '../../../apps/supervisor/src/testing/memory-key-value-store.js';
import { testHost, testOrigin } from '../../../apps/supervisor/src/testing/requests.js';
import { SilentLog } from '../../../apps/supervisor/src/testing/silent-log.js';

/** The rules of a supervisor on the real engine, with stores in memory that outlive it. */
export class SupervisorBench implements AsyncDisposable {
  readonly store = new MemoryKeyValueStore(MitigationRecord);
  readonly switches = new MemoryKeyValueStore(ResponseSwitch);
  readonly healings = new MemoryKeyValueStore(HealingRecord);
  readonly events = new CollectedEvents();
  readonly health = new CollectedHealth();
  readonly log = new SilentLog();
  #running: Running | undefined;

  private constructor(
    readonly proxy: EngineProxy,
    readonly folder: string,
    private readonly policy: Partial<ResponsePolicy>,
    private readonly healing: Partial<HealingPolicy> | undefined,
  ) {}

  /** Heals only where the test says how: what else runs on this engine is none of its business. */
  static async open(policy: Partial<ResponsePolicy> = {}, healing?: Partial<HealingPolicy>): Promise<SupervisorBench> {
    const folder = await mkdtemp(join(tmpdir(), 'forge-evidence-'));
    const bench = new SupervisorBench(await EngineProxy.start(), folder, policy, healing);
    await bench.start();
    return bench;
  }

  get responses(): Responses {
    return this.#current.responses;
  }

  get healer(): Healer {
    return this.#current.healer;
  }

  get #current(): Running {
    if (this.#running === undefined) {
      throw new Error('the supervisor was stopped');
    }
    return this.#running;
  }

  /** What was asked of the engine that changes something, in order. */
  get changes(): readonly string[] {
    return this.proxy.requests.filter((line) => line.startsWith('POST'));
  }

  async start(): Promise<void> {
    const docker = new DockerEngine({ dockerHost: this.proxy.dockerHost });
    const ownActs = new OwnActs(Date.now);
    const engine = new DockerContainerEngine(docker, ownActs);
    const lanes = new ContainerLanes();
    const common = {
      engine,
      lanes,
      log: this.log,
      now: Date.now,
      random: Math.random,
      redact: (value: unknown) => value,
    };
    const evidence = new EvidenceFolder(this.folder);
    const inventory = new Inventory();
    inventory.replaceAll(await engine.list());
    const responses = new Responses(
      {
        ...common,
        evidence,
        inventory,
        store: this.store,
        switches: this.switches,
        events: this.events,
        onFree: (id) => healer.look(id),
      },
      { ...defaultResponsePolicy, host: testHost, instance: 'bench', minContained: 100, ...this.policy },
    );
    const healer = new Healer(
      {
        ...common,
        evidence,
        inventory,
        ownActs,
        store: this.healings,
        events: this.health,
        isHeld: (id) => responses.inForceOn(id) !== undefined,
        instance: 'bench',
      },
      { ...defaultHealingPolicy, host: testHost, ...this.healing },
    );
    const events = docker.events();
    const watch = new EngineWatch(
      engine,
      inventory,
      this.healing === undefined ? [responses] : [responses, healer],
      this.log,
    );
    const followed = watch.follow(events);
    await waitFor(() => watch.away === undefined, { description: 'the engine to be heard' });
    await responses.start();
    if (this.healing !== undefined) {
      await healer.start();
    }
    this.#running = { responses, healer, events, followed };
  }

  async stop(): Promise<void> {
    await this.#running?.events.close();
    await this.#running?.followed;
    await this.#running?.responses.stop();
    await this.#running?.healer.stop();
    this.#running = undefined;
  }

  async ask(request: MitigationRequested): Promise<void> {
    await this.responses.accept(request, testOrigin);
  }

  /** The record, as soon as it is in this state. */
  async inState(id: string, state: MitigationRecord['state'], timeoutMs = 20_000): Promise<MitigationRecord> {
    return waitFor(
      async () => {
        const record = (await this.store.get(id))?.value;
        if (record?.state !== state || record.unsaid.length > 0) {
          throw new Error(`it is ${record?.state}: ${record?.history.at(-1)?.reason} ${record?.lastError ?? ''}`);
        }
        return record;
      },
      { description: `${id} to be ${state}`, timeoutMs },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.proxy[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

interface Running {
  readonly responses: Responses;
  readonly healer: Healer;
  readonly events: ReturnType<DockerEngine['events']>;
  readonly followed: Promise<void>;
}
