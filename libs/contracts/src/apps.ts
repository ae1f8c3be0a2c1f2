/** The apps of the mesh, each with what it is for and the port it listens on unless told otherwise. */
export const apps = {
  sentinelcore: { port: 8000, portSetting: 'SENTINELCORE_PORT', summary: 'Scores telemetry and plans mitigations' },
  'notification-dispatcher': { port: 8001, portSetting: 'NOTIFICATION_DISPATCHER_PORT', summary: 'Tells people' },
  supervisor: {
    port: 8002,
    portSetting: 'SUPERVISOR_PORT',
    summary: 'Heals containers, carries mitigations out and takes them back',
  },
  'log-indexer': { port: 8003, portSetting: 'LOG_INDEXER_PORT', summary: 'Keeps the tamper-evident record' },
  'hardening-auditor': {
    port: 8004,
    portSetting: 'HARDENING_AUDITOR_PORT',
    summary: 'Audits what is declared and what runs',
  },
  'task-registry': { port: 8080, portSetting: 'TASK_REGISTRY_PORT', summary: 'Keeps one backlog for many agents' },
} as const satisfies Record<string, { port: number; portSetting: string; summary: string }>;

/** The name of an app: the token that stands for it in subjects, and its `svc` in logs. */
export type AppName = keyof typeof apps;

/** Every app name, in the order in which the runner starts them: who records and tells comes before who acts. */
export const appNames: readonly AppName[] = [
  'log-indexer',
  'notification-dispatcher',
  'supervisor',
  'sentinelcore',
  'hardening-auditor',
  'task-registry',
];

/** Whether a word is the name of an app. */
export function isAppName(word: string): word is AppName {
  return Object.hasOwn(apps, word);
}
