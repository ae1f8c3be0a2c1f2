import { Injectable } from '@nestjs/common';
import type { DependencyState, ServiceState } from '@sentinel-forge/contracts';

/** Tells at once, from what it knows already, whether something the service needs is there. */
export type DependencyCheck = () => Omit<DependencyState, 'name'>;

/** What `/ready` says. */
export interface ReadinessReport {
  readonly status: ServiceState;
  readonly dependencies: readonly DependencyState[];
}

/** What a service depends upon. The chassis adds what every service needs, a feature what it needs beside. */
@Injectable()
export class Readiness {
  readonly #checks = new Map<string, DependencyCheck>();

  /** Adds something the service needs. It runs without it, as well as it can, and says that it does. */
  add(name: string, check: DependencyCheck): void {
    this.#checks.set(name, check);
  }

  /** Whether everything is there, and what is not. */
  report(): ReadinessReport {
    const dependencies = [...this.#checks].map(([name, check]): DependencyState => {
      const { isUp, reason } = check();
      return reason === undefined || reason === '' ? { name, isUp } : { name, isUp, reason };
    });
    return { status: dependencies.every(({ isUp }) => isUp) ? 'up' : 'degraded', dependencies };
  }
}

/** Why a report is not `up`, in one line. */
export function describeReport({ dependencies }: ReadinessReport): string {
  const missing = dependencies.filter(({ isUp }) => !isUp);
  return missing.length === 0
    ? 'everything it needs answers'
    : missing.map(({ name, reason }) => (reason === undefined ? name : `${name}: ${reason}`)).join('; ');
}
