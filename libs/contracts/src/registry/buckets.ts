import type { AppName } from '../apps.js';

/** A key-value bucket: who writes it, who may read it. */
export interface BucketDefinition {
  readonly owner: AppName;
  readonly readers: readonly AppName[];
  readonly summary: string;
  readonly maxBytes: number;
}

/** Every key-value bucket. */
export const buckets = {
  inventory: {
    owner: 'supervisor',
    readers: ['sentinelcore'],
    summary: 'The containers of each Docker host: `<host>.<container id>`',
    maxBytes: 64 * 1024 * 1024,
  },
  mitigations: {
    owner: 'supervisor',
    readers: ['sentinelcore'],
    summary: 'The state of every mitigation: `<mitigation id>`',
    maxBytes: 256 * 1024 * 1024,
  },
  healing: {
    owner: 'supervisor',
    readers: [],
    summary: 'What the healer knows of each container: `<host>.<container id>`',
    maxBytes: 64 * 1024 * 1024,
  },
  switches: {
    owner: 'supervisor',
    readers: [],
    summary: 'What a person has switched off: `<host>.responses`',
    maxBytes: 1024 * 1024,
  },
} as const satisfies Record<string, BucketDefinition>;

/** The name of a bucket. */
export type BucketName = keyof typeof buckets;
