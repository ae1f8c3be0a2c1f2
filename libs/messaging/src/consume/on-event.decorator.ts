import { type ArgumentsHost, applyDecorators, Catch, type ExceptionFilter, UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import type { DataOf, EventDefinition, ForgeEvent, StoredMessage, StreamName } from '@sentinel-forge/contracts';
import { type Observable, throwError } from 'rxjs';
import { jetStreamTransport } from './transport.js';

/** How a handler wants its messages; the strategy reads it from Nest's `extras`. */
export type HandlerKind = 'event' | 'batch' | 'raw-batch';

type Method<Argument> = TypedPropertyDescriptor<(argument: Argument) => Promise<void>>;
type HandlerDecorator<Argument> = (prototype: object, name: string | symbol, descriptor: Method<Argument>) => void;

/**
 * Handles events one by one, several at once. The message is acknowledged after the returned promise resolves, so by then
 * the effect must be durable. A rejection is settled by `settle()`: throw a `ForgeError` that is not retryable to refuse
 * the message for good.
 */
export function OnEvent<Row extends EventDefinition>(
  ...definitions: readonly Row[]
): HandlerDecorator<ForgeEvent<DataOf<Row>>> {
  return handler(
    'event',
    definitions.map((definition) => definition.type),
  );
}

/**
 * Handles events in batches, in the order of the stream. When the promise resolves, the effects of all of them must be
 * durable: they are acknowledged at once, after everything before them. The next batches may be handed over before it does.
 */
export function OnBatch<Row extends EventDefinition>(
  definition: Row,
): HandlerDecorator<readonly ForgeEvent<DataOf<Row>>[]> {
  return handler('batch', [definition.type]);
}

/** As {@link OnBatch}, for whole streams, without a look at what is in the messages, and strictly one batch after the other. */
export function OnStreams(names: readonly StreamName[]): HandlerDecorator<readonly StoredMessage[]> {
  return handler('raw-batch', [...names]);
}

function handler<Argument>(kind: HandlerKind, keys: readonly string[]): HandlerDecorator<Argument> {
  const patterns = keys.map((key) => `${kind}:${key}`);
  return applyDecorators(
    EventPattern(patterns, jetStreamTransport, { kind }),
    UseFilters(PassErrorsOn),
  ) as HandlerDecorator<Argument>;
}

// Nest turns what a handler throws into "Internal server error" before a strategy sees it; settlement needs the error itself.
@Catch()
export class PassErrorsOn implements ExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}
