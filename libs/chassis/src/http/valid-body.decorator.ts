import 'reflect-metadata';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Class, ForgeError, validatorFor } from '@sentinel-forge/contracts';
import type { FastifyRequest } from 'fastify';

const bodyKey = 'forge:body';

const parseBody = createParamDecorator((bodyClass: Class, context: ExecutionContext): object => {
  const { body } = context.switchToHttp().getRequest<FastifyRequest>();
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ForgeError(
      'FORGE_HTTP_BODY_INVALID',
      'The body must be one JSON object, with Content-Type: application/json',
    );
  }
  return validatorFor(bodyClass).parse(body);
});

/** The body of a request, validated by its contract class; a wrong one is answered with 400 that names every wrong field. */
export function ValidBody(bodyClass: Class): ParameterDecorator {
  return (prototype, method, index) => {
    if (method !== undefined) {
      Reflect.defineMetadata(bodyKey, bodyClass, prototype, method);
    }
    parseBody(bodyClass)(prototype, method, index);
  };
}

/** The class of the body that a method takes, for OpenAPI. */
export function bodyClassOf(prototype: object, method: string): Class | undefined {
  return Reflect.getMetadata(bodyKey, prototype, method) as Class | undefined;
}
