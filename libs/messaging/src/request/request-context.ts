/** What is known of a request beside its body. A guard fills in {@link actor} after it has checked the token. */
export class RequestContext {
  /** Who asks: the subject of the token. */
  actor = 'nobody';

  constructor(
    readonly subject: string,
    /** The header `authorization`, empty when there is none. */
    readonly authorization: string,
  ) {}
}
