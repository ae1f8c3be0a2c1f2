/** Who a container is to Docker Compose, from the labels that Compose writes. */
export interface ComposeIdentity {
  readonly project: string;
  readonly service: string;
  /** The replica, from 1. */
  readonly number: number;
  readonly dependsOn: readonly ComposeDependency[];
}

/** One entry of `depends_on`. */
export interface ComposeDependency {
  readonly service: string;
  readonly condition: string;
  /** `restart: true` in the Compose file: restart this container when the one it depends on was restarted. */
  readonly isRestartedWith: boolean;
}

/** Reads Compose's labels; undefined for a container that Compose did not make. */
export function parseComposeIdentity(labels: Readonly<Record<string, string>>): ComposeIdentity | undefined {
  const project = labels['com.docker.compose.project'];
  const service = labels['com.docker.compose.service'];
  if (!project || !service) {
    return undefined;
  }
  return {
    project,
    service,
    number: Number.parseInt(labels['com.docker.compose.container-number'] ?? '', 10) || 1,
    dependsOn: parseDependsOn(labels['com.docker.compose.depends_on'] ?? ''),
  };
}

/** `db:service_healthy:true,cache:service_started:false`; before Compose 2.17 the last part is missing. */
function parseDependsOn(label: string): readonly ComposeDependency[] {
  return label
    .split(',')
    .map((entry) => entry.trim().split(':'))
    .flatMap(([service, condition, restart]) =>
      service ? [{ service, condition: condition || 'service_started', isRestartedWith: restart === 'true' }] : [],
    );
}
