import { applyDecorators, type PipeTransform, SetMetadata, UseFilters } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { type Class, type RequestDefinition, validatorFor } from '@sentinel-forge/contracts';
import { PassErrorsOn } from '../consume/on-event.decorator.js';
import { jetStreamTransport } from '../consume/transport.js';
import type { RequestContext } from './request-context.js';

/** The metadata key under which a handler says which scope a token needs; the chassis' guard reads it. */
export const requiredScopeKey = 'forge:required-scope';

/** What a decorated method may look like; it may leave out what it does not need. */
type RequestMethod<Body> = (body: Body, context: RequestContext) => Promise<object>;

/** Answers a request on `forge.rpc.<app>.<verb>`. The body is validated and the token checked before the method runs. */
export function OnRequest<Body extends object>(
  definition: RequestDefinition<Body>,
): <Method extends RequestMethod<Body>>(
  prototype: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void {
  // Nest hands over the payload alone unless each parameter says what it wants.
  const parameters: MethodDecorator = (prototype, name) => {
    Payload(new BodyPipe(definition.bodyClass))(prototype, name, 0);
    Ctx()(prototype, name, 1);
  };
  return applyDecorators(
    parameters,
    MessagePattern(definition.verb, jetStreamTransport, { definition }),
    SetMetadata(requiredScopeKey, definition.scope),
    UseFilters(PassErrorsOn),
  );
}

// A pipe runs after the guards: who may not ask is not told what is wrong with the question.
class BodyPipe<Body extends object> implements PipeTransform<unknown, Body> {
  constructor(private readonly bodyClass: Class<Body>) {}

  transform(body: unknown): Body {
    return validatorFor(this.bodyClass).parse(body);
  }
}
