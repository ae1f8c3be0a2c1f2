import type { ActionName } from '@sentinel-forge/contracts';

/** A mitigation that holds a container at the moment. */
export interface MitigationInForce {
  readonly mitigationId: string;
  readonly action: ActionName;
  readonly untilMs: number | 'never';
}

/** What is in force on which container. */
export interface InForce {
  on(host: string, containerId: string): readonly MitigationInForce[];
}
