import { isAppName } from '@sentinel-forge/contracts';
import { storedCopyOf } from '../provision/topology.js';
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

/** One account, all of whose users may do the same. */
interface Account {
  readonly name: string;
  readonly permissions: Permissions;
  /** Lines of the server's configuration. */
  readonly users: readonly string[];
  readonly isApp: boolean;
}

/** Where the streams are, and nobody is a user. */
const streamsAccount = 'FORGE';
const edgeAccount = 'EDGE';
const operatorAccount = 'operator';
const anonymousName = 'edge';
/** Longer than any pull waits: by then a request that may have many answers has had its last. */
const responseThreshold = '60s';

/**
 * The `accounts` of a nats-server that serves the mesh: one for each user, and FORGE, where the streams are and no user is.
 *
 * Whoever asks a server can name any subject for the answer, and no permission is asked about that. Between accounts the
 * server puts a reply subject of its own there instead. So whatever a user asks for, a stored message among it, comes back
 * into its own account and nowhere else: what it may publish crosses into FORGE as *services*, each one
 * that {@link permissionsOf} names; what it may hear comes back as *streams*, from the copies that JetStream publishes of
 * what it has stored (what crosses as a service is heard by nobody on the way).
 */
export function accountsConfig({ hosts, identities, anonymous }: AccountsOptions): string {
  const accounts = [
    ...meshUsers(hosts)
      .filter(({ role }) => role !== 'telemetry' || anonymous === 'none')
      .map((user) => accountOf(user, identities(user), hosts)),
    ...(anonymous === 'edge' ? [edgeOfAnyone] : []),
  ];
  return `accounts {
  ${streamsAccount} {
    jetstream: enabled
    exports: [
${indent([...exportedServices(accounts), ...exportedStreams(accounts)].join('\n'), 6)}
    ]
  }
${indent(accounts.map((account) => accountConfig(account, accounts)).join('\n'), 2)}
  SYS {}
}
system_account: SYS
${anonymous === 'edge' ? `no_auth_user: ${quoted(anonymousName)}\n` : ''}`;
}

function accountOf(user: MeshUser, identities: readonly string[], hosts: readonly string[]): Account {
  const permissions = permissionsOf(user, hosts);
  return {
    name: user.role === 'telemetry' ? edgeAccount : user.name,
    permissions,
    users: identities.map((identity) => userConfig(identity, permissions)),
    isApp: isAppName(user.role),
  };
}

/** Not even an inbox: all clients without credentials are this one user, and would read each other's. */
const anonymousPermissions: Permissions = {
  publish: ['defend.>'],
  subscribe: eventSubjects,
  answersRequests: false,
};

const edgeOfAnyone: Account = {
  name: edgeAccount,
  permissions: anonymousPermissions,
  users: [userConfig(`user: ${quoted(anonymousName)}, password: ""`, anonymousPermissions)],
  isApp: false,
};

function accountConfig(account: Account, all: readonly Account[]): string {
  const { name, permissions, users, isApp } = account;
  const echoed = echoedSubjects(permissions);
  const mappings = echoed.map((subject) => `${quoted(subject)}: ${quoted(onItsWay(subject))}`);
  const services = servicesOfStreams(permissions).map(
    (subject) =>
      `{ service: { account: ${streamsAccount}, subject: ${quoted(subject)} }${
        echoed.includes(subject) ? `, to: ${quoted(onItsWay(subject))}` : ''
      } }`,
  );
  const apps = all.filter((other) => other.isApp && name === operatorAccount);
  const requests = apps.flatMap((app) =>
    servicesOfApp(app).map((subject) => `{ service: { account: ${quoted(app.name)}, subject: ${quoted(subject)} } }`),
  );
  const streams = heardSubjects(permissions).map(
    (subject) =>
      `{ stream: { account: ${streamsAccount}, subject: ${quoted(storedCopyOf(subject))} }, to: ${quoted(subject)} }`,
  );
  const exports = isApp
    ? servicesOfApp(account).map(
        (subject) =>
          `{ service: ${quoted(subject)}, response_type: stream, response_threshold: ${quoted(responseThreshold)}, accounts: [${operatorAccount}] }`,
      )
    : [];
  return `${quoted(name)} {
${indent(
  [
    block('users', users, '[', ']'),
    block('mappings', mappings, '{', '}'),
    block('exports', exports, '[', ']'),
    block('imports', [...services, ...requests, ...streams], '[', ']'),
  ]
    .filter((text) => text !== '')
    .join('\n'),
  2,
)}
}`;
}

