import type { MessageHandler } from '@nestjs/microservices';
import { decodeEvent, type ForgeEvent, type StoredMessage } from '@sentinel-forge/contracts';
import { isObservable, lastValueFrom } from 'rxjs';
import { traceAfter } from '../publish/event-publisher.js';
import { runInTrace } from '../trace/current-trace.js';
import type { HandlerKind } from './on-event.decorator.js';

/** The handlers that Nest registered, by what they handle. */
export class HandlerTable {
  constructor(private readonly handlers: ReadonlyMap<string, MessageHandler>) {}

  /** Whether a stream is read whole and in batches, without a look at what is in it. */
  hasRawBatch(stream: string): boolean {
    return this.handlers.has(keyOf('raw-batch', stream));
  }

  /** Hands a whole batch of a stream to its handler. */
  async handleRawBatch(stream: string, messages: readonly StoredMessage[]): Promise<void> {
    await this.#call(keyOf('raw-batch', stream), messages);
  }

  /** Hands decoded events, all of one type, to their batch handler. An event that nobody handles is not for us. */
  async handleBatch(type: string, events: readonly ForgeEvent[]): Promise<void> {
    await this.#call(keyOf('batch', type), events);
  }

  /** Decodes one message and hands it to its handler, within its trace. Throws what decoding or the handler throws. */
  async handle(message: StoredMessage): Promise<void> {
    const event = decodeEvent(message);
    await runInTrace(traceAfter(event), () => this.#call(keyOf('event', event.type), event));
  }

  /** Hands one message to whichever handler takes its kind, be it one for batches. */
  async handleSingly(message: StoredMessage): Promise<void> {
    if (this.hasRawBatch(message.stream)) {
      return this.handleRawBatch(message.stream, [message]);
    }
    const event = decodeEvent(message);
    await runInTrace(traceAfter(event), async () => {
      await this.#call(keyOf('event', event.type), event);
      await this.#call(keyOf('batch', event.type), [event]);
    });
  }

  async #call(key: string, argument: unknown): Promise<void> {
    for (
      let handler = this.handlers.get(key);
      handler !== undefined;
      handler = handler.next as MessageHandler | undefined
    ) {
      const result: unknown = await handler(argument, undefined);
      if (isObservable(result)) {
        await lastValueFrom(result, { defaultValue: undefined });
      }
    }
  }
}

function keyOf(kind: HandlerKind, name: string): string {
  return `${kind}:${name}`;
}
