import type { AppName } from '../apps.js';

/** A key-value bucket: who writes it, who may read it. */
export interface BucketDefinition {
  /**
   * The newest version of its records that this version of the mesh reads and the one it writes, in their field `version`.
   * What is newer is refused: by who reads a record, and by who provisions the bucket.
   */
  readonly version: number;
  readonly owner: AppName;
  readonly readers: readonly AppName[];
  readonly summary: string;
  readonly maxBytes: number;
}

/** Every key-value bucket. */
export const buckets = {
  inventory: {
    version: 1,
    owner: 'supervisor',
    readers: ['sentinelcore'],
    summary: 'The containers of each Docker host: `<host>.<container id>`',
    maxBytes: 64 * 1024 * 1024,
  },
  mitigations: {
    version: 1,
    owner: 'supervisor',
    readers: ['sentinelcore'],
    summary: 'The state of every mitigation: `<mitigation id>`',
    maxBytes: 256 * 1024 * 1024,
  },
  healing: {
    version: 1,
    owner: 'supervisor',
    readers: [],
    summary: 'What the healer knows of each container: `<host>.<container id>`',
    maxBytes: 64 * 1024 * 1024,
  },
  switches: {
    version: 1,
    owner: 'supervisor',
    readers: [],
    summary: 'What a person has switched off: `<host>.responses`',
    maxBytes: 1024 * 1024,
  },
} as const satisfies Record<string, BucketDefinition>;

/** The name of a bucket. */
export type BucketName = keyof typeof buckets;