/** What accounts may ask of the streams' account, each with those that may. */
function exportedServices(accounts: readonly Account[]): readonly string[] {
  return rowsOf(accounts, servicesOfStreams).map(([subject, names]) => {
    const answers = hasManyAnswers(subject)
      ? `, response_type: stream, response_threshold: ${quoted(responseThreshold)}`
      : '';
    return `{ service: ${quoted(subject)}${answers}, accounts: [${names.map(quoted).join(', ')}] }`;
  });
}

function exportedStreams(accounts: readonly Account[]): readonly string[] {
  return rowsOf(accounts, heardSubjects).map(
    ([subject, names]) => `{ stream: ${quoted(storedCopyOf(subject))}, accounts: [${names.map(quoted).join(', ')}] }`,
  );
}

function rowsOf(
  accounts: readonly Account[],
  subjectsOf: (permissions: Permissions) => readonly string[],
): readonly (readonly [subject: string, names: readonly string[]])[] {
  const subjects = new Set(accounts.flatMap(({ permissions }) => subjectsOf(permissions)));
  return [...subjects].map((subject) => [
    subject,
    accounts.filter(({ permissions }) => subjectsOf(permissions).includes(subject)).map(({ name }) => name),
  ]);
}

/**
 * What goes to JetStream: all that is published, but for what is asked of the apps. By the import of `INFO` the server knows
 * that an account uses the JetStream of another one (measured, 2.15: else it is "not enabled"); no permission comes with it.
 */
function servicesOfStreams({ publish }: Permissions): readonly string[] {
  return [...new Set([...publish.filter((subject) => !isAskedOfApps(subject)), '$JS.API.INFO'])];
}

function isAskedOfApps(subject: string): boolean {
  return subject.startsWith('forge.rpc.') || subject.startsWith('$SRV.');
}

/** What the operator may ask of an app; where there are several (supervisors), each hears it, and the one that is meant answers. */
function servicesOfApp({ permissions }: Account): readonly string[] {
  const requests = permissions.subscribe.filter((subject) => subject.startsWith('forge.rpc.'));
  return ['$SRV.>', ...requests];
}

/** What is heard of others; the rest is an account's own, or is asked of it. */
function heardSubjects({ subscribe }: Permissions): readonly string[] {
  return subscribe.filter((subject) => !isAskedOfApps(subject) && !subject.startsWith('_INBOX'));
}

/** What an account both says and hears: it hears it once, when it is stored, and not from its own client as well. */
function echoedSubjects(permissions: Permissions): readonly string[] {
  const heard = heardSubjects(permissions);
  return servicesOfStreams(permissions).filter((subject) => heard.includes(subject));
}

function onItsWay(subject: string): string {
  return `sent.${subject}`;
}

/** A pull, and a direct get that may ask for a batch. All others have one answer. */
function hasManyAnswers(subject: string): boolean {
  return subject.startsWith('$JS.API.CONSUMER.MSG.NEXT.') || subject.startsWith('$JS.API.DIRECT.GET.');
}

function userConfig(identity: string, permissions: Permissions): string {
  const { subscribe, answersRequests } = permissions;
  const echoed = echoedSubjects(permissions);
  // The server maps subjects before it asks for the permission.
  const publish = permissions.publish.map((subject) => (echoed.includes(subject) ? onItsWay(subject) : subject));
  return `{
  ${identity}
  permissions {
    publish: ${list(publish)}
    subscribe: ${list(subscribe)}${answersRequests ? '\n    allow_responses: true' : ''}
  }
}`;
}

function block(name: string, rows: readonly string[], open: string, close: string): string {
  return rows.length === 0 ? '' : `${name}: ${open}\n${indent(rows.join('\n'), 2)}\n${close}`;
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
