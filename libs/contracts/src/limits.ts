/** Bounds that are part of the contract. Whoever needs more moves the bulk elsewhere and refers to it. */
export const limits = {
  /** One telemetry event, body only. */
  telemetryBytes: 64 * 1024,
  /** One event of the mesh's own, body only. Below the 1 MiB default `max_payload` of a nats-server. */
  eventBytes: 256 * 1024,
  /** Free-form objects (`attributes`, `detail`, `fields`): nesting, keys in all, and the length of one string. */
  objectDepth: 8,
  objectKeys: 256,
  stringLength: 8192,
  /** Names: containers, hosts, users, sources. Docker's own limit for a container's name is lower. */
  nameLength: 255,
  /** One-line texts for people. */
  summaryLength: 1024,
  /** One token of a subject, and a whole subject. */
  subjectTokenLength: 64,
  subjectLength: 255,
} as const;
