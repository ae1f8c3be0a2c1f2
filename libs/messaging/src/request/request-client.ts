import { headers, type NatsConnection } from '@nats-io/transport-node';
import {
  type AppName,
  type ErrorCode,
  errorCatalogue,
  ForgeError,
  messageOf,
  type RequestDefinition,
  requestSubject,
} from '@sentinel-forge/contracts';

/** How a request is made. */
export interface RequestOptions {
  readonly token: string;
  /** The host, for apps of which there is one for each Docker host. */
  readonly instance?: string;
  readonly timeoutMs?: number;
  readonly traceparent?: string;
}

/**
 * Asks an app on `forge.rpc.<app>.<verb>`.
 * @throws ForgeError with the code that the app answered with; `FORGE_NATS_UNAVAILABLE` when no such app answers
 */
export async function requestApp<Body extends object, Answer>(
  connection: NatsConnection,
  definition: RequestDefinition<Body>,
  app: AppName,
  body: Body,
  options: RequestOptions,
): Promise<Answer> {
  const requestHeaders = headers();
  requestHeaders.set('authorization', `Bearer ${options.token}`);
  if (options.traceparent !== undefined) {
    requestHeaders.set('traceparent', options.traceparent);
  }
  const subject = requestSubject(definition, app, options.instance);
  const message = await connection
    .request(subject, JSON.stringify(body), { timeout: options.timeoutMs ?? 10_000, headers: requestHeaders })
    .catch((error: unknown) => {
      throw new ForgeError('FORGE_NATS_UNAVAILABLE', `${app} does not answer (${messageOf(error)}): is it running?`, {
        cause: error,
      });
    });
  if (message.headers?.has('Nats-Service-Error-Code') === true) {
    const { code, message: text } = message.json<{ readonly code: ErrorCode; readonly message: string }>();
    throw new ForgeError(Object.hasOwn(errorCatalogue, code) ? code : 'FORGE_INTERNAL', text);
  }
  return message.json<Answer>();
}
