import type { ActionName } from '@sentinel-forge/contracts';

/** What may be done to whom, and how much of it. From the settings of the service. */
export interface ResponsePolicy {
  /** The Docker host as it is named in subjects. */
  readonly host: string;
  /** Two supervisors that can run at the same time differ in it; one that was restarted keeps it. */
  readonly instance: string;
  /** `labelled`: only what carries `forge.respond=true`; `all`: everything that is not protected. */
  readonly respondTo: 'labelled' | 'all';
  /** The apps whose requests are acted upon. */
  readonly senders: readonly string[];
  /** The Compose project that the mesh itself runs as. */
  readonly meshProject?: string;
  /** Actions that always wait for a person. */
  readonly approvalFor: readonly ActionName[];
  /** How long they wait. */
  readonly approvalTimeoutMs: number;
  readonly maxActionsPerMinute: number;
  /** Of the running containers in scope, at most this share under containment at once… */
  readonly maxContainedPercent: number;
  /** … but always at least so many. */
  readonly minContained: number;
  /** How long the records of what is over are kept. Requests older than that are refused: whether they were carried out is forgotten. */
  readonly recordRetentionMs: number;
}

/** The policy where nothing else was set. */
export const defaultResponsePolicy: Omit<ResponsePolicy, 'host' | 'instance'> = {
  respondTo: 'labelled',
  senders: ['sentinelcore', 'hardening-auditor'],
  approvalFor: [],
  approvalTimeoutMs: 60 * 60 * 1000,
  maxActionsPerMinute: 30,
  maxContainedPercent: 50,
  minContained: 10,
  recordRetentionMs: 7 * 24 * 60 * 60 * 1000,
};
