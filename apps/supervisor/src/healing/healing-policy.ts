/** Whom the healer helps, how, and when it stops. From the settings of the service; the first four are docker-autoheal's. */
export interface HealingPolicy {
  /** The Docker host as it is named in subjects. */
  readonly host: string;
  /** AUTOHEAL_CONTAINER_LABEL: the label that opts a container in with `true` and out with `false`; `all`: every container is in. */
  readonly label: string;
  /** AUTOHEAL_INTERVAL: how often to ask for what is unhealthy, beside hearing of it. */
  readonly intervalMs: number;
  /** AUTOHEAL_START_PERIOD: nothing is healed so long after the start of the service. */
  readonly startPeriodMs: number;
  /** AUTOHEAL_DEFAULT_STOP_TIMEOUT, where the label `autoheal.stop.timeout` says nothing. */
  readonly defaultStopTimeoutSeconds: number;
  /** AUTOHEAL_ONLY_MONITOR_RUNNING: what died is left as it is. */
  readonly isOnlyRunning: boolean;
  /** Who follows a restart: all that name it in `depends_on`, or only those that declare `restart: true`; beside its network's sharers. */
  readonly dependants: 'all' | 'declared';
  /** The Compose project that the mesh itself runs as: it is healed like what is opted in. */
  readonly meshProject?: string;
  /** The start of the id of the container that this service runs in, if it does: it cannot restart itself. */
  readonly ownContainerId?: string;
  /** After a death, how long a `stop` event may take to come that says it was wished for. Measured: 50 to 70 ms. */
  readonly deathGraceMs: number;
  /** After a pause, how long a container may still be called unhealthy because it was paused: a check with the usual interval of 30 s. */
  readonly unpauseGraceMs: number;
  /** The longest wait before the second restart in a row; it doubles from there. The first is at once. */
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** So many restarts within the window, or in a row without a stable time in between, and the container is given up… */
  readonly maxRestarts: number;
  readonly windowMs: number;
  /** … until so much later, when one more is tried. */
  readonly halfOpenAfterMs: number;
  /** Well for so long, and former restarts are forgotten. */
  readonly stableMs: number;
  /** When at least so many containers of a group, and more than this share of it, are unhealthy, the cause is shared… */
  readonly breakerMinUnhealthy: number;
  readonly breakerPercent: number;
  /** … and only one of them is restarted every so often, to see whether it helps by now. */
  readonly breakerProbeMs: number;
  /** How long a dependant waits for what it depends upon to be ready again. */
  readonly dependencyTimeoutMs: number;
}

/** The policy where nothing else was set. */
export const defaultHealingPolicy: Omit<HealingPolicy, 'host'> = {
  label: 'autoheal',
  intervalMs: 5_000,
  startPeriodMs: 0,
  defaultStopTimeoutSeconds: 10,
  isOnlyRunning: false,
  dependants: 'all',
  deathGraceMs: 500,
  unpauseGraceMs: 35_000,
  // Together these keep a promise: what is restarted at all is restarted within 10 s (the sixth time after 8 s at most).
  backoffBaseMs: 500,
  backoffCapMs: 60_000,
  maxRestarts: 6,
  windowMs: 5 * 60_000,
  halfOpenAfterMs: 30 * 60_000,
  stableMs: 60_000,
  breakerMinUnhealthy: 5,
  breakerPercent: 50,
  breakerProbeMs: 5 * 60_000,
  dependencyTimeoutMs: 2 * 60_000,
};
