/** Nest's name for our transport: handlers of other transports are not ours, and ours are nobody else's. */
export const jetStreamTransport = Symbol('forge.jetstream');
