import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ForgeError, type Scope } from '@sentinel-forge/contracts';
import { RequestContext, requiredScopeKey } from '@sentinel-forge/messaging';
import type { FastifyRequest } from 'fastify';
import { type Identity, TokenVerifier } from './token-verifier.js';

const publicKey = 'forge:public';
const identities = new WeakMap<object, Identity>();

/** Anybody may call this, token or not. */
export function Public(): MethodDecorator & ClassDecorator {
  return SetMetadata(publicKey, true);
}

/** Only a token with this scope may call this. */
export function RequireScope(scope: Scope): MethodDecorator & ClassDecorator {
  return SetMetadata(requiredScopeKey, scope);
}

/** The subject of the token that a request came with. */
export const Actor = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  return identities.get(context.switchToHttp().getRequest<object>())?.subject ?? 'nobody';
});

/** Lets nothing in without a valid token, over HTTP and over `forge.rpc` alike, unless it is {@link Public}. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(publicKey, targets) === true) {
      return true;
    }
    const scope = this.reflector.getAllAndOverride<Scope | undefined>(requiredScopeKey, targets);
    if (context.getType() === 'http') {
      const request = context.switchToHttp().getRequest<FastifyRequest>();
      identities.set(request, await this.#admit(request.headers.authorization, scope));
      return true;
    }
    const rpc: unknown = context.switchToRpc().getContext();
    if (rpc instanceof RequestContext) {
      rpc.actor = (await this.#admit(rpc.authorization, scope)).subject;
    }
    return true; // an event of a stream: its sender was checked when it was decoded
  }

  async #admit(authorization: string | undefined, scope: Scope | undefined): Promise<Identity> {
    const identity = await this.verifier.verify(authorization);
    if (scope !== undefined && !identity.scopes.has(scope)) {
      throw new ForgeError('FORGE_AUTH_SCOPE', `The token of "${identity.subject}" does not carry the scope ${scope}`);
    }
    return identity;
  }
}
