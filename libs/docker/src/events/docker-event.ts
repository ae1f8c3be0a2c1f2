import type { ForgeError } from '@sentinel-forge/contracts';

/** What {@link DockerEvents} tells. An event is a hint, never the state: inspect before acting on it. */
export type DockerEvent = ContainerEvent | NetworkEvent | ResyncEvent | DisconnectedEvent;

/** The container actions that are followed. `exec_*` is not: every health check is one. */
export const containerActions = [
  'create',
  'start',
  'stop',
  'die',
  'kill',
  'oom',
  'destroy',
  'rename',
  'pause',
  'unpause',
  'update',
  'health_status',
] as const;

/** The network actions that are followed. */
export const networkActions = ['connect', 'disconnect'] as const;

/** Something happened to a container. */
export interface ContainerEvent {
  readonly kind: 'container';
  readonly action: (typeof containerActions)[number];
  readonly containerId: string;
  readonly containerName: string;
  /** The container's labels, with the engine's own attributes (`image`, `name`, …) beside them. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Of `health_status`. */
  readonly health?: 'healthy' | 'unhealthy';
  /**
   * Of `die`. 137 after a stop as well as after a kill: only a `stop` event tells them apart, 50 to 70 ms later from engine
   * 20.10 and a few before from 28.
   */
  readonly exitCode?: number;
  /** Of `kill`, a number such as `15`; a stop sends one too. */
  readonly signal?: string;
  /** Of `rename`. */
  readonly formerName?: string;
  /** By the engine's clock, with a fraction: microseconds count when much happens at once. */
  readonly timeMs: number;
}

/** A container came to a network or left it; both also happen whenever one starts or stops. */
export interface NetworkEvent {
  readonly kind: 'network';
  readonly action: (typeof networkActions)[number];
  readonly networkId: string;
  readonly networkName: string;
  readonly containerId: string;
  readonly timeMs: number;
}

/**
 * Events may have been missed until here: list everything again. After the first connection and after every later one
 * (the engine remembers its last 256 events of any kind, no more), and when more came than the consumer took.
 */
export interface ResyncEvent {
  readonly kind: 'resync';
  readonly reason: 'connected' | 'reconnected' | 'overflow';
}

/** The engine went away, or was not there to begin with. Told once per outage; a resync ends it. */
export interface DisconnectedEvent {
  readonly kind: 'disconnected';
  readonly error: ForgeError;
}

/** Reads one line of the engine's event stream; undefined for what is not followed or cannot be read. */
export function parseEvent(line: string): ContainerEvent | NetworkEvent | undefined {
  const message = parseMessage(line);
  const id = message?.Actor?.ID;
  if (message === undefined || !id || message.Action === undefined) {
    return undefined;
  }
  const attributes = message.Actor?.Attributes ?? {};
  const timeMs = (message.timeNano ?? 0) / 1e6;
  // health_status and exec_* carry a value after a colon: "health_status: unhealthy".
  const [action, value] = message.Action.split(/:\s*/, 2);
  if (message.Type === 'container') {
    const followed = containerActions.find((known) => known === action);
    return followed && containerEvent(followed, value, id, attributes, timeMs);
  }
  const followed = networkActions.find((known) => known === action);
  const containerId = attributes.container;
  return message.Type === 'network' && followed && containerId
    ? { kind: 'network', action: followed, networkId: id, networkName: attributes.name ?? '', containerId, timeMs }
    : undefined;
}

/** The engine's event, as far as it is read here. */
interface EngineMessage {
  readonly Type?: string;
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> | null };
  /** Beyond 2^53: a quarter of a microsecond is what remains of its precision. */
  readonly timeNano?: number;
}

function parseMessage(line: string): EngineMessage | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function containerEvent(
  action: ContainerEvent['action'],
  value: string | undefined,
  containerId: string,
  attributes: Readonly<Record<string, string>>,
  timeMs: number,
): ContainerEvent {
  const { exitCode, signal, oldName } = attributes;
  return {
    kind: 'container',
    action,
    containerId,
    containerName: attributes.name ?? '',
    attributes,
    ...(action === 'health_status' && (value === 'healthy' || value === 'unhealthy') ? { health: value } : {}),
    ...(action === 'die' && exitCode !== undefined ? { exitCode: Number(exitCode) } : {}),
    ...(action === 'kill' && signal !== undefined ? { signal } : {}),
    ...(action === 'rename' && oldName !== undefined ? { formerName: oldName.replace(/^\//, '') } : {}),
    timeMs,
  };
}
