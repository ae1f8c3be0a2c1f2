import { jetstreamManager } from '@nats-io/jetstream';
import { Controller, Inject, Injectable } from '@nestjs/common';
import {
  ForgeError,
  type HeaderReader,
  Log,
  type ReplayDeadLetter,
  requests,
  type StoredMessage,
} from '@sentinel-forge/contracts';
import { MeshConnection } from '../connection/mesh-connection.js';
import { JetStreamStrategy } from '../consume/jetstream.strategy.js';
import { MessagingOptions } from '../messaging.options.js';
import { OnRequest } from '../request/on-request.decorator.js';
import type { RequestContext } from '../request/request-context.js';
import { getDeadLetter } from './dead-letter-store.js';

/**
 * Handles dead letters again, in the app that gave them up and by the same handler: nothing is published anew, so no other
 * reader sees the message twice, and no app needs the right to speak in another's name. When the handler is done the dead
 * letter is removed; what it was stands in the record.
 */
@Injectable()
export class DeadLetterReplayer {
  constructor(
    @Inject(MeshConnection) private readonly connection: MeshConnection,
    @Inject(JetStreamStrategy) private readonly strategy: JetStreamStrategy,
    @Inject(MessagingOptions) private readonly options: MessagingOptions,
    @Inject(Log) private readonly log: Log,
  ) {}

  /**
   * @throws ForgeError `FORGE_DEAD_LETTER_UNKNOWN`; or whatever the handler throws: then the dead letter stays
   */
  async replay({ sequence, payload }: ReplayDeadLetter, actor: string): Promise<{ sequence: number; subject: string }> {
    const connection = await this.connection.whenConnected();
    const letter = await getDeadLetter(connection, sequence);
    if (letter.app !== this.options.app) {
      throw new ForgeError(
        'FORGE_DEAD_LETTER_UNKNOWN',
        `The dead letter ${sequence} is ${letter.app}'s, not ${this.options.app}'s`,
      );
    }
    const { data } = letter.event;
    const message: StoredMessage = {
      stream: letter.stream,
      sequence: data.sequence,
      subject: data.subject,
      headers: new RecordedHeaders(data.headers),
      payload: payload === undefined ? Buffer.from(data.payload, 'base64') : Buffer.from(payload),
      storedAtMs: Date.parse(data.storedAt),
    };
    await this.strategy.handleAgain(message);
    const jsm = await jetstreamManager(connection, { checkAPI: false });
    await jsm.streams.deleteMessage('DEAD_LETTER', sequence, false);
    this.log.info('dead-letter.replayed', { sequence, subject: data.subject, isMended: payload !== undefined, actor });
    return { sequence, subject: data.subject };
  }
}

class RecordedHeaders implements HeaderReader {
  constructor(private readonly values: Readonly<Record<string, readonly string[]>>) {}

  get(name: string): string {
    return this.values[name]?.[0] ?? '';
  }
}

/** Answers `forge.rpc.<app>.dead-letter-replay`. */
@Controller()
export class DeadLetterHandler {
  constructor(@Inject(DeadLetterReplayer) private readonly replayer: DeadLetterReplayer) {}

  @OnRequest(requests.replayDeadLetter)
  async replay(body: ReplayDeadLetter, context: RequestContext): Promise<object> {
    return this.replayer.replay(body, context.actor);
  }
}
