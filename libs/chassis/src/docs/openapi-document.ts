import type { INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { apps, type Class, publicSchemaOf } from '@sentinel-forge/contracts';
import { requiredScopeKey } from '@sentinel-forge/messaging';
import { bodyClassOf } from '../http/valid-body.decorator.js';
import type { ServiceIdentity } from '../service/service-identity.js';

/**
 * The OpenAPI description of a service, made from its controllers and contract classes. @nestjs/swagger is loaded when
 * somebody first asks: it would cost every start of every service what few ever need.
 */
export class OpenApiDocument {
  #application: INestApplication | undefined;
  #document: Promise<object> | undefined;

  constructor(private readonly identity: ServiceIdentity) {}

  /** Tells which application is described. */
  describe(application: INestApplication): void {
    this.#application = application;
  }

  get(): Promise<object> {
    this.#document ??= this.#build();
    return this.#document;
  }

  async #build(): Promise<object> {
    const application = this.#application;
    if (application === undefined) {
      return {};
    }
    const { ApiBearerAuth, ApiBody, ApiOperation, DocumentBuilder, SwaggerModule } = await import('@nestjs/swagger');
    for (const { prototype, name, method } of methodsOf(application)) {
      const descriptor = { value: method };
      const bodyClass = bodyClassOf(prototype, name);
      const scope: unknown = Reflect.getMetadata(requiredScopeKey, method);
      if (bodyClass !== undefined) {
        ApiBody({ schema: publicSchemaOf(bodyClass) as object })(prototype, name, descriptor);
      }
      if (typeof scope === 'string') {
        ApiBearerAuth()(prototype, name, descriptor);
        ApiOperation({ description: `Needs a token with the scope \`${scope}\`.` })(prototype, name, descriptor);
      }
    }
    const { app, version } = this.identity;
    const outline = new DocumentBuilder()
      .setTitle(app)
      .setDescription(apps[app].summary)
      .setVersion(version)
      .addBearerAuth();
    return SwaggerModule.createDocument(application, outline.build());
  }
}

interface ControllerMethod {
  readonly prototype: object;
  readonly name: string;
  readonly method: object;
}

function methodsOf(application: INestApplication): readonly ControllerMethod[] {
  const modules = [...application.get(ModulesContainer).values()];
  const controllers = modules.flatMap((module) =>
    [...module.controllers.values()].map(({ metatype }) => metatype as Class | null),
  );
  return controllers.flatMap((controller) => {
    const prototype: Record<string, unknown> = controller?.prototype ?? {};
    return Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const method = prototype[name];
      return typeof method === 'function' && name !== 'constructor' ? [{ prototype, name, method }] : [];
    });
  });
}
