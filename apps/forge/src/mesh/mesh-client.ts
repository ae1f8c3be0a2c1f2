import { createRedactor, type Environment, type Redactor } from '@sentinel-forge/chassis';
import { type AppName, ForgeError, messageOf, type RequestDefinition } from '@sentinel-forge/contracts';
import { connectClient, requestApp } from '@sentinel-forge/messaging';
import { isKnownError } from '../cli/exit-codes.js';
import { ownToken } from '../tokens/token.js';
import type { AccessRole, MeshAccess } from './mesh-access.js';
import { findAccess, loadToolSettings, type ToolSettings } from './mesh-settings.js';

/** A connection to NATS. */
export type NatsConnection = Awaited<ReturnType<typeof connectClient>>;

/** The mesh as every command reaches it: a connection, a token, and what hides secrets in what is printed. */
export class MeshClient implements AsyncDisposable {
  private constructor(
    readonly connection: NatsConnection,
    readonly access: MeshAccess,
    readonly settings: ToolSettings,
    readonly redactor: Redactor,
  ) {}

  /**
   * Connects with the credentials that the data directory of an embedded mesh holds, or that the settings name.
   * @throws ForgeError `FORGE_CONFIG_INVALID` for the settings, `FORGE_NATS_UNAVAILABLE` when there is nothing to connect to
   */
  static async connect(environment: Environment = process.env, role: AccessRole = 'operator'): Promise<MeshClient> {
    const settings = loadToolSettings(environment);
    const access = findAccess(settings, environment, role);
    if (access === undefined) {
      throw new ForgeError('FORGE_NATS_UNAVAILABLE', `No mesh runs on ${settings.directory.path}`, {
        details: {
          mend: 'start one with `npm start`, or set FORGE_DATA_DIR to the directory of one that runs, or set NATS_URL',
        },
      });
    }
    const { natsUrls, credentials } = access;
    const token = access.token ?? (await ownToken(settings.mesh));
    const connection = await connectClient({ name: 'forge', role, servers: natsUrls, ...credentials });
    return new MeshClient(
      connection,
      { ...access, token },
      settings,
      createRedactor({ keys: settings.mesh.redactKeys }),
    );
  }

  /** The token. Throws `FORGE_CONFIG_INVALID` when there is none. */
  get token(): string {
    const { token } = this.access;
    if (token === undefined) {
      throw new ForgeError(
        'FORGE_CONFIG_INVALID',
        'There is no token: set FORGE_TOKEN to one (`forge token` issues them)',
      );
    }
    return token;
  }

  /**
   * Asks an app.
   * @throws ForgeError with the code that the app answered with; `FORGE_NATS_UNAVAILABLE` when it does not answer
   */
  async ask<Answer, Body extends object = object>(
    definition: RequestDefinition<Body>,
    app: AppName,
    body: Body,
    host?: string,
  ): Promise<Answer> {
    const instance = host === undefined ? {} : { instance: host };
    try {
      return await requestApp(this.connection, definition, app, body, { token: this.token, ...instance });
    } catch (error) {
      if (isKnownError(error) && error.code === 'FORGE_NATS_UNAVAILABLE') {
        const whom = host === undefined ? app : `${app} of ${host}`;
        throw new ForgeError('FORGE_NATS_UNAVAILABLE', `${whom} does not answer (${messageOf(error.cause)})`, {
          cause: error,
          details: { mend: '`forge status` shows what runs, and `forge doctor` what is wrong' },
        });
      }
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
  }
}
