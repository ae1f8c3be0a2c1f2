import type { UnsaidEvent } from './mitigation.record.js';

/** The way out for what a mitigation has to say. */
export interface MitigationEvents {
  /**
   * Resolves when the stream holds the event. May be called again with the same event, whose id makes it the same one.
   *
   * @param traceparent of the request: everything that comes of it is of one trace
   */
  publish(event: UnsaidEvent, traceparent: string): Promise<void>;
}
