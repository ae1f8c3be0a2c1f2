import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import { ForgeError } from '@sentinel-forge/contracts';
import type { FastifyReply } from 'fastify';
import { Public } from '../auth/auth.guard.js';
import { OpenApiDocument } from './openapi-document.js';

const assets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sentinel Forge API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<div id="ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({ url: '/docs/openapi.json', dom_id: '#ui' });</script>
</body>
</html>
`;

/** `GET /docs`: the API of the service, for people and (`/docs/openapi.json`) for programs. Made when first asked for. */
@Public()
@Controller('docs')
export class DocsController {
  constructor(@Inject(OpenApiDocument) private readonly document: OpenApiDocument) {}

  @Get()
  index(@Res() reply: FastifyReply): void {
    reply.type('text/html; charset=utf-8').send(page);
  }

  @Get('openapi.json')
  openApi(): Promise<object> {
    return this.document.get();
  }

  @Get('assets/:name')
  async asset(@Param('name') name: string, @Res() reply: FastifyReply): Promise<void> {
    const type = Object.hasOwn(assets, name) ? assets[name] : undefined;
    if (type === undefined) {
      throw new ForgeError('FORGE_HTTP_NOT_FOUND', `There is no asset "${name}"`);
    }
    const path = createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`);
    reply.type(type).send(await readFile(path));
  }
}
