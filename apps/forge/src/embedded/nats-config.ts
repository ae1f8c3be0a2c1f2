import { streamNames, streams } from '@sentinel-forge/contracts';
import type { EmbeddedSecrets } from './data-directory.js';

/** What the configuration of an embedded nats-server is made from. */
export interface NatsConfigOptions {
  readonly port: number;
  readonly directory: string;
  readonly secrets: EmbeddedSecrets;
}

/** What the server's configuration calls a port of the system's choice; its 0 means the usual one. */
const anyFreePort = -1;

/** The users of the embedded server. */
export const natsUsers = { mesh: 'mesh', operator: 'operator', edge: 'edge' } as const;

/**
 * The configuration of the embedded nats-server.
 *
 * Two accounts. FORGE is the mesh: its streams, its services, the operator. EDGE is where a client without credentials
 * lands: it may publish `defend.>` and subscribe to events, and nothing else, not even an inbox, since all such clients are
 * one user and would read each other's. What crosses the border is telemetry, as a *service*: a reply subject is rewritten
 * on the way, so no client can make the server publish an acknowledgement to a subject of the mesh. Events come back as
 * streams.
 *
 * What JetStream keeps on disk is encrypted: telemetry may hold secrets that nobody could redact before it was stored.
 */
export function natsConfig({ port, directory, secrets }: NatsConfigOptions): string {
  const events = streamNames.flatMap((name) => streams[name].subjects);
  const list = (subjects: readonly string[]): string => subjects.map((subject) => JSON.stringify(subject)).join(', ');
  return `# Generated at every start; changes are lost.
server_name: "forge"
listen: "127.0.0.1:${port === 0 ? anyFreePort : port}"
ports_file_dir: ${JSON.stringify(directory)}
max_payload: 1MB
write_deadline: "10s"
jetstream {
  store_dir: ${JSON.stringify(`${directory}/store`)}
  cipher: "aes"
  key: ${JSON.stringify(secrets.jetstreamKey)}
}
accounts {
  FORGE {
    jetstream: enabled
    users: [
      { user: "${natsUsers.mesh}", password: ${JSON.stringify(secrets.meshPassword)} }
      {
        user: "${natsUsers.operator}", password: ${JSON.stringify(secrets.operatorPassword)}
        permissions: {
          publish: [${list(operatorPublishes)}]
          subscribe: ["_INBOX_operator.>", ${list(events)}]
        }
      }
    ]
    exports: [
      { service: "defend.>", accounts: [EDGE] }
      ${events.map((subject) => `{ stream: ${JSON.stringify(subject)}, accounts: [EDGE] }`).join('\n      ')}
    ]
  }
  EDGE {
    users: [
      {
        user: "${natsUsers.edge}", password: ""
        permissions: { publish: ["defend.>"], subscribe: [${list(events)}] }
      }
    ]
    imports: [
      { service: { account: FORGE, subject: "defend.>" } }
      ${events.map((subject) => `{ stream: { account: FORGE, subject: ${JSON.stringify(subject)} } }`).join('\n      ')}
    ]
  }
  SYS {}
}
system_account: SYS
no_auth_user: "${natsUsers.edge}"
`;
}

/** A person may send telemetry, ask the apps, and read what stands in the streams; never speak in an app's name. */
const operatorPublishes: readonly string[] = [
  'defend.>',
  'forge.rpc.>',
  '$SRV.>',
  '$JS.API.INFO',
  '$JS.API.STREAM.INFO.*',
  '$JS.API.STREAM.LIST',
  '$JS.API.STREAM.NAMES',
  '$JS.API.STREAM.MSG.GET.*',
  '$JS.API.DIRECT.GET.>',
  '$JS.API.CONSUMER.INFO.*.*',
  '$JS.API.CONSUMER.LIST.*',
];
