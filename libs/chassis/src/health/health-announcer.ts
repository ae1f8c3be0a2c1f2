import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type DependencyState, events, isAppName, Log, limits, type ServiceState } from '@sentinel-forge/contracts';
import { EventPublisher, MeshConnection } from '@sentinel-forge/messaging';
import { ServiceIdentity } from '../service/service-identity.js';
import { describeReport, Readiness, type ReadinessReport } from './readiness.js';

const checkEveryMs = 250;
/** A state must last so long before it is told: a reconnect within it is nobody's news. */
const settleMs = 1_000;
const farewellTimeoutMs = 1_000;

/** Tells the mesh `health.service.<app>.<up|degraded|down>` when the state of the service changes. */
@Injectable()
export class HealthAnnouncer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #told: string | undefined;
  #seen: { readonly state: string; readonly sinceMs: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isTelling = false;

  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(EventPublisher) private readonly publisher: EventPublisher,
    @Inject(MeshConnection) private readonly connection: MeshConnection,
    @Inject(ServiceIdentity) private readonly identity: ServiceIdentity,
    @Inject(Log) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.#check(performance.now()), checkEveryMs);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    if (this.connection.state.isConnected) {
      const { dependencies } = this.readiness.report();
      await this.#tell('down', 'it is shutting down', dependencies, farewellTimeoutMs).catch(() => undefined);
    }
  }

  async #check(nowMs: number): Promise<void> {
    const report = this.readiness.report();
    // What is missing makes a state, not how the missing one words it.
    const missing = report.dependencies.filter(({ isUp }) => !isUp).map(({ name }) => name);
    const state = [report.status, ...missing].join(' ');
    if (this.#seen?.state !== state) {
      this.#seen = { state, sinceMs: nowMs };
    }
    // Coming up for the first time is told at once; everything else when it has lasted.
    const isSettled = nowMs - this.#seen.sinceMs >= settleMs || (this.#told === undefined && report.status === 'up');
    if (this.#isTelling || !isSettled || state === this.#told || !this.connection.state.isConnected) {
      return;
    }
    this.#isTelling = true;
    try {
      await this.#announce(report, state);
    } finally {
      this.#isTelling = false;
    }
  }

  async #announce(report: ReadinessReport, state: string): Promise<void> {
    try {
      await this.#tell(report.status, describeReport(report), report.dependencies, 5_000);
      this.#told = state;
      this.log.info('service.state', { state: report.status, reason: describeReport(report) });
    } catch (error) {
      this.log.warn('service.state-not-told', { error });
    }
  }

  async #tell(
    state: ServiceState,
    reason: string,
    dependencies: ReadinessReport['dependencies'],
    timeoutMs: number,
  ): Promise<void> {
    const { app, version, instance } = this.identity;
    if (isAppName(app)) {
      await this.publisher.publish(
        events.serviceHealth,
        { app, state },
        { version, instance, reason: cut(reason), dependencies: dependencies.map(withCutReason) },
        { timeoutMs },
      );
    }
  }
}

// The words of an engine or a driver have no limit; those of an event have.
function cut(reason: string): string {
  return reason.slice(0, limits.summaryLength);
}

function withCutReason(dependency: DependencyState): DependencyState {
  return dependency.reason === undefined ? dependency : { ...dependency, reason: cut(dependency.reason) };
}
