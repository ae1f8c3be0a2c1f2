import { type AppName, appNames } from '@sentinel-forge/contracts';

/** Who is no app, and connects all the same. */
export const tools = {
  operator:
    'A person at a terminal: sends telemetry, asks the apps, reads the streams; never speaks in the name of an app',
  deployer: 'Makes the streams, consumers and buckets that the registry declares (`forge provision`), and nothing else',
  telemetry: 'Any producer of telemetry, in an account of its own (EDGE)',
} as const;

/** One of them. */
export type ToolName = keyof typeof tools;

/** Every one of them. */
export const toolNames = Object.keys(tools) as readonly ToolName[];

/** One user of the nats-server: an app (supervisor: on one Docker host), or a tool. */
export interface MeshUser {
  /** Its name: of its keys and its credentials. */
  readonly name: string;
  readonly role: AppName | ToolName;
  /** The Docker host of a supervisor; the first of the mesh for everybody else. */
  readonly host: string;
}

/**
 * Every user of a mesh of the given Docker hosts. The supervisor of the first host bears the app's name, those of the others
 * their host's beside it.
 */
export function meshUsers(hosts: readonly string[]): readonly MeshUser[] {
  const [first = ''] = hosts;
  const others = hosts.slice(1).map((host): MeshUser => ({ name: `supervisor-${host}`, role: 'supervisor', host }));
  return [...appNames, ...toolNames].flatMap((role): readonly MeshUser[] => [
    { name: role, role, host: first },
    ...(role === 'supervisor' ? others : []),
  ]);
}
