import { eventSubjects, type Permissions, permissionsOf } from './permissions.js';
import { type MeshUser, meshUsers } from './users.js';

/** How a user proves who it is, as lines of the server's configuration: `nkey: U…`, `user: "…", password: "…"`. */
export type Identities = (user: MeshUser) => readonly string[];

/** What the accounts of a nats-server are made from. */
export interface AccountsOptions {
  /** The Docker hosts of the mesh, as subject tokens: each has a supervisor of its own. */
  readonly hosts: readonly string[];
  readonly identities: Identities;
  /** What a client without credentials may do: nothing (`none`), or send telemetry and hear events (embedded, on loopback). */
  readonly anonymous: 'none' | 'edge';
}

/**
 * The `accounts` of a nats-server that serves the mesh.
 *
 * FORGE is the mesh: its streams, its apps, its operator, each with what {@link permissionsOf} allows and no more. EDGE is
 * where telemetry comes from. What crosses the border is telemetry, as a *service*: a reply subject is rewritten on the way,
 * so no producer can make the server publish an acknowledgement to a subject of the mesh. Events come back as streams.
 */
export function accountsConfig({ hosts, identities, anonymous }: AccountsOptions): string {
  const users = meshUsers(hosts).map((user) => ({ user, permissions: permissionsOf(user, hosts) }));
  const rows = (isEdge: boolean): readonly string[] =>
    users
      .filter(({ user }) => (user.role === 'telemetry') === isEdge)
      .flatMap(({ user, permissions }) => identities(user).map((identity) => userConfig(user, identity, permissions)));
  const edge = anonymous === 'edge' ? [anonymousUser] : rows(true);
  return `accounts {
  FORGE {
    jetstream: enabled
    users: [
${indent(rows(false).join('\n'), 6)}
    ]
    exports: [
      { service: "defend.>", accounts: [EDGE] }
${indent(eventSubjects.map((subject) => `{ stream: ${quoted(subject)}, accounts: [EDGE] }`).join('\n'), 6)}
    ]
  }
  EDGE {
    users: [
${indent(edge.join('\n'), 6)}
    ]
    imports: [
      { service: { account: FORGE, subject: "defend.>" } }
${indent(eventSubjects.map((subject) => `{ stream: { account: FORGE, subject: ${quoted(subject)} } }`).join('\n'), 6)}
    ]
  }
  SYS {}
}
system_account: SYS
${anonymous === 'edge' ? `no_auth_user: ${quoted(anonymousName)}\n` : ''}`;
}

const anonymousName = 'edge';

/** Not even an inbox: all clients without credentials are this one user, and would read each other's. */
const anonymousUser = `{
  user: ${quoted(anonymousName)}, password: ""
  permissions {
    publish: ["defend.>"]
    subscribe: ${list(eventSubjects)}
  }
}`;

function userConfig(
  { name }: MeshUser,
  identity: string,
  { publish, subscribe, answersRequests }: Permissions,
): string {
  return `{ # ${name}
  ${identity}
  permissions {
    publish: ${list(publish)}
    subscribe: ${list(subscribe)}${answersRequests ? '\n    allow_responses: true' : ''}
  }
}`;
}

function list(subjects: readonly string[]): string {
  return subjects.length === 1
    ? `[${quoted(subjects[0] ?? '')}]`
    : `[\n${indent(subjects.map(quoted).join('\n'), 6)}\n    ]`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function indent(text: string, spaces: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(spaces));
}
