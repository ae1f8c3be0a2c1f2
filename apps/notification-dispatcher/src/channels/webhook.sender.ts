import { type Agent, request } from 'undici';
import { type EgressAgentOptions, egressAgent } from '../egress/egress-agent.js';
import type { EgressPolicy } from '../egress/egress-policy.service.js';

/** One webhook, signed and ready. */
export interface WebhookPost {
  readonly url: URL;
  /** The URL is the one of the settings. */
  readonly isOperators: boolean;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** What a webhook needs of an answer's body is nothing: so much is read to keep the connection, the rest is cut off. */
const maxAnswerBytes = 16 * 1024;

/** Speaks HTTP for the webhook channel. */
export class WebhookSender {
  // Two agents, because an open connection is a permission: what the operator's own URL may reach, a request's `to` may not.
  readonly #operatorAgent: Agent;
  readonly #guardedAgent: Agent;

  constructor(operatorPolicy: EgressPolicy, guardedPolicy: EgressPolicy, options: EgressAgentOptions) {
    this.#operatorAgent = egressAgent(operatorPolicy, options);
    this.#guardedAgent = egressAgent(guardedPolicy, options);
  }

  /** Posts once. Rejects when there is no answer, or when the address is refused. */
  async post({
    url,
    isOperators,
    body,
    headers,
    signal,
  }: WebhookPost): Promise<{ status: number; retryAfter?: string }> {
    const dispatcher = isOperators ? this.#operatorAgent : this.#guardedAgent;
    const response = await request(url, { method: 'POST', dispatcher, signal, body, headers });
    // The status is the answer. A body that is too long, too slow or cut off changes nothing of it.
    await response.body.dump({ limit: maxAnswerBytes, signal }).catch(() => undefined);
    const [retryAfter] = [response.headers['retry-after']].flat();
    return { status: response.statusCode, ...(retryAfter === undefined ? {} : { retryAfter }) };
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    await Promise.all([this.#operatorAgent.destroy(), this.#guardedAgent.destroy()]);
  }
}
